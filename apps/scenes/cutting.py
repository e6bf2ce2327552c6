"""Splitting, merging and duplicating scenes. None of it renders anything: both sides of a cut show parts of the same
clip. Each can be undone."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.projects.selectors import project_lock
from apps.scenes import arrangement
from apps.scenes.approval import approval_marks, approval_set, scene_approval
from apps.scenes.clip_use import goes_on, part_after
from apps.scenes.clips import refuse_busy, scene_expect
from apps.scenes.history import parts_copy, recorded
from apps.scenes.layout import arrange, durations_of, fill_the_song, located, put_away, said_durations
from apps.scenes.models import Approval, Clip, Origin, Scene
from apps.scenes.scene_frames import project_beats, scene_spans, usual_duration


def scene_split(
    *, by: User, project_id: UUID, sequence: int, at: Decimal, scene_id: UUID | None = None, snap: bool = True
) -> Scene:
    """Split a scene in two, `at` seconds after its start, and return the second half. With `scene_id`, only that scene.

    Both show the same clip as before: the second half from where the first one stops. Nothing is rendered. Halves of an
    approved scene are approved: a person has seen all that they show.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = located(project, sequence)
        scene_expect(scenes[index], scene_id)
        beats = project_beats(project) if snap else ()
        durations = arrangement.divided(durations_of(project, scenes), index, at, beats=beats)
        approved = scene_approval(scenes[index]) == Approval.APPROVED
        with recorded(project, f"split scene {sequence}"):
            first, second = scenes[index], _copy(scenes[index])
            arrange([*scenes[: index + 1], second, *scenes[index + 1 :]], durations)
            # Whole frames, so that no picture is shown twice or lost at the cut.
            passed = arrangement.seconds(scene_spans(project, [*scenes[:index], first])[index].duration_seconds)
            _copy_clip(first, second, part_after(first, passed))
            parts_copy(first, second, goes_on=True)
            if approved:
                for half, mark in approval_marks(project, [first, second]).items():
                    approval_set(first if half == first.pk else second, Approval.APPROVED, mark)
        return second


def scene_merge(*, by: User, project_id: UUID, sequence: int) -> Scene:
    """Merge a scene with the next one; the first one's words, picture and clip stay. The clip goes on as far as it
    lasts, so halves of one clip become that clip again."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = located(project, sequence)
        durations = arrangement.merged(durations_of(project, scenes), index)
        first, second = scenes[index], scenes[index + 1]
        refuse_busy(second)
        with recorded(project, f"merged scenes {sequence} and {sequence + 1}"):
            if goes_on(second, after=first, length=usual_duration(project, first)):
                first.clip_out = second.clip_out
                first.save(update_fields=["clip_out"])
            put_away(second)
            arrange([*scenes[: index + 1], *scenes[index + 2 :]], durations)
        return first


def scene_duplicate(*, by: User, project_id: UUID, sequence: int, snap: bool = True, ripple: bool = False) -> Scene:
    """Duplicate a scene, with its picture and current clip. If the scenes fill the song, the two share its time; with
    `ripple` the copy is as long as the scene, and the film's end gives the time."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        scenes, index = located(project, sequence)
        before = durations_of(project, scenes)
        durations: Sequence[Decimal | None]
        if not fill_the_song(project, scenes):
            said = said_durations(scenes)
            durations = [*said[: index + 1], *said[index:]]
        elif ripple:
            longer = arrangement.rippled(before, index, before[index])
            durations = (*longer[:index], before[index], before[index], *longer[index + 1 :])
        else:
            half = arrangement.seconds(before[index] / 2)
            durations = arrangement.divided(before, index, half, beats=project_beats(project) if snap else ())
        with recorded(project, f"duplicated scene {sequence}"):
            copy = _copy(scenes[index])
            arrange([*scenes[: index + 1], copy, *scenes[index + 1 :]], durations)
            _copy_clip(scenes[index], copy, (scenes[index].clip_in, scenes[index].clip_out))
            parts_copy(scenes[index], copy)
        return copy


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


def _copy_clip(source: Scene, copy: Scene, part: tuple[Decimal, Decimal | None]) -> None:
    clip = source.current_clip
    if clip is None:
        return
    copy.current_clip = Clip.objects.create(
        scene=copy,
        asset=clip.asset,
        origin=Origin.COPIED,
        parent=clip,
        poster_id=clip.poster_id,
        parameters=clip.parameters,
        checks=clip.checks,
    )
    copy.clip_in, copy.clip_out = part
    copy.save(update_fields=["current_clip", "clip_in", "clip_out"])
