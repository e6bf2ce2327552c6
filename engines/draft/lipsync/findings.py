"""What checking a sound finds for a lip-sync: plain values, to show or store."""

from dataclasses import dataclass
from math import ceil

# Thresholds for a mix. Of the instrumental windows tested, six in ten were below the first and a quarter above the
# second; of windows with a voice, one in fifteen and nine in ten.
_UNLIKELY, _LIKELY = 0.3, 0.5
# Share of a window, counted in hundredths of a second. Less is a click or a breath.
_MIN_SOUND_SHARE = 0.05
STEPS_PER_TENTH = 10

_SILENCE = "There is only silence in this part of the song."
_NEARLY_SILENT = "The vocal stem is nearly silent here: nobody sings in this part of the song."
_NOBODY_SINGS = "Nobody seems to sing here: it sounds like instruments alone, and the lips would follow those."
_UNSURE = (
    "It's unclear whether somebody sings here: the instruments cover the voice, or there is none. Listen to it, or "
    "upload the song's vocal stem for a clear answer and a better lip-sync."
)


@dataclass(frozen=True)
class VoiceCheck:
    """Whether a range of sound can drive a mouth.

    `share` is the part of the time that sounds like a voice; for a mix, only how likely a voice is. If usable,
    `problems` say what is uncertain."""

    usable: bool
    share: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class HeardVoice:
    """Where a whole sound file has voices, so that each scene's part can be looked up without analyzing it again.

    `audible`: for each tenth of a second, how many of its hundredths have any sound in the voice range, 0…10.
    `likely`: for each second, how likely somebody sings in it if the file is a mix, 0…1.
    """

    audible: tuple[int, ...]
    likely: tuple[float, ...]

    def check(self, *, start_seconds: float, end_seconds: float, alone: bool) -> VoiceCheck:
        """Check whether there is a voice in [start, end); `alone` means there is nothing else (a vocal stem)."""
        tenths = self.audible[round(start_seconds * 10) : max(round(start_seconds * 10) + 1, round(end_seconds * 10))]
        share = sum(tenths) / (STEPS_PER_TENTH * len(tenths)) if tenths else 0.0
        if share < _MIN_SOUND_SHARE:
            return VoiceCheck(False, share, (_NEARLY_SILENT if alone and share else _SILENCE,))
        if alone:
            return VoiceCheck(True, share, ())
        seconds = self.likely[int(start_seconds) : max(int(start_seconds) + 1, ceil(end_seconds))]
        likely = sum(seconds) / len(seconds) if seconds else 0.0
        if likely < _UNLIKELY:
            return VoiceCheck(False, likely, (_NOBODY_SINGS,))
        return VoiceCheck(True, likely, () if likely >= _LIKELY else (_UNSURE,))
