"""Removing a subject from the cast, or one of its pictures, as a change that undo takes back like those of scenes."""

from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.projects.cast.selectors import subject_get
from apps.projects.cast.services import picture_get, pictures_put_away, subjects_put_away
from apps.projects.selectors import project_lock
from apps.scenes.history import recorded


def subject_remove(*, by: User, project_id: UUID, subject_id: UUID) -> None:
    """Remove the subject from the project and its scenes. Undo brings it back with its pictures and variants, into the
    scenes that it was in."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
        with recorded(project, f"removed {subject.name} from the cast", removes=[str(subject_id)]):
            subjects_put_away(project, [str(subject_id)])


def picture_remove(*, by: User, project_id: UUID, subject_id: UUID, picture_id: UUID) -> None:
    """Remove a picture from the subject. Undo brings it back to its place; once it can't any more, its file goes, too,
    unless something else uses it."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        picture = picture_get(by=by, project_id=project_id, subject_id=subject_id, picture_id=picture_id)
        with recorded(project, f"removed a picture of {picture.subject.name}", removes_pictures=[str(picture_id)]):
            pictures_put_away(project, [str(picture_id)])
