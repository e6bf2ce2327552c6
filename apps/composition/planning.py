"""From a project's rows to a plan: which clip goes where on the song."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from uuid import UUID

from apps.composition.captions import caption_texts, caption_words
from apps.composition.crops.keys import own_keys
from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong, flashing_cuts_apart
from apps.composition.hook import heard, hook_fade_seconds, hook_range
from apps.composition.models import Output, ProjectLook, SceneColor, SceneFraming, SceneLook
from apps.composition.options import ComposeOptions, OptionChanges, decibels, resolved_options, transition_kind
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.flavors.registry import resolve
from apps.projects.models import Project, Subject
from apps.scenes.casting import scenes_subjects
from apps.scenes.entry import STARTING, scene_entry
from apps.scenes.models import Clip, Entry, Scene
from apps.scenes.places import at_same_place
from apps.scenes.scene_frames import scene_spans, usual_duration
from apps.scenes.selectors import scenes_of
from engines.composing.shot_plan import ShortClip
from engines.media.formats import ClipFormat, picture_size
from engines.media.framing import PictureFit


@dataclass(frozen=True)
class ProjectPlan:
    plan: FrozenPlan
    options: ComposeOptions
    flavor: str
    config_hash: str


@dataclass(frozen=True)
class _Slot:
    scene: Scene
    clip: Clip
    start: int
    end: int
    wanted: Fraction


def project_plan(
    project: Project,
    *,
    output: Output | None = None,
    overrides: OptionChanges | None = None,
    flavor: str = "",
    scenes: Sequence[Scene] | None = None,
) -> ProjectPlan:
    """Return the plan of the project's current state; `scenes` are the project's, if the caller already has them.

    Raises InputError naming the scenes without a clip (unless `skip_missing`)."""
    config = resolve(flavor or project.flavor, "compose_params")
    options = video_options(project, output, overrides, values=config.values)
    slots = _slots(project, list(scenes_of(project)) if scenes is None else scenes, options)
    looks = {look.scene_id: look for look in SceneLook.objects.filter(scene__project=project)}
    fps = Fraction(project.fps)
    width, height = picture_size(
        output.aspect_ratio if output else project.aspect_ratio, output.resolution if output else project.resolution
    )
    first, last, fade = 0, slots[-1].end, 0.0
    if output and output.hook_seconds is not None:
        first, last = hook_range(project, output, last)
        fade = hook_fade_seconds(project, last, slots[-1].end)
    shots = [_shot(slot, looks.get(slot.scene.pk), options, fps, (first, last)) for slot in slots]
    if options.color_match:
        shots = _colors_grouped(slots, shots, looks)
    starts, ends = heard(project, first, last)
    shown = caption_texts(caption_words(project), options.captions, ClipFormat(width, height, fps), starts, ends)
    plan = FrozenPlan(
        width=width,
        height=height,
        fps=str(fps),
        encoding=options.encoding.name,
        fit=options.picture_fit,
        shots=flashing_cuts_apart((shot for shot in shots if shot is not None), fps),
        song=_song(project, starts, ends, options, fade),
        burned_lyrics=shown.burned,
        soft_lyrics=shown.soft,
        soft_language=shown.language,
        title=project.title,
        artist=project.song.artist if project.song else "",
        reencode=options.reencode,
    )
    return ProjectPlan(plan, options, config.flavor, config.hash)


def video_options(
    project: Project,
    output: Output | None = None,
    overrides: OptionChanges | None = None,
    *,
    values: JsonObject | None = None,
) -> ComposeOptions:
    """Return how the project's video, or one of its outputs, is composed. `values` are the flavor's, if known."""
    if values is None:
        values = resolve(project.flavor, "compose_params").values
    own = OptionChanges.model_validate({"fit": project.fit})
    others = OptionChanges()
    if output is not None:
        captions = {"captions": output.captions} if output.captions else {}
        others = OptionChanges.model_validate({"fit": output.framing, **captions})
    return resolved_options(values, own, project_look(project), others, overrides or OptionChanges())


def project_look(project: Project) -> OptionChanges:
    """Return the user's settings for all of the project's videos."""
    stored = ProjectLook.objects.filter(project=project).values_list("options", flat=True).first()
    return OptionChanges.model_validate(stored or {})


def _slots(project: Project, scenes: Sequence[Scene], options: ComposeOptions) -> list[_Slot]:
    if not scenes:
        raise InputError("The project has no scenes yet. Generate them first.", code="no_scenes")
    missing = [scene for scene in scenes if scene.current_clip is None]
    if len(missing) == len(scenes):
        raise InputError("No scene has a clip yet. Generate the clips first.", code="no_clips")
    if missing and not options.skip_missing:
        names = ", ".join(str(scene.sequence) for scene in missing[:12])
        raise InputError(
            f"These scenes have no clip yet: {names}. Generate their clips, or leave these scenes out.",
            code="clips_missing",
            errors={"scenes": [scene.sequence for scene in missing]},
        )
    spans = scene_spans(project, scenes)
    filled = [
        (scene, scene.current_clip, span) for scene, span in zip(scenes, spans, strict=True) if scene.current_clip
    ]
    clock = accumulate((Fraction(usual_duration(project, scene)) for scene in scenes[:-1]), initial=Fraction(0))
    wanted = {scene.pk: start for scene, start in zip(scenes, clock, strict=True)}
    # The song keeps playing, so a scene without a clip gives its time to the previous scene; the first, to the next.
    bounds = [0, *(span.start_frame for _, _, span in filled[1:]), spans[-1].end_frame]
    return [
        _Slot(scene, clip, start, end, wanted[scene.pk] if start else Fraction(0))
        for (scene, clip, _), (start, end) in zip(filled, pairwise(bounds), strict=True)
    ]


def _shot(
    slot: _Slot, look: SceneLook | None, options: ComposeOptions, fps: Fraction, inside: tuple[int, int]
) -> FrozenShot | None:
    """Return the slot's part inside [first, last) frames, None if there is none."""
    start, end = max(slot.start, inside[0]), min(slot.end, inside[1])
    if start >= end:
        return None
    kind = transition_kind((look.transition if look else "") or options.transition) if start > inside[0] else None
    volume = look.clip_volume if look and look.clip_volume is not None else options.clip_sound_volume
    follows = options.picture_fit is PictureFit.FOLLOW
    # On a frame, so that the halves of a scene that was split go on without a picture twice or lost.
    chosen = round(Fraction(slot.scene.clip_in) * fps) / fps
    label = f" · {slot.scene.section}" if slot.scene.section else ""
    return FrozenShot(
        asset_id=slot.clip.asset_id,
        frames=end - start,
        start=str(chosen + (start - slot.start) / fps),
        end=_part_end(slot, chosen, fps),
        short=ShortClip((look.short_clip if look else "") or options.short_clip),
        slowest=options.slowest,
        focus=(look.focus_x, look.focus_y) if look else (0.5, 0.5),
        crop=own_keys(look, slot.clip) if look and follows else None,
        still=bool(look and follows and look.framing == SceneFraming.FIXED),
        transition=kind,
        transition_frames=2 * max(1, round(options.transition_seconds * fps / 2)) if kind else 0,
        gain_db=decibels(volume) if volume > 0 else None,
        wanted=str(slot.wanted - inside[0] / fps if start > inside[0] else Fraction(0)),
        name=f"Scene {slot.scene.sequence}{label}",
        scene_id=slot.scene.pk,
        sequence=slot.scene.sequence,
        clip_id=slot.clip.pk,
    )


def _colors_grouped(
    slots: Sequence[_Slot], shots: Sequence[FrozenShot | None], looks: Mapping[UUID, SceneLook]
) -> list[FrozenShot | None]:
    """Number the shots whose colors are brought together: neighbors at one place of a section, but not the ones that
    are left. Another place has another light, and clothes would change their color."""
    scenes = [slot.scene for slot in slots]
    subjects = scenes_subjects(scenes[0].project, scenes)
    found: list[FrozenShot | None] = []
    group, before = 0, None
    for number, (slot, shot) in enumerate(zip(slots, shots, strict=True)):
        group += not number or not _of_one_light(slots[number - 1], slot, subjects)
        look = looks.get(slot.scene.pk)
        way = look.color_match if look else SceneColor.MATCH
        if shot is None or way == SceneColor.LEAVE:
            found.append(shot)
        else:
            same = before is not None and before.asset_id == shot.asset_id
            goes_on = before is not None and (same or slot.scene.entry in STARTING)
            changes = {"matched": group, "color_reference": way == SceneColor.REFERENCE, "goes_on": goes_on}
            found.append(shot.model_copy(update=changes))
        before = shot
    return found


def _of_one_light(before: _Slot, slot: _Slot, subjects: Mapping[UUID, Sequence[Subject]]) -> bool:
    one, other = before.scene, slot.scene
    if one.section != other.section:
        return False
    same_clip = before.clip.asset_id == slot.clip.asset_id
    return same_clip or scene_entry(other) != Entry.CUT or at_same_place(one, other, subjects)


def _part_end(slot: _Slot, chosen: Fraction, fps: Fraction) -> str | None:
    """Return where the part of the clip ends that may be shown, if that is before the scene does."""
    limit = slot.scene.clip_out
    frames = None if limit is None else max(1, round((Fraction(limit) - chosen) * fps))
    return None if frames is None or frames >= slot.end - slot.start else str(chosen + frames / fps)


def _song(
    project: Project, starts: Fraction, ends: Fraction, options: ComposeOptions, fade: float
) -> FrozenSong | None:
    if project.song is None or ends <= starts:
        return None
    return FrozenSong(
        asset_id=project.song.asset_id,
        start=str(starts),
        end=str(ends),
        fade_in_seconds=options.fade_in_seconds,
        fade_out_seconds=options.fade_out_seconds or fade,
        loudness_lufs=options.loudness_lufs,
        gain_db=decibels(options.song_volume),
    )
