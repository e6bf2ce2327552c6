"""The inputs of a scene's lip-sync: its clip, the audio that the mouth follows, and the range of that audio."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

import structlog

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import InputError
from apps.flavors.registry import resolve
from apps.generation.lipsync import LipsyncOptions
from apps.projects.models import Project
from apps.projects.selectors import song_seconds
from apps.scenes.arrangement import seconds
from apps.scenes.clip_use import clip_part, clip_seconds, part_seconds
from apps.scenes.models import Clip, Origin, Scene
from apps.scenes.selectors import clip_get, clips_of, scenes_of
from apps.songs.models import Song
from apps.songs.sung import sung_map
from apps.work.audio_window import AudioWindow, SceneLength, audio_windows
from apps.work.frozen import InputSource
from apps.work.parameters import RequestedAudio

log = structlog.get_logger(__name__)

# A stem's length may differ slightly from the song's, because encoders pad or trim the ends.
STEM_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True)
class LipsyncSpec:
    """Options of a call. `audio_id`: a stem of the song or this scene's own line, for this scene only; `audio_start`:
    where the line starts in it. `preview`: create the clip without making it current. `preflight_first`: the worker
    checks the files before paying, and buys nothing if in doubt. `all_sound`: send the band where nobody sings, too,
    instead of silence. `clip_id`: the scene's clip to start from, if it isn't
    the usual one (`lipsync_source`)."""

    options: LipsyncOptions = field(default_factory=LipsyncOptions)
    audio_id: UUID | None = None
    audio_start: Decimal | None = None
    clip_id: UUID | None = None
    preview: bool = False
    preflight_first: bool = False
    all_sound: bool = False
    provider: str = ""
    model: str = ""
    flavor: str = ""

    @property
    def asked_audio(self) -> RequestedAudio:
        """Return the requested audio, for a job's parameters."""
        return RequestedAudio(audio_id=self.audio_id, audio_start=self.audio_start)


@dataclass(frozen=True)
class AudioPart:
    """[start, end) in seconds of the audio's file. `own_line`: it isn't part of the song. In the `silences`, which are
    sent as such, nobody sings."""

    asset: Asset
    start_seconds: float
    end_seconds: float
    own_line: bool = False
    silences: tuple[tuple[float, float], ...] = ()


def project_windows(project: Project, *, default: Decimal | None = None) -> Mapping[int, AudioWindow]:
    """Return each scene's part of the song by number, from the start of the used part, in one query.

    `default` is the length of a scene with neither a planned length nor a clip; None leaves it to the flavor.
    """
    lengths = [SceneLength(scene.sequence or 0, scene.duration, part_seconds(scene)) for scene in scenes_of(project)]
    if default is None:
        default = seconds(resolve(project.flavor, "lipsync_params").values["duration_seconds"])
    return audio_windows(lengths, default=default, song_seconds=song_seconds(project))


def scene_window(project: Project, sequence: int, *, default: Decimal | None = None) -> AudioWindow:
    """Return the scene's part of the song. Raises InputError if the scene starts past the end of the song."""
    window = project_windows(project, default=default)[sequence]
    window.refuse_empty()
    _tell_assumed(project, window)
    return window


def _tell_assumed(project: Project, window: AudioWindow) -> None:
    if window.assumed:
        log.warning("scene_duration_missing", project_id=str(project.pk), sequences=list(window.assumed))


def lipsync_source(scene: Scene, clip_id: UUID | None = None) -> Clip:
    """Return the clip to lip-sync: the one asked for, else the current one, or the clip that it was lip-synced from,
    since a mouth isn't redrawn a second time. If that is gone, the newest clip that isn't lip-synced.

    Raises InputError without a clip, NotFound for a clip of another scene.
    """
    if clip_id is not None:
        return clip_get(scene=scene, clip_id=clip_id)
    current = scene.current_clip
    if current is None:
        raise InputError(f"Scene {scene.sequence} has no video yet. Generate or upload one first.", code="no_video")
    clip: Clip | None = current
    while clip is not None and (synced := lip_synced_clip(clip)):
        clip = synced.parent
    if clip is not None:
        return clip
    usable = clips_of(scene).filter(usable=True).reverse()
    return next((one for one in usable if lip_synced_clip(one) is None), current)


def lipsync_video(scene: Scene, clip: Clip, *, seconds: float) -> InputSource:
    """Return the clip, or only the part that is shown for as long as somebody sings: mouths are redrawn, and paid for,
    where they are seen."""
    start, limit = clip_part(scene, clip.pk)
    if not start:
        return InputSource(asset_id=clip.asset_id)
    whole = clip_seconds(clip)
    ends = [Decimal(str(seconds)) + start, *(end for end in (limit, whole) if end is not None)]
    return InputSource(asset_id=clip.asset_id, start_seconds=float(start), end_seconds=float(min(ends)))


def lip_synced_clip(clip: Clip) -> Clip | None:
    """Return the lip-synced clip that this one shows: itself, or the source of the trim or copy."""
    while clip.origin in {Origin.TRIMMED, Origin.COPIED} and clip.parent is not None:
        clip = clip.parent
    return clip if clip.origin == Origin.LIPSYNCED else None


def lipsync_audio(
    *, by: User, project: Project, spec: LipsyncSpec, windows: Mapping[int, AudioWindow], sequence: int
) -> AudioPart:
    """Return the call's own audio, else the song's vocal stem, else the song. Audio as long as the song is windowed
    like it; shorter audio is the scene's own line.

    Raises InputError without a song or past the end of the audio.
    """
    window = windows[sequence]
    _tell_assumed(project, window)
    if spec.audio_id is None:
        if spec.audio_start is not None:
            problem = "Choose the audio that starts there, too. The song is never moved."
            raise InputError(problem, errors={"audio_start": ["needs audio_id"]})
        if project.song is None:
            raise InputError("This project has no song to sync to. Add a song first.", code="no_song")
        part = _window_in(project, project.song.stem or project.song.asset, window)
        return part if spec.all_sound else replace(part, silences=song_rests(project.song, part))
    audio = asset_get(by=by, asset_id=spec.audio_id, kind=AssetKind.AUDIO)
    if spec.audio_start is not None or _is_shorter(audio, project, windows):
        return _own_line(audio, spec.audio_start or Decimal(0), window)
    return _window_in(project, audio, window)


def song_rests(song: Song, part: AudioPart) -> tuple[tuple[float, float], ...]:
    """Return where surely nobody sings in that part of the song, in seconds of its file: there, the mouth stays
    shut."""
    found = sung_map(song)
    return found.rests(part.start_seconds, part.end_seconds) if found else ()


def _is_shorter(audio: Asset, project: Project, windows: Mapping[int, AudioWindow]) -> bool:
    """Return whether the audio is shorter than the song; without a song, than all scenes together."""
    if project.song is not None:
        whole = project.song.asset.duration_seconds
    else:
        whole = float(sum(window.scene_seconds for window in windows.values()))
    length = audio.duration_seconds
    return whole is not None and length is not None and length < whole - STEM_TOLERANCE_SECONDS


def _own_line(audio: Asset, start: Decimal, window: AudioWindow) -> AudioPart:
    length, end = audio.duration_seconds, float(start + window.scene_seconds)
    if length is not None and start >= length:
        problem = f"The audio is only {length:.3f} seconds; start it earlier."
        raise InputError(problem, errors={"audio_start": ["past the end of the audio"]})
    return AudioPart(audio, float(start), end if length is None else min(end, length), own_line=True)


def _window_in(project: Project, audio: Asset, window: AudioWindow) -> AudioPart:
    window.refuse_empty()
    start = float(project.song_start + window.start_time)
    end = float(project.song_start + window.end_time)
    length = audio.duration_seconds
    if length is None:
        return AudioPart(audio, start, end)
    if start >= length:
        raise InputError(
            f"The scene starts at {start:.3f} s, past the end of the audio ({length:.3f} s).", code="window_past_song"
        )
    return AudioPart(audio, start, min(end, length))
