from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from apps.core.errors import WorkCancelled
from apps.providers.request_types import ImageRequest, MediaInput
from engines.draft.reading import read_prompt
from engines.media.drawn import drawn_mouths
from engines.media.probe import probe_media


@pytest.mark.parametrize(
    ("size", "fps", "frames"),
    [((320, 180), "24", 37), ((180, 320), "30000/1001", 20), ((240, 240), "25", 24), ((256, 320), "30", 1)],
)
def test_clip_has_exactly_the_requested_size_rate_and_frames(make, video_request, size, fps, frames):
    path = make(video_request(width=size[0], height=size[1], fps=fps, frames=frames)).files[0].path

    facts = probe_media(path)

    assert (facts.width, facts.height, facts.frames) == (*size, frames)
    assert facts.fps == Fraction(fps)
    assert (facts.video_codec, facts.pixel_format, facts.audio_codec) == ("h264", "yuv420p", "")


def test_clip_without_a_frame_count_covers_the_duration(make, video_request):
    assert probe_media(make(video_request(duration_seconds=1.01)).files[0].path).frames == 25


def test_same_request_gives_the_same_clip(make, video_request):
    one, two = make(video_request()), make(video_request())

    assert one.files[0].path.read_bytes() == two.files[0].path.read_bytes()


def test_every_frame_decodes_and_something_moves(make, video_request, decode):
    frames = decode(make(video_request(energy=(0.2, 0.9))).files[0].path)

    assert len(frames) == 24
    assert np.abs(frames[0] - frames[-1]).mean() > 1
    assert min(frame.std() for frame in frames) > 5


def shift_between(one, other):
    """Return by how many pixels the image moved, measured in the middle, away from the edges."""
    window = cv2.createHanningWindow((one.shape[1], one.shape[0]), cv2.CV_32F)
    return np.array(cv2.phaseCorrelate(one, other, window)[0])


@pytest.mark.parametrize(
    ("words", "axis", "sign"), [("pans left", 0, 1), ("pans right", 0, -1), ("tilts up", 1, 1), ("tilts down", 1, -1)]
)
def test_move_goes_in_the_named_direction(make, video_request, decode, photo, words, axis, sign):
    request = video_request(prompt=f"A wall. The camera {words}.", image=MediaInput(photo, "image/png"))
    frames = decode(make(request).files[0].path)

    moved = sum(shift_between(one, other) for one, other in pairwise(frames))

    assert moved[axis] * sign > 5
    assert abs(moved[1 - axis]) < 1


@pytest.mark.parametrize(("words", "sign"), [("pushes in", 1), ("pulls out", -1)])
def test_moving_closer_enlarges(make, video_request, decode, photo, words, sign):
    request = video_request(prompt=f"A wall. The camera {words}.", image=MediaInput(photo, "image/png"))
    frames = decode(make(request).files[0].path)

    # The left half moves to the left and the right half to the right.
    apart = 0.0
    for one, other in pairwise(frames):
        apart += shift_between(one[:, 160:], other[:, 160:])[0] - shift_between(one[:, :160], other[:, :160])[0]

    assert apart * sign > 5


def test_pan_does_not_jitter(make, video_request, decode, photo):
    request = video_request(
        prompt="A wall. The camera pans right.", image=MediaInput(photo, "image/png"), duration_seconds=3.0, width=640,
        height=360,
    )  # fmt: skip
    frames = decode(make(request).files[0].path)

    # The even middle part, before the next key frame: each step must be the mean step.
    steps = [shift_between(one, other)[0] for one, other in pairwise(frames[15:47])]

    assert abs(np.mean(steps)) > 0.3
    assert np.std(steps) < 0.1


def test_light_follows_the_song(make, video_request, decode):
    quiet = decode(make(video_request(energy=(0.0,))).files[0].path)
    loud = decode(make(video_request(energy=(1.0,))).files[0].path)
    beat = decode(make(video_request(energy=(0.6,), beat_seconds=(0.5,))).files[0].path)

    assert np.mean(loud) > np.mean(quiet) * 1.1
    assert beat[12].mean() > beat[8].mean() + 1


def test_clip_shows_its_storyboard_frame(make, video_request, decode, settings_for):
    request = ImageRequest("Wide shot of a road in daylight.", 320, 180, settings=settings_for("default", "image"))
    still = make(request).files[0].path
    filmed = video_request(
        prompt="Something else. The camera holds still.", image=MediaInput(still, "image/png"), energy=(0.5,)
    )

    first = decode(make(filmed).files[0].path)[0]

    shown = cv2.imread(str(still), cv2.IMREAD_GRAYSCALE).astype(np.float32)
    limited = shown * 219 / 255 + 16
    assert min(np.abs(first - shown).mean(), np.abs(first - limited).mean()) < 6


@pytest.mark.parametrize("flavor", ["cinematic", "vlog_style", "example"])
def test_each_flavor_looks_different(make, video_request, decode, flavor):
    one = decode(make(video_request()).files[0].path)
    other = decode(make(video_request(flavor)).files[0].path)

    assert np.abs(one[12] - other[12]).mean() > 8


def test_progress_rises_and_a_cancelled_clip_leaves_nothing(make, video_request):
    seen = []
    with pytest.raises(WorkCancelled):
        make(
            video_request(frames=200),
            progress=lambda percent, message: seen.append(percent),
            cancelled=lambda: len(seen) > 4,
        )

    assert seen == sorted(seen)
    assert not list(make.last.iterdir())


def test_close_up_records_where_its_mouth_is(make, video_request):
    path = make(video_request(prompt="Close-up of Mara, who sings. The camera pushes in.")).files[0].path

    [mouth] = drawn_mouths(path, probe_media(path).frames)
    first, last = mouth.marks[0], mouth.marks[-1]
    assert 0 < first[0] < 320
    assert 0 < first[1] < 180
    assert last[2] > first[2] * 1.05


def test_draft_is_free(video_request):
    from apps.providers.draft.provider import DraftProvider

    quote = DraftProvider().quote(video_request())

    assert (quote.amount, quote.basis) == (0, "free draft")


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("Mara walks. The camera pans left. Phone camera, hand-held, slow.", "pan_left"),
        ("Slow push-in on a face", "push_in"),
        ("She dances; hand-held", "handheld"),
        ("A wall.", "push_in"),
    ],
)
def test_move_is_read_where_the_prompt_mentions_the_camera(prompt, move):
    assert read_prompt(prompt).move == move


# --- takes ---

_SCENE = "Wide shot of a girl in a red coat walking a dog on a beach."


@pytest.fixture(scope="module")
def take(make, video_request, settings_for):
    """Film a take of the scene's picture; return what was noted, its bytes, and its first frame in color."""
    still = make(ImageRequest(_SCENE, 320, 180, seed=7, settings=settings_for("default", "image"))).files[0].path
    image = MediaInput(still, "image/png")

    def film(number, prompt=_SCENE):
        changes = {"take": number, "seed": 7 + number} if number else {"seed": 7}
        result = make(video_request(prompt=prompt, image=image, frames=3, **changes))
        with av.open(str(result.files[0].path)) as container:
            first = next(container.decode(video=0)).to_ndarray(format="bgr24").astype(float)
        return result.facts, result.files[0].path.read_bytes(), first

    return film


def test_takes_differ_and_show_the_same(take):
    taken = [take(number) for number in range(8)]
    frames = [first for _, _, first in taken]
    apart = [np.abs(one - other).mean() for number, one in enumerate(frames) for other in frames[:number]]
    assert min(apart) > 2.5
    for first in frames:  # her coat, the dog and the sea are in each
        red = (first[..., 2] > first[..., 1] + 60) & (first[..., 2] > 90)
        assert 0.001 < red.mean() < 0.06
        assert np.abs(np.median(first[:40], axis=(0, 1)) - np.median(frames[0][:40], axis=(0, 1))).max() < 25
    sides = [np.nonzero((first[..., 2] > first[..., 1] + 60) & (first[..., 2] > 90))[1].mean() for first in frames]
    assert sides[0] < 160 < sides[1] or sides[1] < 160 < sides[0]  # the second take is seen from the other side
    assert len({facts["move"] for facts, _, _ in taken}) > 4


def test_a_take_is_always_the_same(take):
    assert take(3)[1] == take(3)[1]


def test_takes_keep_the_camera_move_that_somebody_asked_for(take):
    asked = f"{_SCENE} The camera tilts up."
    assert {take(number, asked)[0]["move"] for number in range(4)} == {"tilt_up"}


def test_takes_of_any_other_picture_move_the_camera_in_another_way(make, video_request, photo):
    def film(number):
        request = video_request(prompt="A street.", image=MediaInput(photo, "image/png"), frames=12, take=number)
        return make(request)

    assert [film(number).facts["move"] for number in range(3)] == ["push_in", "orbit", "drift"]
