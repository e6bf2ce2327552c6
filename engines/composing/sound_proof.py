"""Comparing a composed video's sound with its master."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from engines.composing.cache import Session, content_key, track_sha256
from engines.composing.shot_plan import ShotPlan
from engines.composing.sound import Sound, song_end_seconds, sound_channels
from engines.composing.sound_compare import SoundFacts, compare
from engines.media.mp4 import read_track
from engines.media.packets import Damage
from engines.media.samples import Samples, sound_range

_RECIPE_VERSION = 3


def compare_sound(path: Path, plan: ShotPlan, sound: Sound | None, session: Session) -> SoundFacts | None:
    """Compare the sound; None where there is no master to compare with (a mix of clips, or a mix over the song)."""
    mixed = any(shot.audio_gain_db is not None and shot.source.facts.sample_rate for shot in plan.shots)
    if plan.song is None or sound is None or mixed:
        return None
    track = read_track(path, b"soun")
    key = content_key(
        compared=sound.key,
        samples=track_sha256(track),
        edit=track.edit_start,
        header=track.entry.hex(),
        recipe=_RECIPE_VERSION,
    )
    known = session.note(key)
    if known is not None:
        return SoundFacts(**known)
    song, lane, damage = plan.song, sound.lane, Damage()
    rate, channels = lane.timescale, sound_channels(plan)
    length = song_end_seconds(plan, song) - song.start_seconds
    ours = sound_range(path, Fraction(0), Fraction(lane.edit_ticks, rate), rate=rate, channels=channels, damage=damage)
    master = sound_range(song.source.path, song.start_seconds, length, rate=rate, channels=channels)
    facts = compare(_heard(ours), _heard(master), rate, length, (song.fade_in_seconds, song.fade_out_seconds))
    facts = replace(facts, damaged=damage.broken > 0 or damage.changes > 0)
    session.write_note(key, asdict(facts))
    return facts


def _heard(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Limit the sound to full scale, as players do: damaged or floating-point files may exceed it many times."""
    for block in blocks:
        yield np.clip(block, -1.0, 1.0)


def refuse_sound(sound: Sound, session: Session) -> None:
    """Remember that this sound doesn't play like the master."""
    session.write_note(_refusal(sound), {"refused": True})


def is_refused(sound: Sound, session: Session) -> bool:
    return session.note(_refusal(sound)) is not None


def _refusal(sound: Sound) -> str:
    return content_key(refused=sound.key, recipe=_RECIPE_VERSION)
