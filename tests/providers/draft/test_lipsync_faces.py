"""The draft lip-sync on real faces: a man who talks in a car."""

from fractions import Fraction

import av
import numpy as np
import pytest

from apps.core.errors import InputError
from apps.providers.request_types import FacePoint, LipsyncRequest, LipsyncSegment, MediaInput, SegmentedLipsyncRequest
from bench.footage import RATE, enlarged, talking_man, with_hand, write_clip
from engines.draft.lipsync.lips import lips_of
from engines.draft.lipsync.voice import voice_track
from engines.faces.seeing import Seer
from tests.engines.draft.voices import write_voice

FRAMES = 60
# Levels a pixel: how much steeper the picture may become across the edge of what was moved (docs/lipsync.md).
SEAM = 5.0
SPEECH = (("silence", 0.3), ("ah", 0.4), ("silence", 0.2), ("ee", 0.2), ("ah", 0.3), ("silence", 0.2), ("ah", 0.4))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("faces")


@pytest.fixture(scope="module")
def speech(folder):
    return write_voice(folder / "speech.wav", *SPEECH)


@pytest.fixture(scope="module")
def men():
    return [enlarged(picture, 640, 360) for picture in talking_man()[:FRAMES]]


@pytest.fixture(scope="module")
def seer():
    return Seer()


def pictures(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def steps(before, after, lips):
    """Return how much the luma's gradient changed along the edge of the part that was moved: the mean of its worst
    percent."""
    rows, columns = np.mgrid[:360, :640]
    cosine, sine = np.cos(lips.roll), np.sin(lips.roll)
    p = ((columns - lips.x) * cosine + (rows - lips.y) * sine) / lips.half
    q = ((rows - lips.y) * cosine - (columns - lips.x) * sine) / lips.half
    low = lips.chin * 1.2 + 0.85
    edge = (np.abs(np.abs(p) - 2.0) < 0.15) & (q > -1) & (q < low) | (np.abs(q + 0.95) < 0.15) & (np.abs(p) < 2)
    edge |= (np.abs(q - low) < 0.15) & (np.abs(p) < 2)
    old, new = (np.hypot(*np.gradient(picture.mean(axis=2))) for picture in (before, after))
    changes = np.sort((new - old)[edge])
    return float(changes[-max(1, len(changes) // 100) :].mean())


@pytest.fixture
def synced(make, settings_for, speech):
    def run(video, **changes):
        files = MediaInput(video, "video/mp4"), MediaInput(speech, "audio/wav")
        request = LipsyncRequest(*files, settings=settings_for("default", "lipsync"), **changes)
        return pictures(make(request).files[0].path)

    return run


def test_mouth_follows_the_voice_and_nothing_else_changes(synced, seer, men, folder, speech):
    video = write_clip(folder / "man.mp4", men)
    before, after = pictures(video), synced(video)

    voice = voice_track(speech, fps=Fraction(RATE), frames=FRAMES, start_seconds=0, end_seconds=None).opening
    opening = [seer.faces(picture)[0].mouth_open for picture in after]
    assert np.corrcoef(opening, np.clip(voice, 0, 1))[0, 1] > 0.6
    for number in range(0, FRAMES, 6):
        lips = lips_of(seer.faces(before[number])[0], 1)
        rows, columns = np.mgrid[:360, :640]
        away = np.hypot(columns - lips.x, rows - lips.y - 0.8 * lips.half) / lips.half
        change = np.abs(after[number].astype(int) - before[number]).max(axis=2)
        # The encoder's own noise is about two levels; a seam would be a step at the edge of what was moved.
        assert change[away > 3.2].mean() < 4
        assert change[(away > 2.7) & (away < 3.2)].mean() < 6
        assert steps(before[number], after[number], lips) < SEAM


def test_covered_mouth_is_left_alone(synced, seer, men, folder):
    lips = [lips_of(seer.faces(man)[0], 1) for man in men]
    held = [with_hand(man, (one.x, one.y), 2 * one.half) for man, one in zip(men, lips, strict=True)]
    half = FRAMES // 2
    video = write_clip(folder / "held.mp4", [*held[:half], *men[half:]])

    def change(old, new, one):
        x, y = round(one.x), round(one.y)
        return np.abs(new.astype(int) - old)[y - 20 : y + 30, x - 20 : x + 20].mean()

    changes = [change(*three) for three in zip(pictures(video), synced(video), lips, strict=True)]
    assert np.mean(changes[4 : half - 4]) < np.mean(changes[half:]) / 2


def test_mouth_that_is_never_seen_is_said_to_be_hidden(synced, seer, men, folder):
    lips = [lips_of(seer.faces(man)[0], 1) for man in men[:24]]
    held = [with_hand(man, (one.x, one.y), 2 * one.half) for man, one in zip(men, lips, strict=False)]
    with pytest.raises(InputError, match="hidden or turned away"):
        synced(write_clip(folder / "hidden.mp4", held))


def test_each_of_two_singers_moves_for_their_own_segment(make, settings_for, folder, men, speech):
    two = [np.hstack([man[:, 160:480], man[:, 480:160:-1]]) for man in men]
    video = write_clip(folder / "two.mp4", two)
    middle = Seer().faces(two[5])[0].middle
    left = [min(middle[0], 640 - middle[0]), middle[1]]

    def segment(start, end, x):
        speaker = {"auto_detect": False, "frame_number": 5, "coordinates": [x, left[1]]}
        return LipsyncSegment(start, end, "voice", 0.3, 0.3 + end - start, {"active_speaker_detection": speaker})

    request = SegmentedLipsyncRequest(
        video=MediaInput(video, "video/mp4", fps=str(RATE)),
        audios={"voice": MediaInput(speech, "audio/wav")},
        segments=(segment(0.2, 0.8, left[0]), segment(1.0, 1.6, 640 - left[0])),
        model="lipsync-2",
        sync_mode="remap",
        settings=settings_for("default", "lipsync"),
    )
    before, after = pictures(video), pictures(make(request).files[0].path)

    def moved(number):
        change = np.abs(after[number].astype(int) - before[number]).max(axis=2)
        return (change[:, :320].max() > 40, change[:, 320:].max() > 40)

    assert [moved(number) for number in (2, 12, 36)] == [(False, False), (True, False), (False, True)]


def test_point_without_a_face_is_refused(synced, folder, men):
    video = write_clip(folder / "short.mp4", men[:12])
    with pytest.raises(InputError, match="no face at 5, 5"):
        synced(video, face=FacePoint(0.1, 5, 5))
