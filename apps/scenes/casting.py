"""Who and what is in each scene, and what its image and clip are asked with because of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.core.errors import NotFound
from apps.core.json import JsonObject
from apps.projects.cast.lead import UNNAMED
from apps.projects.cast.selectors import lead_of, subjects_of, used_pictures, wardrobe_of
from apps.projects.models import Project, Subject, SubjectKind
from apps.scenes.history import Part
from apps.scenes.models import Scene, SceneSubject
from apps.work.frozen import InputSource, SubjectValues

# Whose picture is dropped last if a model takes fewer; within a kind, the scene's order counts.
IMPORTANCE = (SubjectKind.CHARACTER, SubjectKind.PLACE, SubjectKind.PROP, SubjectKind.STYLE)
# The input that models with a single field for a person are given.
CHARACTER_INPUT = "character_reference"


@dataclass(frozen=True)
class SceneCast:
    """A scene's subjects as a request holds them, the most important first, and the files of their pictures."""

    values: tuple[SubjectValues, ...] = ()
    inputs: dict[str, InputSource] = field(default_factory=dict)

    def with_reference(self, reference: SubjectValues, source: InputSource) -> "SceneCast":
        """Return it with another picture, less important than the people only."""
        people = sum(one.kind == SubjectKind.CHARACTER for one in self.values)
        values = (*self.values[:people], reference, *self.values[people:])
        return SceneCast(values, {**self.inputs, reference.input: source})


def scenes_subjects(project: Project, scenes: Sequence[Scene]) -> dict[UUID, list[Subject]]:
    """Return each scene's subjects in order. Of a scene of which nobody said it, the lead."""
    # Unsaved ones are only asked what they would cost.
    known = {} if project._state.adding else {one.pk: one for one in subjects_of(project)}
    lead = lead_of(list(known.values()))
    chosen: dict[UUID, list[Subject]] = {}
    rows = SceneSubject.objects.filter(scene__in=[one.pk for one in scenes if one.cast_chosen]) if known else ()
    for row in rows:
        # Rows of removed subjects stay, so that undo finds them.
        if row.subject_id in known:
            chosen.setdefault(row.scene_id, []).append(known[row.subject_id])
    unsaid = [lead] if lead else []
    return {one.pk: chosen.get(one.pk, []) if one.cast_chosen else unsaid for one in scenes}


def writer_subjects(project: Project) -> tuple[SubjectValues, ...]:
    """Return whom and what a scene writer may name. A nameless lead alone is in every scene anyway."""
    subjects = list(subjects_of(project)) if not project._state.adding else []
    if [one.name for one in subjects] == [UNNAMED]:
        return ()
    return tuple(
        SubjectValues(name=one.name, kind=one.kind, description=one.description, never_change=one.never_change)
        for one in subjects
    )


def scene_cast_set(scene: Scene, subject_ids: Sequence[UUID]) -> None:
    """Set who and what is in the scene. The caller holds the project's lock and saves the scene. Raises NotFound for a
    subject that the project doesn't have."""
    known = {one.pk for one in subjects_of(scene.project)}
    if any(one not in known for one in subject_ids):
        raise NotFound("This project doesn't have that subject.")
    scene.cast_chosen = True
    _write_rows({scene: list(dict.fromkeys(subject_ids))})


def scenes_cast_by_name(scenes: Sequence[Scene], named: Mapping[UUID, Sequence[str]]) -> None:
    """Set who and what is in newly written scenes, by the names that their writer used."""
    if not scenes or not named:
        return
    by_name = {one.name.casefold(): one.pk for one in subjects_of(scenes[0].project)}
    found = {
        scene: list(dict.fromkeys(by_name[name.casefold()] for name in named[scene.pk] if name.casefold() in by_name))
        for scene in scenes
        if scene.pk in named
    }
    for scene in found:
        scene.cast_chosen = True
    _write_rows(found)
    Scene.objects.filter(pk__in=[one.pk for one in found]).update(cast_chosen=True, updated_at=timezone.now())


def scene_cast(scene: Scene) -> SceneCast:
    """Return the subjects for a request: one picture each, the preferred one for the scene's section."""
    subjects = sorted(_subjects_of(scene), key=lambda one: IMPORTANCE.index(SubjectKind(one.kind)))
    values: list[SubjectValues] = []
    inputs: dict[str, InputSource] = {}
    for number, subject in enumerate(subjects, start=1):
        picture = next(iter(used_pictures(subject, scene.section)), None)
        name = ""
        if picture is not None:
            first_character = subject.kind == SubjectKind.CHARACTER and CHARACTER_INPUT not in inputs
            name = CHARACTER_INPUT if first_character else f"subject_{number}"
            inputs[name] = InputSource(asset_id=picture.asset_id)
        values.append(
            SubjectValues(
                name=subject.name,
                kind=subject.kind,
                description=subject.description,
                never_change=subject.never_change,
                wardrobe=wardrobe_of(subject, scene.section),
                input=name,
            )
        )
    return SceneCast(tuple(values), inputs)


def scenes_subjects_load(project: Project, scenes: Sequence[Scene]) -> None:
    """Read the subjects of all scenes at once, for requests that are made for one after another."""
    subjects = scenes_subjects(project, scenes)
    for scene in scenes:
        scene.known_subjects = subjects[scene.pk]


def _subjects_of(scene: Scene) -> list[Subject]:
    if scene.known_subjects is not None:
        return scene.known_subjects
    return scenes_subjects(scene.project, [scene])[scene.pk]


def _write_rows(subject_ids: Mapping[Scene, Sequence[UUID]]) -> None:
    SceneSubject.objects.filter(scene__in=list(subject_ids)).delete()
    SceneSubject.objects.bulk_create(
        SceneSubject(project_id=scene.project_id, scene=scene, subject_id=subject_id, position=position)
        for scene, ids in subject_ids.items()
        for position, subject_id in enumerate(ids)
    )


def _read(project: Project) -> JsonObject:
    chosen = Scene.objects.filter(project=project, deleted_at=None, cast_chosen=True).values_list("pk", flat=True)
    found: dict[str, list[str]] = {str(scene_id): [] for scene_id in chosen}
    if found:
        rows = SceneSubject.objects.filter(scene__in=list(chosen), subject__deleted_at=None)
        for scene_id, subject_id in rows.values_list("scene", "subject"):
            found[str(scene_id)].append(str(subject_id))
    return found


def _write(scene: Scene, value: Any) -> None:
    scene.cast_chosen = value is not None
    scene.save(update_fields=["cast_chosen"])
    # One may have been deleted since the change was recorded.
    known = {str(one.pk): one.pk for one in subjects_of(scene.project)}
    _write_rows({scene: [known[one] for one in value or () if one in known]})


CAST = Part("subjects", _read, _write, lambda value: value)
