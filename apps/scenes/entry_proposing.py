"""Where a scene might continue the one before it. Only proposed: each link of a chain waits for the one before, so that
a film of chains takes longer to make than one of cuts."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.projects.models import Project, Subject
from apps.projects.selectors import project_lock
from apps.scenes.casting import scenes_subjects
from apps.scenes.history import recorded
from apps.scenes.models import Entry, Scene
from apps.scenes.places import at_same_place
from apps.scenes.selectors import scenes_of


def proposed_entries(
    project: Project, scenes: Sequence[Scene], subjects: Mapping[UUID, Sequence[Subject]] | None = None
) -> dict[UUID, Entry]:
    """Return the proposals by scene: within a section, a cut to the same place with the same subjects may continue. A
    scene that is sung in front of the camera is a cut, as a new angle is. At the border of a section there's always a
    cut. `scenes` are the project's in order, from the first on; `subjects` theirs, if they are known."""
    if not any(scene.section for scene in scenes):
        return {}
    if subjects is None:
        subjects = scenes_subjects(project, scenes)
    found: dict[UUID, Entry] = {}
    for before, scene in pairwise(scenes):
        same_section = scene.section and scene.section.casefold() == before.section.casefold()
        same_subjects = {one.pk for one in subjects[scene.pk]} == {one.pk for one in subjects[before.pk]}
        may_continue = scene.entry == Entry.CUT and same_section and same_subjects and not scene.lipsync
        if may_continue and at_same_place(before, scene, subjects):
            found[scene.pk] = Entry.CONTINUE
    return found


def entries_accept(*, by: User, project_id: UUID) -> list[Scene]:
    """Use every proposal, as one change; return the changed scenes. Raises ConflictError if there is none."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes = list(scenes_of(project))
        proposed = proposed_entries(project, scenes)
        if not proposed:
            raise ConflictError(
                "No shot has the place and the people of the one before it in its section.", code="nothing_proposed"
            )
        changed = [scene for scene in scenes if scene.pk in proposed]
        with recorded(project, "continued shots within sections"):
            for scene in changed:
                scene.entry = proposed[scene.pk]
                scene.version += 1
                scene.save(update_fields=["entry", "version", "updated_at"])
        return changed
