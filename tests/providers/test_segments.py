"""The rules for segments, by table, and whether the strict fake accepts what is sent."""

import pytest

from apps.providers.request_types import LipsyncSegment
from apps.providers.sync_so.segments import segment_problems, segments_fitted
from tests.providers.cases import SPECS, segmented_request

VIDEO, AUDIOS = 8.334, {"one": 5.0, "two": 3.0}


def problems(*segments, **more):
    return segment_problems(
        segments,
        video_seconds=more.pop("video_seconds", VIDEO),
        audio_seconds=more.pop("audio_seconds", AUDIOS),
        **more,
    )


def fitted(*segments):
    return segments_fitted(segments, video_seconds=VIDEO, audio_seconds=AUDIOS, frame_seconds=0.04)


@pytest.mark.parametrize(
    ("segment", "field"),
    [
        (LipsyncSegment(-0.1, 1, "one"), "startTime"),
        (LipsyncSegment(2, 2, "one"), "endTime"),
        (LipsyncSegment(3, 2, "one"), "endTime"),
        (LipsyncSegment(0, 8.336, "one"), "endTime"),
        (LipsyncSegment(float("nan"), 2, "one"), "startTime"),
        (LipsyncSegment(0, 0.05, "one"), "endTime"),
        (LipsyncSegment(8.25, 8.334, "one"), "endTime"),
        (LipsyncSegment(0, 1, "three"), "audioInput.refId"),
        (LipsyncSegment(0, 1, "one", audio_start_seconds=1), "audioInput.endTime"),
        (LipsyncSegment(0, 1, "one", audio_end_seconds=1), "audioInput.startTime"),
        (LipsyncSegment(0, 1, "one", 4, 5.1), "audioInput.endTime"),
        (LipsyncSegment(0, 1, "one", 2, 1), "audioInput.endTime"),
    ],
)
def test_each_mistake_is_named_by_field(segment, field):
    assert [(one.index, one.field) for one in problems(segment)] == [(0, field)]


def test_good_segments_have_no_problems():
    good = (
        LipsyncSegment(0, 3, "one"),
        LipsyncSegment(3, 5, "two", 0.5, 3.0),
        LipsyncSegment(5.5, 8.334, "one"),
    )

    assert problems(*good) == []


def test_all_problems_are_reported_together():
    found = problems(LipsyncSegment(0, 9, "one"), LipsyncSegment(1, 2, "three"), maximum_seconds=5)

    assert {(one.index, one.field) for one in found} == {
        (None, "video"),
        (0, "endTime"),
        (1, "audioInput.refId"),
        (1, "startTime"),
    }


def test_overlap_is_reported_at_the_later_segment_in_any_order():
    found = problems(LipsyncSegment(2, 4, "one"), LipsyncSegment(0, 2.5, "two"))

    assert [(one.index, one.field) for one in found] == [(0, "startTime")]
    assert "segment 2" in found[0].message


def test_counts_are_limited():
    many = tuple(LipsyncSegment(index * 0.5, index * 0.5 + 0.3, "one") for index in range(101))

    assert problems(*many, video_seconds=60)[0].field == "segments"
    assert problems()[0].message == "Add at least one segment."


def test_end_at_the_very_end_is_moved_inside_the_margin():
    assert fitted(LipsyncSegment(0, VIDEO, "one"))[0].end_seconds == 8.284


def test_crop_to_the_end_of_the_audio_is_moved_inside_the_margin():
    one = fitted(LipsyncSegment(0, 2, "two", 1.0, 3.0))[0]

    assert (one.audio_start_seconds, one.audio_end_seconds) == (1.0, 2.95)


def test_times_are_whole_milliseconds_rounded_inwards():
    one = fitted(LipsyncSegment(0.10049, 1.99951, "one"))[0]

    assert (one.start_seconds, one.end_seconds) == (0.101, 1.999)


def test_touching_segments_are_set_a_frame_apart():
    first, second = fitted(LipsyncSegment(2, 4, "two"), LipsyncSegment(0, 2, "one"))

    assert (first.end_seconds, second.start_seconds) == (1.96, 2.0)


def test_segments_already_apart_are_unchanged():
    first, _ = fitted(LipsyncSegment(0, 1.9, "one"), LipsyncSegment(2, 4, "two"))

    assert first.end_seconds == 1.9


def test_crop_as_long_as_its_segment_stays_so():
    one = fitted(LipsyncSegment(6.0, VIDEO, "two", 0.5, 0.5 + VIDEO - 6.0))[0]
    assert (one.end_seconds, one.audio_end_seconds) == (8.284, 2.784)

    other = fitted(LipsyncSegment(6.0, VIDEO, "two", 0.5, 2.0))[0]
    assert (other.end_seconds, other.audio_end_seconds) == (8.284, 2.0)


def test_service_accepts_fitted_segments(make_case, files):
    case = make_case(next(spec for spec in SPECS if spec.name == "sync-segments"))
    touching = (LipsyncSegment(2.0, 4.0, "two", 0.0, 3.0), LipsyncSegment(0.0, 2.0, "one"))
    case.request = segmented_request(files, segments=touching)

    assert case.finish(case.submit()).state == "succeeded"
