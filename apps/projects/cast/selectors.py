"""Queries for subjects. Another user's subject counts as not found."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.projects.models import Project, Subject, SubjectKind, SubjectPicture
from engines.lyrics.parts import section_kind


def subjects_of(project: Project) -> QuerySet[Subject]:
    """Return the project's subjects in their order, with their pictures."""
    return Subject.objects.filter(project_id=project.pk, deleted_at=None).prefetch_related("pictures__asset")


def subject_get(*, by: User, project_id: UUID, subject_id: UUID) -> Subject:
    subject = (
        Subject.objects.filter(owner=by, project_id=project_id, project__owner=by, pk=subject_id, deleted_at=None)
        .select_related("project")
        .prefetch_related("pictures__asset")
        .first()
    )
    if subject is None:
        raise NotFound("This project doesn't have that subject.")
    return subject


def library_of(by: User) -> QuerySet[Subject]:
    """Return all of the user's subjects, newest first: those of every project, and those kept without one."""
    mine = Subject.objects.filter(owner=by, deleted_at=None).select_related("project")
    return mine.prefetch_related("pictures__asset").order_by("-created_at", "id")


def lead_of(subjects: Iterable[Subject]) -> Subject | None:
    """Return the lead: the first character."""
    return next((one for one in subjects if one.kind == SubjectKind.CHARACTER), None)


def used_pictures(subject: Subject, section: str = "") -> list[SubjectPicture]:
    """Return the pictures that may be used, the preferred first: those of this kind of section before general ones."""
    kind = section_kind(section) if section else ""
    used = [one for one in subject.pictures.all() if one.position is not None]
    own = [one for one in used if one.section and kind and section_kind(one.section) == kind]
    return [*own, *(one for one in used if not one.section)]


def wardrobe_of(subject: Subject, section: str) -> str:
    """Return what is different about the subject in this section of the song, as words; "" if nothing is."""
    if not section:
        return ""
    kind = section_kind(section)
    return next(
        (str(one["description"]) for one in subject.variants if section_kind(str(one.get("section", ""))) == kind), ""
    )
