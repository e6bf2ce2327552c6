"""What the Pro editor opens with: a video, and from a project its song with the parts that are sung in it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.composition.models import SceneLook
from apps.core.errors import InputError, NotFound
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.scenes.lipsync import scene_window
from apps.scenes.selectors import scene_get
from apps.songs.models import Song
from apps.studio.cards import view_url
from apps.studio.pro_news import HomeWords, home_words

# A shorter sung part is a breath or a mistake of the analysis.
SHORTEST_PART_SECONDS = 0.5


@dataclass(frozen=True)
class ProStart:
    """`sung`: where somebody sings on the video, with the same place in the voice's file: [{start, end, from, to}].
    `fields` go with the order, so that its result comes home."""

    video: Asset
    voice: Asset | None = None
    voice_name: str = ""
    sung: list[dict[str, float]] = field(default_factory=list)
    fields: dict[str, Any] | None = None
    home: HomeWords | None = None

    def as_json(self) -> dict[str, Any]:
        """As the editor's script reads it."""
        found: dict[str, Any] = {"video": _file(self.video, "video"), "sung": self.sung, "home": self.fields}
        if self.voice is not None:
            found["audio"] = _file(self.voice, self.voice_name)
        return found


def _file(asset: Asset, name: str) -> dict[str, Any]:
    return {
        "id": str(asset.pk),
        "url": view_url(asset),
        "name": asset.original_name or name,
        "seconds": asset.duration_seconds,
        "fps": asset.fps,
    }


def project_start(*, by: User, project_id: UUID, sequence: int | None) -> ProStart:
    """A scene's clip, or the project's final video. Raises NotFound where there is none."""
    project = project_get(by=by, project_id=project_id)
    if sequence is None:
        if project.final_video is None:
            raise NotFound("This project has no final video yet. Compose it first.")
        return _with_song(project, project.final_video, float(project.song_start), {"project_id": str(project.pk)})
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    if scene.current_clip is None:
        raise NotFound(f"Scene {sequence} has no video yet. Generate or upload one first.")
    look = SceneLook.objects.filter(scene=scene).first()
    fields = {"project_id": str(project.pk), "sequence": sequence}
    try:
        window = scene_window(project, sequence)
    except InputError:  # it lies past the end of the song, so nobody sings in it
        return ProStart(scene.current_clip.asset, fields=fields, home=home_words(project, sequence))
    # The composed video shows the clip from this moment on.
    shown_from = float(look.clip_start) if look else 0.0
    song_at_zero = float(project.song_start + window.start_time) - shown_from
    last = shown_from + float(window.end_time - window.start_time)
    return _with_song(project, scene.current_clip.asset, song_at_zero, fields, first=shown_from, last=last)


def _with_song(
    project: Project,
    video: Asset,
    song_at_zero: float,
    fields: dict[str, Any],
    *,
    first: float = 0.0,
    last: float | None = None,
) -> ProStart:
    """`song_at_zero`: seconds of the song at the video's start; the song plays over [first, last) of the video."""
    home = home_words(project, fields.get("sequence"))
    song = project.song
    if song is None:
        return ProStart(video, fields=fields, home=home)
    voice = song.stem or song.asset
    length = video.duration_seconds or 0.0
    ends = [length, length if last is None else last, (voice.duration_seconds or 0.0) - song_at_zero]
    return ProStart(
        video=video,
        voice=voice,
        voice_name=f"{song.title or 'song'}{' (vocals)' if song.stem else ''}",
        sung=sung_parts(song, song_at_zero, first, min(ends)),
        fields=fields,
        home=home,
    )


def sung_parts(song: Song, song_at_zero: float, first: float, last: float) -> list[dict[str, float]]:
    """The song's vocal sections inside [first, last) of the video."""
    parts = []
    for begin, end in song.analysis.get("voice", {}).get("ranges", ()):
        start, stop = max(first, begin - song_at_zero), min(last, end - song_at_zero)
        if stop - start >= SHORTEST_PART_SECONDS:
            parts.append({"start": start, "end": stop, "from": start + song_at_zero, "to": stop + song_at_zero})
    return parts
