"""The pictures that a scene's requests hold because of how it follows: the frame that its clip starts from, the image
that it arrives at, the picture that its image matches."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from django.utils import timezone

from apps.core.errors import ConflictError, InputError
from apps.providers.capabilities import Capability
from apps.scenes.clip_use import clip_seconds
from apps.scenes.coming import is_at_work
from apps.scenes.entry import Following, scene_following
from apps.scenes.models import Entry, Scene
from apps.scenes.scene_frames import SceneFrames, scene_spans
from apps.scenes.selectors import scenes_of
from apps.work.choice import Choice
from apps.work.frozen import ClipFrame, InputSource, SubjectValues
from apps.work.work import Work

# The inputs of a request that these pictures are in.
FIRST, LAST, MATCHED = "image", "last_image", "matched"
# What fills a scene that is longer than its clip ("hold", "slow", "loop", "bounce"): the app that composes knows it.
GAP_FILLS: list[Callable[[Scene], str]] = []
# How many models a refusal names.
MOST_NAMED = 4


def last_shown_frame(scene: Scene, span: SceneFrames) -> ClipFrame | None:
    """Return the last frame that the film shows of the scene's clip, as it is composed; None without a clip.

    It counts at the project's rate from the start of the clip, whose start in the scene is on a frame, too."""
    if scene.current_clip is None:
        return None
    fps = span.grid.fps
    first = round(Fraction(scene.clip_in) * fps)
    ends = [one for one in (scene.clip_out, clip_seconds(scene.current_clip)) if one is not None]
    have = max(1, round(Fraction(min(ends)) * fps) - first) if ends else span.frames
    place = span.frames - 1
    if span.frames > have:
        # Held or slowed down, it ends with its last picture.
        way = next((fill(scene) for fill in GAP_FILLS), "")
        turn, place = divmod(place, have)
        place = place if way in {"loop", "bounce"} else have - 1
        place = have - 1 - place if way == "bounce" and turn % 2 else place
    return ClipFrame(number=first + place, fps=str(fps))


def video_inputs(scene: Scene, choice: Choice) -> dict[str, InputSource]:
    """Return the pictures for the scene's clip: its own image, or where it follows another one, what it starts from and
    arrives at. Which frame that is becomes known when the work starts, see `work_frame_found`.

    Raises InputError for a model that can't start from a frame."""
    own = {FIRST: InputSource(asset_id=scene.image_id)} if scene.image_id else {}
    following = scene_following(scene)
    if following.starts_from is None:
        return own
    _refuse_without_first_frame(scene, following, choice)
    found = {FIRST: InputSource(last_frame_of=following.starts_from.pk)}
    if following.entry == Entry.BRIDGE:
        # It may still have to be drawn: this is also quoted ahead.
        found[LAST] = InputSource(asset_id=scene.image_id)
    return found


def matched_picture(scene: Scene) -> tuple[SubjectValues, InputSource] | None:
    """Return the reference for the image of a scene that matches its forerunner: that one's image, else the last frame
    that it shows; None if it has neither."""
    before = scene_following(scene).matches
    if before is None:
        return None
    if before.image_id is not None:
        source = InputSource(asset_id=before.image_id)
    elif before.current_clip is not None:
        source = InputSource(asset_id=before.current_clip.asset_id, frame=last_frame_now(before))
    else:
        return None
    name = f"shot {before.sequence} (same place, light and colors)"
    return SubjectValues(name=name, kind="style", input=MATCHED), source


def work_frame_found(scene: Scene, work: Work) -> Work:
    """Return the work with the frame that its clip starts from, which is frozen from now on; unchanged while the
    forerunner is at work, since its clip will be another one: the worker waits for that.

    The caller holds the project's lock. Raises ConflictError if the forerunner has no clip and none is being made, and
    InputError for a bridge without an image to arrive at."""
    if LAST in work.frozen.inputs and work.frozen.inputs[LAST].asset_id is None:
        raise InputError(
            f"Scene {scene.sequence} is a bridge and has no picture to arrive at. Generate its image first.",
            code="input_missing",
        )
    source = work.frozen.inputs.get(FIRST)
    if source is None or source.last_frame_of is None:
        return work
    before = scenes_of(scene.project).filter(pk=source.last_frame_of).first()
    if before is not None and is_at_work(before):
        return work
    if before is None or before.current_clip is None:
        raise ConflictError(waits_sentence(scene, before), code="waits_for_scene")
    return replace(work, parameters=work.parameters.with_input(FIRST, frame_source(before)))


def frame_source(before: Scene) -> InputSource:
    clip = before.current_clip
    assert clip is not None  # noqa: S101 # the caller has looked
    return InputSource(asset_id=clip.asset_id, frame=last_frame_now(before))


def last_frame_now(scene: Scene) -> ClipFrame | None:
    scenes = list(scenes_of(scene.project))
    spans = scene_spans(scene.project, scenes)
    timed = zip(scenes, spans, strict=True)
    return next((last_shown_frame(one, span) for one, span in timed if one.pk == scene.pk), None)


def waits_for(scene: Scene) -> Scene | None:
    """Return the scene that has to be made before this one's next step: before its clip the one that it continues from,
    before its image the one that it matches. None if it can start, or its forerunner is made by itself."""
    following = scene_following(scene)
    if (before := following.starts_from) is not None and scene.image_id is not None:
        return before if before.current_clip is None or is_at_work(before) else None
    if (before := following.matches) is not None and scene.image_id is None:
        return before if before.image_id is None and before.current_clip is None else None
    return None


def waits_sentence(scene: Scene, before: Scene | None) -> str:
    number = before.sequence if before is not None else (scene.sequence or 0) - 1
    return (
        f"Scene {scene.sequence} continues from scene {number}, which has no clip yet. "
        f"Generate scene {number} first, or make scene {scene.sequence} a cut."
    )


def _refuse_without_first_frame(scene: Scene, following: Following, choice: Choice) -> None:
    """Raise InputError if the model is known to take no first frame. Where the model is chosen by itself, it may."""
    provider, settings = choice.provider, choice.config.values
    model = provider.model_used(Capability.VIDEO, settings)
    if not model or choice.candidates or provider.abilities(Capability.VIDEO, settings).first_frame:
        return
    offers = provider.models(Capability.VIDEO, settings, today=timezone.localdate())
    able = [offer.model for offer in offers if offer.abilities.first_frame]
    named = ", ".join(able[:MOST_NAMED])
    before = following.before.sequence if following.before is not None else ""
    raise InputError(
        f"{model} takes no first frame, so scene {scene.sequence} can't continue from scene {before}. "
        f"{f'Choose a model that does, such as {named}' if named else 'Choose another model'}, or make it a cut.",
        code="input_unsupported",
    )
