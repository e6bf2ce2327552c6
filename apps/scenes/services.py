"""Changes to a project's scenes. Each takes the project's lock, keeps the sequences gapless from 1 and, once the scenes
fill the used part of the song, keeps their total length. Each can be undone."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TypedDict, Unpack
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError, NotFound
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_lock, song_seconds
from apps.scenes import arrangement
from apps.scenes.clips import refuse_busy, scene_expect
from apps.scenes.history import parts_copy, recorded
from apps.scenes.models import Clip, Origin, Scene
from apps.scenes.scene_frames import project_beats, project_slots, usual_duration
from apps.scenes.selectors import scenes_of
from apps.work.choice import choices_matched, models_checked, providers_checked
from engines.listening.scene_slots import MAXIMUM_SCENES

log = structlog.get_logger(__name__)


class SceneFields(TypedDict, total=False):
    """What a user may set on a scene."""

    prompt: str
    negative_prompt: str
    lipsync: bool
    section: str
    providers: Mapping[str, str]
    chosen_models: Mapping[str, str]


def _checked(scene: Scene, fields: SceneFields) -> SceneFields:
    """Return the fields for the scene with known providers and models only, which fit each other. Raises InputError."""
    flavor, given = scene.project.flavor, fields.keys() & {"providers", "chosen_models"}
    if "providers" in fields:
        fields["providers"] = providers_checked(fields["providers"])
    if "chosen_models" in fields:
        fields["chosen_models"] = models_checked(fields["chosen_models"], flavor=flavor)
    if given:
        fields["providers"], fields["chosen_models"] = choices_matched(
            fields.get("providers", scene.providers),
            fields.get("chosen_models", scene.chosen_models),
            flavor=flavor,
            given=given,
        )
    return fields


def scene_create(
    *,
    by: User,
    project_id: UUID,
    sequence: int | None = None,
    duration: Decimal | None = None,
    snap: bool = True,
    **fields: Unpack[SceneFields],
) -> Scene:
    """Insert a scene at `sequence` (None: at the end).

    If the scenes fill the song, a neighbor gives it its time; else it lasts `duration`, by default as long as its
    clip (`usual_duration`).
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes = list(scenes_of(project))
        if len(scenes) >= MAXIMUM_SCENES:
            raise InputError(f"A project has at most {MAXIMUM_SCENES} scenes.")
        place = len(scenes) if sequence is None else min(sequence - 1, len(scenes))
        durations = _new_durations(project, scenes, place, duration, snap=snap)
        with recorded(project, f"insert scene {place + 1}"):
            scene = Scene(project=project, **_checked(Scene(project=project), fields))
            _arrange([*scenes[:place], scene, *scenes[place:]], durations)
        return scene


def scene_update(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    scene_id: UUID | None = None,
    expected_version: int | None = None,
    duration: Decimal | None = None,
    snap: bool = True,
    **fields: Unpack[SceneFields],
) -> Scene:
    """Edit a scene; a new `duration` moves the cut, and if the scenes fill the song a neighbor gives or takes.

    Raises ConflictError if `expected_version` is no longer the stored one, or a scene other than `scene_id` has this
    number now.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = _located(project, sequence)
        scene = scenes[index]
        scene_expect(scene, scene_id)
        if expected_version not in {None, scene.version}:
            raise ConflictError(
                "This scene was changed in the meantime. Reload it, then repeat your change.", code="stale"
            )
        with recorded(project, f"edit scene {sequence}"):
            for name, value in _checked(scene, fields).items():
                setattr(scene, name, value)
            scene.version += 1
            scene.save()
            if duration is not None and duration != scene.duration:
                _arrange(scenes, _retimed(project, scenes, index, duration, snap=snap))
        return scene


def scene_delete(*, by: User, project_id: UUID, sequence: int) -> None:
    """Delete a scene; if the scenes fill the song, a neighbor takes its time. Undo restores it."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = _located(project, sequence)
        refuse_busy(scenes[index])
        left = [*scenes[:index], *scenes[index + 1 :]]
        durations: Sequence[Decimal | None] = _said(left)
        if _fill_the_song(project, scenes):
            durations = arrangement.removed(_durations(project, scenes), index)
        with recorded(project, f"delete scene {sequence}"):
            _remove(scenes[index])
            _arrange(left, durations)


def scenes_reorder(
    *,
    by: User,
    project_id: UUID,
    order: Sequence[int] = (),
    scene_ids: Sequence[UUID] = (),
    seen_ids: Sequence[UUID] = (),
    snap: bool = True,
) -> None:
    """Reorder the scenes by their present sequences (`order`) or by `scene_ids`; their lengths move with them.
    Raises ConflictError if `seen_ids` is given and isn't the current order."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes = list(scenes_of(project))
        if seen_ids and [scene.pk for scene in scenes] != list(seen_ids):
            raise ConflictError(
                "The scenes were reordered in the meantime. Review the new order, then move them again.", code="stale"
            )
        known = {scene.pk: place for place, scene in enumerate(scenes)}
        places = [known.get(scene_id, -1) for scene_id in scene_ids] or [sequence - 1 for sequence in order]
        filled = _fill_the_song(project, scenes)
        beats = project_beats(project) if snap and filled else ()
        durations = arrangement.reordered(_durations(project, scenes), places, beats=beats)
        moved = [scenes[place] for place in places]
        with recorded(project, "reorder scenes"):
            _arrange(moved, durations if filled else _said(moved))


def scene_split(
    *, by: User, project_id: UUID, sequence: int, at: Decimal, scene_id: UUID | None = None, snap: bool = True
) -> Scene:
    """Split a scene in two, `at` seconds after its start, and return the second half. With `scene_id`, only that scene.

    The second half has the same words and picture but no clip, since a clip shows its scene from the start.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = _located(project, sequence)
        scene_expect(scenes[index], scene_id)
        beats = project_beats(project) if snap else ()
        durations = arrangement.divided(_durations(project, scenes), index, at, beats=beats)
        with recorded(project, f"split scene {sequence}"):
            second = _copy(scenes[index])
            _arrange([*scenes[: index + 1], second, *scenes[index + 1 :]], durations)
        return second


def scene_merge(*, by: User, project_id: UUID, sequence: int) -> Scene:
    """Merge a scene with the next one; the first one's words, picture and clip stay."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = _located(project, sequence)
        durations = arrangement.merged(_durations(project, scenes), index)
        refuse_busy(scenes[index + 1])
        with recorded(project, f"merge scenes {sequence} and {sequence + 1}"):
            _remove(scenes[index + 1])
            _arrange([*scenes[: index + 1], *scenes[index + 2 :]], durations)
        return scenes[index]


def scene_duplicate(*, by: User, project_id: UUID, sequence: int, snap: bool = True) -> Scene:
    """Duplicate a scene, with its picture and current clip. If the scenes fill the song, the two share its time."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = _located(project, sequence)
        before = _durations(project, scenes)
        if not _fill_the_song(project, scenes):
            durations = (*before[: index + 1], *before[index:])
        else:
            half = arrangement.seconds(before[index] / 2)
            durations = arrangement.divided(before, index, half, beats=project_beats(project) if snap else ())
        with recorded(project, f"duplicate scene {sequence}"):
            copy = _copy(scenes[index])
            _arrange([*scenes[: index + 1], copy, *scenes[index + 1 :]], durations)
            _copy_clip(scenes[index], copy)
            parts_copy(scenes[index], copy)
        return copy


def scenes_replan(*, project: Project) -> bool:
    """Replan the scenes' cuts on the song's beats, keeping their number. Returns whether a length changed.

    The caller holds the project's lock. Called when the song, its used part or its beat grid changed. Lengths that the
    user set for scenes that don't fill the song are left alone.
    """
    scenes = list(scenes_of(project))
    if not scenes or song_seconds(project) is None:
        return False
    if not (_fill_the_song(project, scenes) or _were_written(project)):
        return False
    slots = project_slots(project, len(scenes))
    durations = tuple(arrangement.seconds(end) - arrangement.seconds(start) for start, end in slots)
    if len(durations) != len(scenes):
        raise InputError(
            f"The used part of the song has room for {len(durations)} scenes, and the project has {len(scenes)}. "
            "Delete scenes, or use more of the song."
        )
    if durations == tuple(scene.duration for scene in scenes):
        return False
    with recorded(project, "fit the scenes to the song"):
        _arrange(scenes, durations)
    log.info("scenes_replanned", project_id=str(project.pk), scenes=len(scenes))
    return True


def scenes_name_sections(*, project: Project, instead_of: Collection[str]) -> None:
    """Rename scenes called one of `instead_of` after the song section that their middle falls in. The caller holds the
    project's lock. Undo doesn't cover it."""
    clock = float(project.song_start)
    parts = project.song.analysis.get("sections", ()) if project.song is not None else ()
    for scene in scenes_of(project):
        length = float(usual_duration(project, scene))
        middle, clock = clock + length / 2, clock + length
        here = [part["label"] for part in parts if part["start_seconds"] <= middle < part["end_seconds"]]
        if here and scene.section.lower() in instead_of and scene.section.lower() != here[0].lower():
            scene.section = here[0]
            scene.save(update_fields=["section", "updated_at"])


def scenes_replace(*, project: Project, scenes: Sequence[Scene], durations: Sequence[Decimal]) -> None:
    """Replace all scenes with newly written, unsaved ones; the caller holds the project's lock."""
    with recorded(project, "write scenes"):
        for old in scenes_of(project):
            _remove(old)
        _arrange(scenes, durations)


def _located(project: Project, sequence: int) -> tuple[list[Scene], int]:
    scenes = list(scenes_of(project))
    if not 1 <= sequence <= len(scenes):
        raise NotFound("This scene doesn't exist in this project.")
    return scenes, sequence - 1


def _durations(project: Project, scenes: Sequence[Scene]) -> arrangement.Durations:
    return tuple(usual_duration(project, scene) for scene in scenes)


def _said(scenes: Sequence[Scene]) -> list[Decimal | None]:
    """Return the requested lengths; None where a scene lasts as long as its clip."""
    return [scene.duration for scene in scenes]


def _fill_the_song(project: Project, scenes: Sequence[Scene]) -> bool:
    """Return whether the lengths add up to the song's, as written or generated scenes do. From then on they must;
    before that, scenes are assembled by hand, and each keeps the length it was given."""
    said = [duration for duration in _said(scenes) if duration is not None]
    return len(said) == len(scenes) and sum(said, Decimal(0)) == song_seconds(project)


def _were_written(project: Project) -> bool:
    """Return whether a writer planned the scenes, in which case mvsite chose their lengths."""
    return Job.objects.filter(project_id=project.pk, kind=Kind.SCENES, state=State.SUCCEEDED).exists()


def _new_durations(
    project: Project, scenes: Sequence[Scene], place: int, wanted: Decimal | None, *, snap: bool
) -> Sequence[Decimal | None]:
    if not _fill_the_song(project, scenes):
        arrangement.refuse_too_short(wanted)
        return [*_said(scenes[:place]), wanted, *_said(scenes[place:])]
    before = _durations(project, scenes)
    if wanted is None:
        wanted = arrangement.seconds(before[min(place, len(before) - 1)] / 2)
    beats = project_beats(project) if snap else ()
    return arrangement.inserted(before, place, wanted, beats=beats)


def _retimed(
    project: Project, scenes: Sequence[Scene], index: int, wanted: Decimal, *, snap: bool
) -> Sequence[Decimal | None]:
    if not _fill_the_song(project, scenes):
        arrangement.refuse_too_short(wanted)
        return [*_said(scenes[:index]), wanted, *_said(scenes[index + 1 :])]
    beats = project_beats(project) if snap else ()
    return arrangement.retimed(_durations(project, scenes), index, wanted, beats=beats)


def _arrange(scenes: Sequence[Scene], durations: Sequence[Decimal | None]) -> None:
    """Number the scenes from 1 and give them their lengths; new ones are inserted."""
    for number, (scene, duration) in enumerate(zip(scenes, durations, strict=True), start=1):
        if scene._state.adding or (scene.sequence, scene.duration) != (number, duration):
            scene.sequence, scene.duration = number, duration
            scene.version += 0 if scene._state.adding else 1
            scene.save()


def _remove(scene: Scene) -> None:
    scene.sequence, scene.deleted_at = None, timezone.now()
    scene.save(update_fields=["sequence", "deleted_at", "updated_at"])


def _copy(scene: Scene) -> Scene:
    return Scene(
        project_id=scene.project_id,
        prompt=scene.prompt,
        negative_prompt=scene.negative_prompt,
        lipsync=scene.lipsync,
        section=scene.section,
        facts=scene.facts,
        providers=scene.providers,
        chosen_models=scene.chosen_models,
        image=scene.image,
    )


def _copy_clip(source: Scene, copy: Scene) -> None:
    clip = source.current_clip
    if clip is None:
        return
    copy.current_clip = Clip.objects.create(
        scene=copy, asset=clip.asset, origin=Origin.COPIED, parent=clip, parameters=clip.parameters, checks=clip.checks
    )
    copy.save(update_fields=["current_clip"])
