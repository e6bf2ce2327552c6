"""What a project spent, reserved and may spend, as a live piece."""

from apps.production.project_money import project_account
from apps.projects.models import Project
from apps.studio.live import Fragment


def money_piece(project: Project) -> Fragment:
    account = project_account(project)
    facts = [account, project.confirm_above, project.version]
    return Fragment("money", "studio/money.html", facts, {"project": project, "account": account})
