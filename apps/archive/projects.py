"""Export one project with everything it depends on, and import it in another installation."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from django.db import models
from django.db.models import Model

from apps.accounts.models import User
from apps.archive.container import ROWS, archive_write
from apps.archive.media import media_restored, media_write, rows_insert, rows_transaction
from apps.archive.reading import PROJECT_LIMITS, archive_read
from apps.archive.row_check import row_unsettled, rows_check
from apps.archive.rows import APPS, PROJECT_MODELS, row_lines, schema_state
from apps.assets.models import Asset
from apps.core.errors import ConflictError, NotFound
from apps.jobs.models import Job, LedgerEntry, SpendingAccount
from apps.jobs.money import project_scope
from apps.projects.models import Project

KIND = "project"


def project_export(*, project_id: UUID, into: Path) -> int:
    """Write the project's archive and return the size of its media in bytes.

    Raises NotFound, and ConflictError while jobs of the project still run: two installations would otherwise
    Raises NotFound, and ConflictError while jobs of the project are still running.
    """
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise NotFound("There is no project with that id.")
    rows = project_rows(project)
    # Two installations would both wait for the same work, and pay for it twice.
    if any(reason := row_unsettled(row) for row in rows):
        raise ConflictError(f"{reason} Wait for it, cancel it or settle it on the Jobs page, then export the project.")
    facts = {"kind": KIND, "schema": schema_state(), "project_id": str(project.pk), "title": project.title}
    with archive_write(into, facts) as writer:
        writer.add(ROWS, (f"{line}\n".encode() for line in row_lines(rows, portable=True)))
        assets = [row for row in rows if isinstance(row, Asset)]
        for asset in assets:
            media_write(writer, asset)
    return sum(asset.size_bytes for asset in assets)


def project_rows(project: Project) -> list[Model]:
    """Return the project, what it refers to, and what belongs to any of these, in a fixed order."""
    found: dict[tuple[str, object], Model] = {}
    waiting: list[Model] = [
        project,
        *Job.objects.filter(project_id=project.pk),
        *SpendingAccount.objects.filter(scope=project_scope(project.pk)),
    ]
    while waiting:
        row = waiting.pop()
        name = (row._meta.label_lower, row.pk)
        if name not in found:
            found[name] = row
            waiting += _referred(row)
            waiting += _belonging(row)
    return sorted(found.values(), key=_order)


def _order(row: Model) -> tuple[int, str, int, str]:
    number = row.pk if isinstance(row.pk, int) else 0
    return APPS.index(row._meta.app_label), row._meta.model_name or "", number, str(row.pk)


def _referred(row: Model) -> list[Model]:
    fields = (field for field in row._meta.concrete_fields if field.is_relation)
    kept = (field for field in fields if field.related_model in PROJECT_MODELS.values())
    return [value for field in kept if (value := getattr(row, field.name)) is not None]


def _belonging(row: Model) -> Iterable[Model]:
    """Return the rows that are deleted with this one, and its ledger lines (which would block its deletion)."""
    for relation in row._meta.related_objects:
        belongs = relation.on_delete is models.CASCADE or relation.related_model is LedgerEntry
        if belongs and relation.related_model in PROJECT_MODELS.values():
            yield from relation.related_model._base_manager.filter(**{relation.field.name: row})


def project_import(*, owner: User, path: Path) -> Project:
    """Create the archive's project, owned by `owner`. All or nothing.

    The archive may come from anyone: every row is checked before the first is written (see row_check.py). Files that
    already exist here with the same content (a song shared with another project) are reused. Raises InputError for
    an archive that is unreadable or was changed, ConflictError if the project already exists here.
    """
    with archive_read(path, kind=KIND, schema=schema_state(), limits=PROJECT_LIMITS) as reader:
        rows = rows_check(reader, owner)
        assets = (row.object for row in rows.to_insert() if isinstance(row.object, Asset))
        with media_restored(reader, assets) as stored, rows_transaction():
            rows_insert(rows.to_insert(), stored)
        return Project.objects.get(pk=rows.project_id)
