"""Where nobody sings in the audios of an order: there, silence is sent, so that the mouth stays shut."""

from collections.abc import Iterable, Mapping

from django.db.models import Q

from apps.pro.files import OrderFile
from apps.providers.request_types import LipsyncSegment
from apps.songs.models import Song
from apps.songs.sung import SungMap, sung_map

Range = tuple[float, float]


def order_silences(segments: Iterable[LipsyncSegment], files: Mapping[str, OrderFile]) -> dict[str, tuple[Range, ...]]:
    """Return the silences by reference, in seconds of the audio; only a song, or its vocal stem, has any.

    Other audios are somebody's speech, which is sent as it is."""
    maps = _maps(files)
    found: dict[str, set[Range]] = {}
    for segment in segments:
        name = segment.audio_reference
        if name not in maps:
            continue
        start = segment.audio_start_seconds or 0.0
        end = segment.audio_end_seconds
        rests = maps[name].rests(start, files[name].duration_seconds if end is None else end)
        found.setdefault(name, set()).update(rests)
    return {name: _joined(parts) for name, parts in found.items() if parts}


def _maps(files: Mapping[str, OrderFile]) -> dict[str, SungMap]:
    """Return the sung maps of those files that are a song or a stem of their owner."""
    stored = {name: file.asset for name, file in files.items() if file.asset is not None and file.kind == "audio"}
    if not stored:
        return {}
    ids = {asset.pk for asset in stored.values()}
    owners = {asset.owner_id for asset in stored.values()}
    songs = Song.objects.filter(Q(asset_id__in=ids) | Q(stem_id__in=ids), owner_id__in=owners).order_by("created_at")
    by_file = {one: song for song in songs for one in (song.stem_id, song.asset_id)}
    maps = {name: sung_map(by_file[asset.pk]) for name, asset in stored.items() if asset.pk in by_file}
    return {name: found for name, found in maps.items() if found is not None}


def _joined(parts: Iterable[Range]) -> tuple[Range, ...]:
    """Return the ranges in order, those that touch as one."""
    joined: list[Range] = []
    for start, end in sorted(parts):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
