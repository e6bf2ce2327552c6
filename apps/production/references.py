"""A project's character: the pictures drawn or uploaded, and the one that new work uses."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.generation.services import character_reference_work
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.projects.cast.drawing import reference_key
from apps.projects.cast.selectors import lead_of, subjects_of
from apps.projects.models import Project
from apps.projects.selectors import project_get, project_lock
from apps.providers.capabilities import Capability
from apps.scenes.making import project_spending
from apps.scenes.picks import project_pick
from apps.work.choice import Picked
from apps.work.seeds import SEED_MAXIMUM
from apps.work.work import Spending, Work, spending_check, work_start


def references_of(project: Project) -> list[Asset]:
    """Return every picture of the character drawn for this project, oldest first, and the one in use."""
    lead = lead_of(subjects_of(project))
    drawn = Job.objects.filter(project_id=project.pk, kind=Kind.CHARACTER_REFERENCE, state=State.SUCCEEDED)
    # Of jobs of the release before, nothing says whom they drew.
    of_lead = Q(parameters__subject_id=None) | Q(parameters__subject_id__isnull=True)
    if lead is not None:
        of_lead |= Q(parameters__subject_id=str(lead.pk))
    results = drawn.filter(of_lead).order_by("finished_at", "pk").values_list("result", flat=True)
    order = [UUID(image["image_id"]) for result in results for image in result.get("images", ())]
    known_pictures = lead.pictures.order_by("created_at") if lead is not None else ()
    order = [*(one.asset_id for one in known_pictures if one.asset_id not in order), *order]
    known = Asset.objects.filter(owner=project.owner_id).in_bulk(order)
    return [known[image_id] for image_id in order if image_id in known]


def reference_work(project: Project, *, take: int = 0, asked: Picked = Picked()) -> Work:  # noqa: B008  # frozen
    """Return the work of drawing the character with the asked or the project's model; each `take` differs.

    Raises InputError without a description.
    """
    picked = asked or project_pick(project, Capability.IMAGE)
    return character_reference_work(
        by=project.owner,
        character_description=project.character_description,
        num_images=1,
        seed=(project.seed + take) % (SEED_MAXIMUM + 1),
        flavor=project.flavor,
        provider=picked.provider,
        model=picked.model,
    )


def reference_draw(
    *,
    by: User,
    project_id: UUID,
    spending: Spending,
    asked: Picked = Picked(),  # noqa: B008  # frozen
) -> Job:
    """Draw another picture; it becomes current only if there is none yet. Raises ConflictError while another is in
    progress, BudgetExceeded if the cost needs confirmation."""
    project = project_get(by=by, project_id=project_id)
    work = reference_work(project, take=len(references_of(project)), asked=asked)
    spending_check(work.quote.amount, project_spending(project, spending))
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        return work_start(by=by, work=work, project_id=project_id, dedupe_key=reference_key(project_id))


def sketch_draw(*, by: User, project: Project, spending: Spending) -> Job:
    """Draw the character of a project that isn't saved yet. Raises InputError without a description, ConflictError
    while another such drawing is in progress, BudgetExceeded above `spending.max_cost` or a cap."""
    work = reference_work(project)
    spending_check(work.quote.amount, spending)
    with transaction.atomic():
        return work_start(by=by, work=work, dedupe_key=f"sketch:{by.pk}:{Kind.CHARACTER_REFERENCE}")
