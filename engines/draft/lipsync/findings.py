"""What a look at a clip and at a sound finds out for a lip-sync: plain values, for whoever shows or stores them."""

from dataclasses import dataclass
from math import ceil

# What is told for a mix. Of instrumental windows that were tried, six in ten lay below the first and a quarter above
# the second; of windows with a voice, one in fifteen and nine in ten.
_UNLIKELY, _LIKELY = 0.3, 0.5
# Of a window, in hundredths of a second. Less is a click or a breath.
_LEAST_SOUND = 0.05
STEPS_PER_TENTH = 10

_SILENCE = "There is only silence in this part of the song."
_NEARLY_SILENT = "The vocal stem is nearly silent here: nobody sings in this part of the song."
_NOBODY_SINGS = "Nobody seems to sing here: it sounds like instruments alone, and the lips would follow those."
_UNSURE = (
    "It's unclear whether somebody sings here: the instruments cover the voice, or there is none. Listen to it, or "
    "upload the song's vocal stem for a clear answer and better lips."
)


@dataclass(frozen=True)
class FaceCheck:
    """Whether a clip's face can be lip-synced. `share` of the `looks` had one; `height_share` is its usual height
    against the frame's; `faces` how many are seen at once, now and then at least; `hidden` in how many looks something
    is before its mouth, `aside` in how many it is seen from the side; `seconds` a moment that shows the finding."""

    usable: bool
    share: float
    height_share: float
    faces: int
    seconds: float
    problems: tuple[str, ...]
    looks: int
    hidden: int
    aside: int


@dataclass(frozen=True)
class VoiceCheck:
    """Whether a range of sound can drive a mouth. `share` is the part of the time that sounds like a voice; a mix
    tells only how likely it is. `problems` of what is usable say what is unsure."""

    usable: bool
    share: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class HeardVoice:
    """What a whole sound file tells of voices, so that each scene's part is looked up and not listened to again.

    `audible`: for each tenth of a second, in how many of its hundredths there is any sound where voices are, 0…10.
    `likely`: for each second, how likely somebody sings in it if the file is a mix, 0…1.
    """

    audible: tuple[int, ...]
    likely: tuple[float, ...]

    def check(self, *, start_seconds: float, end_seconds: float, alone: bool) -> VoiceCheck:
        """Whether there is a voice in [start, end); `alone` says that there is nothing else (a vocal stem)."""
        tenths = self.audible[round(start_seconds * 10) : max(round(start_seconds * 10) + 1, round(end_seconds * 10))]
        share = sum(tenths) / (STEPS_PER_TENTH * len(tenths)) if tenths else 0.0
        if share < _LEAST_SOUND:
            return VoiceCheck(False, share, (_NEARLY_SILENT if alone and share else _SILENCE,))
        if alone:
            return VoiceCheck(True, share, ())
        seconds = self.likely[int(start_seconds) : max(int(start_seconds) + 1, ceil(end_seconds))]
        likely = sum(seconds) / len(seconds) if seconds else 0.0
        if likely < _UNLIKELY:
            return VoiceCheck(False, likely, (_NOBODY_SINGS,))
        return VoiceCheck(True, likely, () if likely >= _LIKELY else (_UNSURE,))
