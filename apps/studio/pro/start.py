"""What the Pro editor opens with: a video and, from a project, its song and the sung parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.core.errors import InputError, NotFound, StudioError
from apps.jobs.models import Job
from apps.pro.destination import destination_find
from apps.pro.order import OrderedSegment, ProOrder
from apps.pro.parameters import ProParameters
from apps.projects.models import Project
from apps.projects.selectors import project_get
from apps.providers.registry import is_built_in
from apps.scenes.lipsync_inputs import scene_window
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_get
from apps.songs.models import Song
from apps.songs.sung import sung_map
from apps.studio.pro.news import DestinationWords, destination_words
from apps.studio.project.cards import view_url

# A shorter sung part is a breath or an analysis error.
SHORTEST_PART_SECONDS = 0.5
FIRST_REFERENCE = "voice1"


@dataclass(frozen=True)
class ProStart:
    """`voices`: by reference id, each with its name. `sung`: the sung parts of the video: [{start, end}].

    `song_at_zero`: where in the first voice the video starts, in seconds, if that voice is the project's song. `fields`
    are sent with the order, so that its result returns to the project. `order` is one to change and send again, to
    `provider` if that has its model.
    """

    video: Asset
    voices: Mapping[str, tuple[Asset, str]] = field(default_factory=dict)
    sung: list[dict[str, float]] = field(default_factory=list)
    song_at_zero: float | None = None
    fields: dict[str, Any] | None = None
    destination: DestinationWords | None = None
    order: ProOrder | None = None
    provider: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that the editor's script reads."""
        return {
            "video": _file(self.video, "video"),
            "audios": [{**_file(asset, name), "ref": reference} for reference, (asset, name) in self.voices.items()],
            "sung": self.sung,
            "song_at_zero": self.song_at_zero,
            "destination": self.fields,
            "segments": [_segment(one) for one in self.order.segments] if self.order else [],
            "settings": self._settings(),
            "options": self.order.options if self.order else {},
            "all_sound": self.order is not None and self.order.all_sound,
        }

    def _settings(self) -> dict[str, str]:
        if self.order is None:
            return {}
        chosen = {"model": self.order.model, "sync_mode": self.order.sync_mode}
        return {**chosen, "provider": self.provider} if self.provider else chosen


def _segment(ordered: OrderedSegment) -> dict[str, Any]:
    cropped = ordered.audio_start_seconds is not None
    return {
        "start": ordered.start_seconds,
        "end": ordered.end_seconds,
        "ref": ordered.audio_reference,
        "cropped": cropped,
        "from": ordered.audio_start_seconds or 0.0,
        "to": ordered.audio_end_seconds or 0.0,
        "mode": ordered.options.get("sync_mode", ""),
        "speaker": ordered.options.get("active_speaker_detection"),
    }


def _file(asset: Asset, name: str) -> dict[str, Any]:
    return {
        "id": str(asset.pk),
        "url": view_url(asset),
        "name": asset.original_name or name,
        "seconds": asset.duration_seconds,
        "fps": asset.fps,
    }


def job_start(*, by: User, job: Job) -> ProStart:
    """Return an earlier order to change and send again.

    Raises NotFound if one of its files is gone, InputError if the order can't be read.
    """
    order = ProParameters.read(job).order
    video = asset_get(by=by, asset_id=order.video_id, kind=AssetKind.VIDEO)
    voices = {
        reference: (asset_get(by=by, asset_id=asset_id, kind=AssetKind.AUDIO), reference)
        for reference, asset_id in order.audio_ids.items()
    }
    # A draft order may now go to any provider.
    provider = "" if is_built_in(job.provider) else job.provider
    again = ProStart(video, voices=voices, order=order, provider=provider)
    if job.project_id is None:
        return again
    scene = Scene.objects.filter(pk=job.scene_id, deleted_at=None).first() if job.scene_id else None
    sequence = scene.sequence if scene else None
    try:
        destination = destination_find(by=by, project_id=job.project_id, sequence=sequence, video_id=video.pk)
    except StudioError:  # the project has changed since, so the result would have no place in it
        return again
    fields = {"project_id": str(job.project_id), **({"sequence": sequence} if sequence else {})}
    return replace(again, fields=fields, destination=destination_words(destination.project, sequence))


def project_start(*, by: User, project_id: UUID, sequence: int | None) -> ProStart:
    """Return a scene's clip or the project's final video. Raises NotFound if there is none."""
    project = project_get(by=by, project_id=project_id)
    if sequence is None:
        if project.final_video is None:
            raise NotFound("This project has no final video yet. Compose one first.")
        return _with_song(project, project.final_video, float(project.song_start), {"project_id": str(project.pk)})
    scene = scene_get(by=by, project_id=project_id, sequence=sequence)
    if scene.current_clip is None:
        raise NotFound(f"Scene {sequence} has no video yet. Generate or upload one first.")
    fields = {"project_id": str(project.pk), "sequence": sequence}
    try:
        window = scene_window(project, sequence)
    except InputError:  # it is past the end of the song, so nothing is sung in it
        return ProStart(scene.current_clip.asset, fields=fields, destination=destination_words(project, sequence))
    # Where the composed video starts showing the clip.
    shown_from = float(scene.clip_in)
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
    """Add the song. `song_at_zero`: where in the song the video starts; it plays over [first, last) of the video."""
    destination = destination_words(project, fields.get("sequence"))
    song = project.song
    if song is None:
        return ProStart(video, fields=fields, destination=destination)
    voice = song.stem or song.asset
    length = video.duration_seconds or 0.0
    ends = [length, length if last is None else last, (voice.duration_seconds or 0.0) - song_at_zero]
    name = f"{song.title or 'song'}{' (vocals)' if song.stem else ''}"
    return ProStart(
        video=video,
        voices={FIRST_REFERENCE: (voice, name)},
        sung=sung_parts(song, song_at_zero, first, min(ends)),
        song_at_zero=song_at_zero,
        fields=fields,
        destination=destination,
    )


def sung_parts(song: Song, song_at_zero: float, first: float, last: float) -> list[dict[str, float]]:
    """Return the song's vocal sections inside [first, last) of the video."""
    parts = []
    found = sung_map(song)
    for begin, end in found.ranges if found else ():
        start, stop = max(first, begin - song_at_zero), min(last, end - song_at_zero)
        if stop - start >= SHORTEST_PART_SECONDS:
            parts.append({"start": start, "end": stop})
    return parts
