"""What the studio does with an upload, from the check at the door to the composed video."""

from fractions import Fraction
from pathlib import Path

from apps.scenes.checks import Wanted, clip_check
from apps.songs.formats import song_checked
from engines.composing.cache import SegmentCache, file_sha256
from engines.composing.compose import compose
from engines.composing.proof import prove, require_passed
from engines.composing.shot_plan import Shot, ShotPlan, SongPart, Source
from engines.listening.analyze import analyze_song
from engines.lyrics.caption_look import CaptionLook, CaptionStyle
from engines.lyrics.encodings import decoded
from engines.lyrics.reading import read_lyrics
from engines.lyrics.styling import lyrics_check_glyphs, styled
from engines.lyrics.writing import as_srt
from engines.media.facts import MediaFacts
from engines.media.footage import Footage, footage_render
from engines.media.formats import ClipFormat
from engines.media.frames import as_seconds
from engines.media.framing import PictureFit
from engines.media.stills import poster
from engines.media.untrusted import probe_untrusted

_SHAPE = ClipFormat(96, 64, Fraction(24))
# Broken headers may declare hours; this is a test of tolerance, not of patience.
_MOST_SECONDS = 4.0


def travel(path: Path, clip: Path, scratch: Path) -> str:
    """Take a file as far as it goes and return how far. `clip` is a good one, shown under a song.

    Raises StudioError where the studio would refuse the file or fail its job."""
    if path.suffix in {".srt", ".lrc", ".vtt", ".ass"}:
        return _lyrics(path)
    facts = probe_untrusted(path)
    if facts.kind == "image":
        return "image described"
    return _song(path, facts, clip, scratch) if facts.kind == "audio" else _clip(path, facts, scratch)


def _lyrics(path: Path) -> str:
    lyrics = read_lyrics(decoded(path.read_bytes()).text)
    lyrics_check_glyphs(lyrics)
    for style in CaptionStyle:
        styled(lyrics.lines, CaptionLook(style), _SHAPE.width, _SHAPE.height)
    as_srt(lyrics.lines)
    return "lyrics styled"


def _song(path: Path, facts: MediaFacts, clip: Path, scratch: Path) -> str:
    song_checked(path, facts)
    found = analyze_song(path, max_seconds=3600, expected_seconds=facts.duration_seconds)
    end = as_seconds(min(found.duration_seconds, _MOST_SECONDS))
    song = SongPart(_source(path, facts), Fraction(0), end)
    shot = Shot(_source(clip, probe_untrusted(clip)), max(1, round(end * _SHAPE.fps)))
    return _composed(ShotPlan((shot,), _SHAPE, song=song), scratch)


def _clip(path: Path, facts: MediaFacts, scratch: Path) -> str:
    seconds = min(facts.duration_seconds or _MOST_SECONDS, _MOST_SECONDS)
    wanted = Footage(path, _SHAPE, PictureFit.BARS, end_seconds=as_seconds(seconds))
    made = footage_render(wanted, scratch / "made.mp4", cancelled=lambda: False)
    clip_check(made, wanted=Wanted(), trusted=False)
    poster(path, scratch / "poster.jpg", width=96)
    frames = max(1, round(seconds * _SHAPE.fps))
    shots = (
        Shot(_source(path, facts), frames, audio_gain_db=0.0),
        Shot(_source(made, probe_untrusted(made)), frames, audio_gain_db=-3.0),
    )
    return _composed(ShotPlan(shots, _SHAPE), scratch)


def _composed(plan: ShotPlan, scratch: Path) -> str:
    with SegmentCache(scratch / "segments", 10**9).session() as session:
        composed = compose(
            plan, scratch / "final.mp4", cache=session, progress=lambda *_: None, cancelled=lambda: False
        )
        require_passed(prove(composed, session, lambda: False))
    return "composed"


def _source(path: Path, facts: MediaFacts) -> Source:
    return Source(path, file_sha256(path), facts)
