"""One project with everything it rests on, from one installation to another."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from django.db import models, transaction
from django.db.models import Model

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import ConflictError, NotFound
from apps.jobs.models import Job, LedgerEntry, SpendingAccount
from apps.jobs.money import project_scope
from apps.projects.models import Project
from apps.studio.archive.container import ROWS, archive_read, archive_write
from apps.studio.archive.media import media_restored, media_write, rows_insert
from apps.studio.archive.rows import APPS, row_lines, row_read, schema_state

KIND = "project"


def project_export(*, project_id: UUID, into: Path) -> int:
    """Write the project's archive; answers the bytes of media.

    Raises NotFound, and ConflictError while jobs of the project still run: two installations would otherwise
    both wait for, and pay for, the same work.
    """
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise NotFound("There is no project with that id.")
    rows = project_rows(project)
    if any(isinstance(row, Job) and row.is_live for row in rows):
        raise ConflictError("Jobs of this project still run. Wait for them or cancel them, then export it.")
    facts = {"kind": KIND, "schema": schema_state(), "project_id": str(project.pk), "title": project.title}
    with archive_write(into, facts) as writer:
        writer.add(ROWS, (f"{line}\n".encode() for line in row_lines(rows, for_anybody=True)))
        assets = [row for row in rows if isinstance(row, Asset)]
        for asset in assets:
            media_write(writer, asset)
    return sum(asset.size_bytes for asset in assets)


def project_rows(project: Project) -> list[Model]:
    """The project, what it refers to, and what belongs to any of these, in a fixed order."""
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
    kept = (field for field in fields if _is_ours(field.related_model))
    return [value for field in kept if (value := getattr(row, field.name)) is not None]


def _belonging(row: Model) -> Iterable[Model]:
    """Rows that would go with this one. Ledger lines would hold it back instead, and belong to it no less."""
    for relation in row._meta.related_objects:
        belongs = relation.on_delete is models.CASCADE or relation.related_model is LedgerEntry
        if belongs and _is_ours(relation.related_model):
            yield from relation.related_model._base_manager.filter(**{relation.field.name: row})


def _is_ours(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, Model) and model._meta.app_label in APPS and model is not User


def project_import(*, owner: User, path: Path) -> Project:
    """Make the archive's project, owned by `owner`. All of it or nothing.

    Files that are here already with the same content (a song shared with another project) are used again.
    Raises InputError for an unreadable archive, ConflictError when the project is here already.
    """
    with archive_read(path, kind=KIND, schema=schema_state()) as reader:
        if Project.objects.filter(pk=reader.manifest["project_id"]).exists():
            raise ConflictError("This project is here already. Delete it first to import it again.")
        rows = [row_read(line, owner_id=owner.pk) for line in reader.rows()]
        rows = [row for row in rows if not _is_here(row.object, owner)]
        assets = [row.object for row in rows if isinstance(row.object, Asset)]
        with media_restored(reader, assets) as stored, transaction.atomic():
            rows_insert(rows, stored)
    return Project.objects.get(pk=reader.manifest["project_id"])


def _is_here(row: Model, owner: User) -> bool:
    """Whether a row with this id is here; only the owner's own, unchanged, may be shared."""
    same = type(row)._base_manager.filter(pk=row.pk).first() if row.pk is not None else None
    if same is None:
        return False
    if getattr(same, "owner_id", None) != owner.pk:
        raise ConflictError("A part of this project is here already and belongs to somebody else.")
    if isinstance(row, Asset) and isinstance(same, Asset) and row.sha256 != same.sha256:
        raise ConflictError("A file of this project is here already with other content.")
    return True
