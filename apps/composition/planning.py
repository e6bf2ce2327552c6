"""From a project's rows to a plan: which clip goes where on the song."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong, flashing_cuts_apart
from apps.composition.hook import hook_range
from apps.composition.models import Lyrics, Output, ProjectLook, SceneLook
from apps.composition.options import ComposeOptions, OptionChanges, decibels, resolved_options, transition_kind
from apps.core.errors import InputError
from apps.flavors.registry import resolve
from apps.projects.models import Project
from apps.scenes.models import Clip, Scene
from apps.scenes.scene_frames import scene_spans, song_range, usual_duration
from apps.scenes.selectors import scenes_of
from engines.composing.shot_plan import ShortClip
from engines.lyrics.reading import read_lyrics
from engines.lyrics.styling import LyricsPreset, lyrics_check_glyphs, styled
from engines.lyrics.writing import as_srt
from engines.media.formats import ClipFormat, picture_size


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
    own = OptionChanges.model_validate({"fit": project.fit})
    options = resolved_options(config.values, own, project_look(project), overrides or OptionChanges())
    slots = _slots(project, list(scenes_of(project)) if scenes is None else scenes, options)
    looks = {look.scene_id: look for look in SceneLook.objects.filter(scene__project=project)}
    fps = Fraction(project.fps)
    width, height = picture_size(
        output.aspect_ratio if output else project.aspect_ratio, output.resolution if output else project.resolution
    )
    first, last = 0, slots[-1].end
    if output and output.hook_seconds is not None:
        first, last = hook_range(project, output, last)
    shots = [_shot(slot, looks.get(slot.scene.pk), options, fps, (first, last)) for slot in slots]
    used = song_range(project)
    starts = Fraction(str(used[0])) + first / fps if used else Fraction(0)
    ends = min(Fraction(str(used[1])), starts + (last - first) / fps) if used else Fraction(0)
    burned, soft = _lyrics(project, ClipFormat(width, height, fps), starts, ends)
    plan = FrozenPlan(
        width=width,
        height=height,
        fps=str(fps),
        encoding=options.encoding.name,
        fit=options.picture_fit,
        shots=flashing_cuts_apart((shot for shot in shots if shot is not None), fps),
        song=_song(project, starts, ends, options, hook=bool(output and output.hook_seconds is not None)),
        burned_lyrics=burned,
        soft_lyrics=soft,
        title=project.title,
        artist=project.song.artist if project.song else "",
        reencode=options.reencode,
    )
    return ProjectPlan(plan, options, config.flavor, config.hash)


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
    chosen = Fraction(look.clip_start) if look else Fraction(0)
    label = f" · {slot.scene.section}" if slot.scene.section else ""
    return FrozenShot(
        asset_id=slot.clip.asset_id,
        frames=end - start,
        start=str(chosen + (start - slot.start) / fps),
        short=ShortClip((look.short_clip if look else "") or options.short_clip),
        slowest=options.slowest,
        focus=(look.focus_x, look.focus_y) if look else (0.5, 0.5),
        transition=kind,
        transition_frames=2 * max(1, round(options.transition_seconds * fps / 2)) if kind else 0,
        gain_db=decibels(volume) if volume > 0 else None,
        wanted=str(slot.wanted - inside[0] / fps if start > inside[0] else Fraction(0)),
        name=f"Scene {slot.scene.sequence}{label}",
        scene_id=slot.scene.pk,
        sequence=slot.scene.sequence,
        clip_id=slot.clip.pk,
    )


def _song(
    project: Project, starts: Fraction, ends: Fraction, options: ComposeOptions, *, hook: bool
) -> FrozenSong | None:
    if project.song is None or ends <= starts:
        return None
    return FrozenSong(
        asset_id=project.song.asset_id,
        start=str(starts),
        end=str(ends),
        fade_in_seconds=options.fade_in_seconds,
        # A range that ends mid-song would end in a click.
        fade_out_seconds=options.fade_out_seconds or (0.05 if hook else 0.0),
        loudness_lufs=options.loudness_lufs,
        gain_db=decibels(options.song_volume),
    )


def _lyrics(project: Project, shape: ClipFormat, starts: Fraction, ends: Fraction) -> tuple[str, str]:
    """Return the (burned, soft) text of the project's lyrics in the used range."""
    words = Lyrics.objects.filter(project=project).first()
    if words is None or not (words.burn or words.soft) or ends <= starts:
        return "", ""
    # Read as when they were uploaded, so a failure means an older, more lenient reader.
    lyrics = read_lyrics(words.text).within(round(starts * 1000), round(ends * 1000))
    if not lyrics.lines:
        return "", ""
    if words.burn:
        lyrics_check_glyphs(lyrics)
    return (
        styled(lyrics.lines, LyricsPreset(words.preset), shape.width, shape.height) if words.burn else "",
        as_srt(lyrics.lines) if words.soft else "",
    )
