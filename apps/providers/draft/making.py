"""Create the draft's results with the engines that draw, film and move lips. Only loaded by workers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
from pydantic import ValidationError

from apps.core.errors import InputError, WorkCancelled
from apps.providers.base import ProducedFile, ProviderResult
from apps.providers.draft.images import (
    LEAST_NAMED,
    cover,
    label_top,
    load_picture,
    person_of,
    read_mouth,
    read_recipe,
    storyboard_image,
)
from apps.providers.draft.naming import UNNAMED
from apps.providers.draft.scenes import mark_of, write_scenes
from apps.providers.draft.sheets import character_sheet, person_said, subject_image
from apps.providers.lengths import LOST_END_SECONDS, frame_rate_of, lost_end_note
from apps.providers.request_types import (
    ImageRequest,
    LipsyncRequest,
    MediaInput,
    ProviderRequest,
    ScenesRequest,
    SegmentedLipsyncRequest,
    Subject,
    VideoRequest,
)
from engines.draft.camera import Move, pace
from engines.draft.canvas import OVERSCAN
from engines.draft.clip import Picture, Shot, render_clip
from engines.draft.company.chosen import Chosen, sight_of, without_cast
from engines.draft.finish import bar_share, vignette
from engines.draft.grammar import SceneGrammar
from engines.draft.lettering import text_mask
from engines.draft.lipsync.sync import FacePlace, Part, SyncFacts, lipsync_clip
from engines.draft.look import DraftLook, MoveKind
from engines.draft.numbers import stable_number
from engines.draft.people import Person
from engines.draft.reading import names_move, read_move, read_shot
from engines.draft.sight import Sight
from engines.draft.storyboard import MOVE_NAMES, SHOT_NAMES, Recipe, falling, paint
from engines.draft.takes import Take
from engines.draft.weather import Weather
from engines.media.formats import ClipFormat

Progress = Callable[[float, str], None]
Cancelled = Callable[[], bool]

# How visible a figure's sway to the beat is: near ones dance, far ones would seem to hop.
_SWAY = {
    "extreme_wide": 0.0,
    "wide": 0.1,
    "full": 0.3,
    "medium": 0.7,
    "close": 1.0,
    "extreme_close": 1.2,
    "detail": 0.0,
}
_NO_LIPS = "No lips are visible in this drawing, so none move. The audio was added. Use a closer shot to see singing."
_NO_VOICE = "The lips don't move because no voice was heard in the audio. Choose a sung part, or only the vocals."
# A note tells if the mouth can be seen in less of the clip; drawn clips show their mouths where they want to.
_OFTEN_SEEN = 0.7
_LEFT_ALONE = "it is hidden, turned away or outside the picture there."
# Drawings of one movement: at 24 frames a second and two beats a second, each is shown for three frames, as in
# limited animation. More would cost a third of the rendering time.
_STEPS = 8
_SOFT = {"medium", "close", "extreme_close", "detail"}


def make(request: ProviderRequest, *, into: Path, progress: Progress, cancelled: Cancelled) -> ProviderResult:
    """Implement `LocalProvider.make`."""
    if isinstance(request, ScenesRequest):
        return _make_scenes(request, progress)
    if isinstance(request, ImageRequest):
        return _make_images(request, into, progress, cancelled)
    if isinstance(request, VideoRequest):
        return _make_clip(request, into, progress, cancelled)
    if isinstance(request, LipsyncRequest | SegmentedLipsyncRequest):
        return _make_lipsync(request, into, progress, cancelled)
    raise InputError("The free draft can't hear words or separate vocals. Choose a service that can.")


def draft_settings(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the draft's part of a resolved config."""
    found = settings.get("providers", {}).get("draft", {})
    return found if isinstance(found, Mapping) else {}


def _look(settings: Mapping[str, Any]) -> DraftLook:
    try:
        return DraftLook.model_validate(draft_settings(settings).get("look"))
    except ValidationError as error:
        raise InputError("The request's settings have no look for the draft. Resolve them from a flavor.") from error


def _noted(prompt: str, picture: Mapping[str, Any]) -> Sight | None:
    """Return what our writer noted for this prompt; None when the prompt was changed since, or is somebody else's."""
    if picture.get("of") != mark_of(prompt):
        return None
    try:
        return Sight.from_data(picture)
    except (ValueError, TypeError, KeyError):
        return None


def _seen(request: ImageRequest | VideoRequest) -> tuple[Sight | None, Person | None]:
    """Return what is to be seen, as far as it is known beside the prompt, and the marks of a lone lead's picture.

    A lead without a name who is alone is whoever the words name."""
    noted = _noted(request.prompt, request.picture)
    reference = request.character_reference
    if all(one.kind == "style" or (one.kind, one.name) == ("character", UNNAMED) for one in request.subjects):
        lead = any(one.kind == "character" for one in request.subjects)
        person = person_of(reference.path) if reference else None
        return (without_cast(noted) if noted and not lead else noted), person
    return sight_of(request.prompt, noted, [_chosen(one) for one in request.subjects]), None


def _chosen(one: Subject) -> Chosen:
    photo = person_of(one.picture.path) if one.picture and one.kind == "character" else None
    return Chosen(one.name, one.kind, one.description, one.never_change, one.wardrobe, photo)


def _make_scenes(request: ScenesRequest, progress: Progress) -> ProviderResult:
    prompts = request.settings.get("scene_prompts")
    if not isinstance(prompts, Mapping):
        raise InputError("The request's settings have no scene_prompts. Resolve them from a flavor.")
    progress(10, "Writing scenes")
    grammar = SceneGrammar.model_validate(prompts["grammar"])
    scenes = write_scenes(request, grammar, dict(request.settings), str(prompts.get("negative_description", "")))
    return ProviderResult(scenes=scenes, facts={"model": "draft writer", "seed": request.seed})


def _make_images(request: ImageRequest, into: Path, progress: Progress, cancelled: Cancelled) -> ProviderResult:
    look = _look(request.settings)
    seen = _seen(request) if request.purpose == "scene" else (None, None)
    files = []
    for number in range(request.num_images):
        if cancelled():
            raise WorkCancelled
        progress(100 * number / request.num_images, "Drawing")
        path = into / f"image_{number + 1}.png"
        _draw_image(request, look, seen, request.seed + number, path)
        files.append(ProducedFile(path=path, role="image", content_type="image/png"))
    return ProviderResult(files=tuple(files), facts={"model": "draft storyboard", "seed": request.seed})


def _draw_image(
    request: ImageRequest, look: DraftLook, seen: tuple[Sight | None, Person | None], seed: int, path: Path
) -> None:
    width, height = request.width, request.height
    if request.purpose != "scene" and request.subjects:
        one = _chosen(request.subjects[0])
        subject_image(one, request.view, request.prompt, look=look, width=width, height=height, seed=seed, into=path)
    elif request.purpose == "character_reference":
        character_sheet(person_said(request.prompt, seed), look=look, width=width, height=height, into=path)
    else:
        sight, person = seen
        recipe = Recipe(request.prompt, seed, look, person, sight)
        storyboard_image(recipe, width=width, height=height, into=path)


def _make_lipsync(
    request: LipsyncRequest | SegmentedLipsyncRequest, into: Path, progress: Progress, cancelled: Cancelled
) -> ProviderResult:
    temperature = request.temperature if isinstance(request, LipsyncRequest) else request.options.get("temperature")
    expressiveness = float(
        draft_settings(request.settings).get("expressiveness", 0.5) if temperature is None else temperature
    )
    path = into / "video.mp4"
    done = lipsync_clip(
        request.video.path, _parts(request), path, expressiveness=expressiveness, progress=progress, cancelled=cancelled
    )
    facts = {"model": "draft lips", "frames": done.frames, "face": done.face, "face_share": done.seen_share}
    files = (ProducedFile(path=path, role="video", content_type="video/mp4"),)
    return ProviderResult(files=files, facts=facts, note=_lipsync_note(done))


def _lipsync_note(done: SyncFacts) -> str:
    notes = []
    if done.face == "none":
        notes.append(_NO_LIPS)
    elif not done.moved:
        notes.append(_NO_VOICE)
    elif done.face == "found" and done.seen_share < _OFTEN_SEEN:
        notes.append(f"The mouth was left alone in {1 - done.seen_share:.0%} of the clip: {_LEFT_ALONE}")
    if done.unheard_seconds > LOST_END_SECONDS:
        notes.append(lost_end_note(done.unheard_seconds))
    return " ".join(notes)


def _parts(request: LipsyncRequest | SegmentedLipsyncRequest) -> list[Part]:
    """Return the whole video with one voice, or each segment with its own. Audio that is too long is cut off."""
    if isinstance(request, LipsyncRequest):
        face = (request.face.time, request.face.x, request.face.y) if request.face else None
        return [Part(0.0, float("inf"), request.audio.path, face=face)]
    missing = [part.audio_reference for part in request.segments if part.audio_reference not in request.audios]
    if missing or not request.segments:
        raise InputError(
            f"There is no audio file for {', '.join(missing)}." if missing else "There is no segment to sync."
        )
    return [
        Part(
            part.start_seconds, part.end_seconds, request.audios[part.audio_reference].path,
            part.audio_start_seconds or 0.0, part.audio_end_seconds,
            _face_of({**request.options, **part.options}, request.video),
        )
        for part in request.segments
    ]  # fmt: skip


def _face_of(options: Mapping[str, Any], video: MediaInput) -> FacePlace | None:
    """Return where a segment's face is, as Sync.so's orders say it: a frame, counted from 0, and a point in it."""
    speaker = options.get("active_speaker_detection")
    if not isinstance(speaker, Mapping):
        return None
    frame, point, fps = speaker.get("frame_number"), speaker.get("coordinates"), frame_rate_of(video)
    if not isinstance(frame, int) or not isinstance(point, list) or len(point) != 2 or not fps:
        return None
    return frame / float(fps), float(point[0]), float(point[1])


def _make_clip(request: VideoRequest, into: Path, progress: Progress, cancelled: Cancelled) -> ProviderResult:
    fps = Fraction(request.fps)
    clip = ClipFormat(request.width, request.height, fps)
    frames = request.frames if request.frames is not None else -(-request.duration_seconds * fps // 1)
    if frames < 1:
        raise InputError("A clip needs at least one frame. Give it a longer duration.")
    progress(0, "Drawing")
    recipe = _recipe(request)
    take = Take.numbered(request.take)
    picture, look, bars_drawn = _picture(request, recipe, clip, take)
    shot = _shot(request, recipe, look, clip, int(frames), take, bars_drawn=bars_drawn)
    path = into / "video.mp4"
    render_clip(picture, shot, clip, path, progress=progress, cancelled=cancelled)
    facts = {"model": "draft camera", "seed": request.seed, "take": request.take, "frames": int(frames),
             "move": shot.move.kind}  # fmt: skip
    return ProviderResult(files=(ProducedFile(path=path, role="video", content_type="video/mp4"),), facts=facts)


def _recipe(request: VideoRequest) -> Recipe | None:
    """Return the recipe in the start image, a new one if there is no image, or None for any other image."""
    if request.image is not None:
        return read_recipe(request.image.path)
    sight, person = _seen(request)
    return Recipe(request.prompt, request.seed, _look(request.settings), person, sight)


def _picture(
    request: VideoRequest, recipe: Recipe | None, clip: ClipFormat, take: Take
) -> tuple[Picture, DraftLook | None, bool]:
    if recipe is None:
        assert request.image is not None  # noqa: S101 - without an image there is a recipe
        return _photo(request.image.path, clip), None, True
    layers = paint(recipe, clip.width, clip.height, steps=_STEPS, take=take)
    strength = recipe.look.vignette
    picture = Picture(
        back=vignette(layers.back, strength),
        front=vignette(layers.front, strength * 0.5),
        alpha=layers.alpha,
        light=layers.light,
        mouth=layers.mouth,
        soft=layers.brief.shot in _SOFT and recipe.look.lens != "deep",
        cycle=layers.cycle,
    )
    return picture, recipe.look, False


def _photo(path: Path, clip: ClipFormat) -> Picture:
    """Put an image on a larger canvas with mirrored edges, which no camera move fully reaches."""
    pixels = load_picture(path)
    whole = cover(pixels, clip.width, clip.height)
    # Even margins keep the colors, at half the size, in place.
    across, down = (round(size * (OVERSCAN - 1)) // 4 * 2 for size in (clip.width, clip.height))
    # A frame of a draft clip that this one continues says where its mouth is.
    drawn = read_mouth(path) if pixels.shape == whole.shape else None
    mouth = replace(drawn, x=drawn.x + across, y=drawn.y + down) if drawn else None
    return Picture(back=cv2.copyMakeBorder(whole, down, down, across, across, cv2.BORDER_REFLECT_101), mouth=mouth)


def _move_kind(request: VideoRequest, take: Take) -> MoveKind:
    """Return how the camera moves: as the words say, but other takes of what our own writer wrote, or of words that
    say nothing of it, try out another way."""
    kind: MoveKind = read_move(request.prompt.lower())  # type: ignore[assignment]  # the table only has these kinds
    free = not names_move(request.prompt) or request.picture.get("of") == mark_of(request.prompt)
    return take.move(kind) if free else kind


def _shot(
    request: VideoRequest,
    recipe: Recipe | None,
    look: DraftLook | None,
    clip: ClipFormat,
    frames: int,
    take: Take,
    *,
    bars_drawn: bool,
) -> Shot:
    settings = draft_settings(request.settings)
    seen = recipe.brief() if recipe else None
    kind = _move_kind(request, take)
    move = Move(
        kind=kind,
        strength=float(settings.get("move_strength", 1.0)) * pace(request.prompt) * take.pace,
        parallax=float(settings.get("parallax", 1.0)),
        handheld=float(settings.get("handheld", 0.0)) / 720,
        aspect=clip.width / clip.height,
        seed=stable_number(request.prompt, request.seed) % 2**32,
        from_picture=recipe is None,
    )
    kind_falling = falling(seen) if seen else ""
    weather = (
        Weather(kind_falling, clip.width, clip.height, fps=float(clip.fps), seed=request.seed) if kind_falling else None
    )
    bars = bar_share(look.bars, clip.width, clip.height) if look and not bars_drawn else 0.0
    size = max(10, round(min(clip.width, clip.height) * 0.022))
    named = seen if min(clip.width, clip.height) >= LEAST_NAMED else None
    label = text_mask(f"{SHOT_NAMES[named.shot]}  ·  {MOVE_NAMES[kind]}", size) if named else None
    return Shot(
        move=move,
        frames=frames,
        energy=request.energy,
        beats=request.beat_seconds,
        response=float(settings.get("light_response", 0.5)),
        sway=_SWAY[seen.shot] if seen else _SWAY[read_shot(request.prompt.lower())],
        bars=bars,
        label=label,
        label_at=(round(size * 1.3), label_top(clip.width, clip.height, size, bars)),
        weather=weather,
    )
