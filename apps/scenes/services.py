"""Changes to a project's scenes. Each takes the project's lock, keeps the sequences gapless from 1 and, once the scenes
fill the used part of the song, keeps their total length. Each can be undone."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TypedDict, Unpack
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError
from apps.projects.models import Project
from apps.projects.selectors import project_lock, song_seconds
from apps.scenes import arrangement
from apps.scenes.casting import scene_cast_set, scenes_cast_by_name
from apps.scenes.clip_use import clip_roll, clip_use_set
from apps.scenes.clips import refuse_busy, scene_expect
from apps.scenes.entry import entry_check
from apps.scenes.history import REPLACED_SCENES, changes_forget, recorded
from apps.scenes.layout import (
    arrange,
    durations_of,
    fill_the_song,
    located,
    put_away,
    said_durations,
    were_written,
)
from apps.scenes.models import Scene
from apps.scenes.scene_frames import project_beats, project_slots, shown_duration, usual_duration
from apps.scenes.selectors import scenes_of
from apps.songs.named_sections import song_sections
from apps.work.choice import choices_matched, models_checked, providers_checked
from engines.listening.scene_slots import MAXIMUM_SCENES

log = structlog.get_logger(__name__)


class SceneFields(TypedDict, total=False):
    """What a user may set on a scene."""

    prompt: str
    negative_prompt: str
    lipsync: bool
    section: str
    entry: str
    providers: Mapping[str, str]
    chosen_models: Mapping[str, str]


def _checked(scene: Scene, fields: SceneFields) -> SceneFields:
    """Return the fields for the scene with known providers and models only, which fit each other. Raises InputError."""
    flavor, given = scene.project.flavor, fields.keys() & {"providers", "chosen_models"}
    if "entry" in fields:
        entry_check(fields["entry"], sequence=scene.sequence)
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
    ripple: bool = False,
    subjects: Sequence[UUID] | None = None,
    **fields: Unpack[SceneFields],
) -> Scene:
    """Insert a scene at `sequence` (None: at the end).

    If the scenes fill the song, a neighbor gives it its time or, with `ripple`, the film's end does; else it lasts
    `duration`, by default as long as its clip (`usual_duration`). Without a `section` it gets the song's at its middle.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes = list(scenes_of(project))
        if len(scenes) >= MAXIMUM_SCENES:
            raise InputError(f"A project has at most {MAXIMUM_SCENES} scenes.")
        place = len(scenes) if sequence is None else min(sequence - 1, len(scenes))
        durations = _new_durations(project, scenes, place, duration, snap=snap, ripple=ripple)
        with recorded(project, f"inserted scene {place + 1}"):
            if not ripple and place < len(scenes):
                _roll(scenes[place], durations[place], filled=fill_the_song(project, scenes))
            scene = Scene(project=project, **_checked(Scene(project=project, sequence=place + 1), fields))
            arranged = [*scenes[:place], scene, *scenes[place:]]
            arrange(arranged, durations)
            if not scene.section:
                scene.section = _sections_heard(project, arranged).get(scene.pk, "")
                scene.save(update_fields=["section"])
            if subjects is not None:
                scene_cast_set(scene, subjects)
                scene.save(update_fields=["cast_chosen"])
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
    ripple: bool = False,
    clip_in: Decimal | None = None,
    clip_out: Decimal | None = None,
    subjects: Sequence[UUID] | None = None,
    **fields: Unpack[SceneFields],
) -> Scene:
    """Edit a scene; a new `duration` moves the cut, and if the scenes fill the song a neighbor gives or takes or, with
    `ripple`, the end of the film does. `clip_in` and `clip_out` choose the part of its clip, `subjects` who and what is
    in it.

    Raises ConflictError if `expected_version` is no longer the stored one, or a scene other than `scene_id` has this
    number now.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = located(project, sequence)
        scene = scenes[index]
        scene_expect(scene, scene_id)
        if expected_version not in {None, scene.version}:
            raise ConflictError(
                "This scene was changed in the meantime. Look at it again, then repeat your change.", code="stale"
            )
        moves = duration is not None and duration != scene.duration
        told = _told(sequence, fields, moves=moves, slips=clip_in is not None, trims=clip_out is not None)
        if subjects is not None and not (fields or moves or clip_in is not None or clip_out is not None):
            told = f"changed who and what is in scene {sequence}"
        with recorded(project, told):
            if fields.get("prompt", scene.prompt) != scene.prompt:
                # The writer's words for shot, camera and light were about other words.
                scene.facts = {name: fact for name, fact in scene.facts.items() if not isinstance(fact, str)}
            for name, value in _checked(scene, fields).items():
                setattr(scene, name, value)
            if moves and duration is not None:
                _cut_move(project, scenes, index, duration, snap=snap, ripple=ripple)
            if clip_in is not None or clip_out is not None:
                start = scene.clip_in if clip_in is None else clip_in
                length = usual_duration(project, scene)
                clip_use_set(scene, start, scene.clip_out if clip_out is None else clip_out, length=length)
            if subjects is not None:
                scene_cast_set(scene, subjects)
            scene.version += 1
            scene.save()
        return scene


def _told(sequence: int, fields: SceneFields, *, moves: bool, slips: bool, trims: bool) -> str:
    if moves and not fields:
        return f"moved cut {sequence}"
    if (slips or trims) and not fields:
        return f"{'trimmed' if trims else 'slipped'} scene {sequence}"
    if fields.keys() == {"entry"}:
        return f"changed how scene {sequence} follows"
    if fields.keys() <= {"prompt", "negative_prompt", "lipsync"}:
        return f"edited the words of scene {sequence}"
    return f"edited scene {sequence}"


def _cut_move(
    project: Project, scenes: Sequence[Scene], index: int, wanted: Decimal, *, snap: bool, ripple: bool
) -> None:
    """Move the cut at the end of scene `index` (of the last scene, at its start). Unless all that follows moves along,
    the scene after the cut goes on showing the same picture at the same time."""
    filled = fill_the_song(project, scenes)
    durations = _retimed(project, scenes, index, wanted, snap=snap, ripple=ripple)
    last = index == len(scenes) - 1
    if filled and not (ripple and not last):
        after = scenes[index if last else index + 1]
        _roll(after, (after.duration or Decimal(0)) - (durations[index if last else index + 1] or Decimal(0)))
    arrange(scenes, durations)


def scene_delete(*, by: User, project_id: UUID, sequence: int, ripple: bool = False) -> None:
    """Delete a scene; if the scenes fill the song, a neighbor takes its time or, with `ripple`, the film's end does.
    Undo restores it."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = located(project, sequence)
        refuse_busy(scenes[index])
        left = [*scenes[:index], *scenes[index + 1 :]]
        durations: Sequence[Decimal | None] = said_durations(left)
        filled = fill_the_song(project, scenes)
        if filled:
            before = durations_of(project, scenes)
            durations = (
                arrangement.removed([*before[:index], *before[index + 1 :], before[index]], len(left))
                if ripple
                else arrangement.removed(before, index)
            )
        with recorded(project, f"deleted scene {sequence}"):
            if left and index == 0 and not ripple:
                _roll(left[0], -(scenes[0].duration or Decimal(0)), filled=filled)
            put_away(scenes[index])
            arrange(left, durations)


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
        filled = fill_the_song(project, scenes)
        beats = project_beats(project) if snap and filled else ()
        durations = arrangement.reordered(durations_of(project, scenes), places, beats=beats)
        moved = [scenes[place] for place in places]
        with recorded(project, _moved_words(places)):
            arrange(moved, durations if filled else said_durations(moved))


def _moved_words(places: Sequence[int]) -> str:
    """Say which scene was moved where, if it is only one."""
    for old, new in ((old, new) for new, old in enumerate(places)):
        rest = [place for place in range(len(places)) if place != old]
        if old != new and [*rest[:new], old, *rest[new:]] == list(places):
            return f"moved scene {old + 1} to {new + 1}"
    return "reordered the scenes"


def scenes_replan(*, project: Project, asked: bool = False) -> bool:
    """Replan the scenes' cuts on the song's beats, keeping their number, unless the project keeps their lengths.
    Returns whether a length changed.

    The caller holds the project's lock. Called when the song, its used part or its beat grid changed. Lengths that the
    user set for scenes that don't fill the song are left alone, unless the user `asked` for this.
    """
    scenes = list(scenes_of(project))
    if project.lengths_kept or not scenes or song_seconds(project) is None:
        return False
    if not (asked or fill_the_song(project, scenes) or were_written(project)):
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
    with recorded(project, "fitted the scenes to the song"):
        arrange(scenes, durations)
    log.info("scenes_replanned", project_id=str(project.pk), scenes=len(scenes))
    return True


def scenes_name_sections(*, project: Project, instead_of: Collection[str]) -> None:
    """Rename scenes called one of `instead_of` after the song section that their middle falls in. The caller holds the
    project's lock. Undo doesn't cover it."""
    scenes = list(scenes_of(project))
    heard = _sections_heard(project, scenes)
    for scene in scenes:
        here = heard.get(scene.pk, "")
        if here and scene.section.lower() in instead_of and scene.section.lower() != here.lower():
            scene.section = here
            scene.save(update_fields=["section", "updated_at"])


def _sections_heard(project: Project, scenes: Sequence[Scene]) -> dict[UUID, str]:
    """Return the section of the song that the middle of each scene falls in, where there is one; `scenes` are all of
    the project's."""
    parts = song_sections(project.song) if project.song is not None else ()
    longest = Scene._meta.get_field("section").max_length
    clock, found = float(project.song_start), {}
    for scene in scenes if parts else ():
        length = float(shown_duration(project, scene))
        middle, clock = clock + length / 2, clock + length
        here = next((part.label for part in parts if part.start_seconds <= middle < part.end_seconds), "")
        if here:
            found[scene.pk] = here[:longest]
    return found


def scenes_replace(
    *,
    project: Project,
    scenes: Sequence[Scene],
    durations: Sequence[Decimal],
    named: Mapping[UUID, Sequence[str]] = MappingProxyType({}),
) -> None:
    """Replace all scenes with newly written, unsaved ones; the caller holds the project's lock. `named` are the names
    of the subjects in each, as far as the writer said it.

    The first ones are no change of anything: undo would only take away what was generated."""
    before = list(scenes_of(project))
    if project.lengths_kept:
        project.lengths_kept = False
        project.save(update_fields=["lengths_kept"])
    if not before:
        changes_forget(project)
        arrange(scenes, durations)
        scenes_cast_by_name(scenes, named)
        return
    with recorded(project, REPLACED_SCENES):
        for old in before:
            put_away(old)
        arrange(scenes, durations)
        scenes_cast_by_name(scenes, named)


def _new_durations(
    project: Project, scenes: Sequence[Scene], place: int, wanted: Decimal | None, *, snap: bool, ripple: bool
) -> Sequence[Decimal | None]:
    if not fill_the_song(project, scenes):
        arrangement.refuse_too_short(wanted)
        return [*said_durations(scenes[:place]), wanted, *said_durations(scenes[place:])]
    before = durations_of(project, scenes)
    if wanted is None:
        wanted = arrangement.seconds(before[min(place, len(before) - 1)] / 2)
    beats = project_beats(project) if snap else ()
    if ripple and place < len(before):
        arrangement.refuse_too_short(wanted)
        # Scenes of no length are only in between: the film's end gives all of it.
        return arrangement.rippled([*before[:place], Decimal(0), *before[place:]], place, wanted)
    return arrangement.inserted(before, place, wanted, beats=beats)


def _retimed(
    project: Project, scenes: Sequence[Scene], index: int, wanted: Decimal, *, snap: bool, ripple: bool
) -> Sequence[Decimal | None]:
    if not fill_the_song(project, scenes):
        arrangement.refuse_too_short(wanted)
        return [*said_durations(scenes[:index]), wanted, *said_durations(scenes[index + 1 :])]
    beats = project_beats(project) if snap else ()
    durations = durations_of(project, scenes)
    if not ripple or index == len(scenes) - 1:
        return arrangement.retimed(durations, index, wanted, beats=beats)
    arrangement.refuse_too_short(wanted)
    start = sum(durations[:index], Decimal(0))
    cut = arrangement.snapped(start + wanted, beats, after=start, before=sum(durations, Decimal(0)))
    return arrangement.rippled(durations, index, cut - start - durations[index])


def _roll(scene: Scene, later: Decimal | None, *, filled: bool = True) -> None:
    """Let a scene whose start moves go on showing the same picture at the same time."""
    if filled and later:
        clip_roll(scene, later)
