"""A song's words: giving them, correcting lines, undoing, and the files made of them."""

from types import SimpleNamespace
from typing import cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from apps.core.errors import ConflictError
from apps.jobs.execution import JobRun
from apps.songs.lyrics.aligning import alignment_run
from apps.songs.lyrics.versions import VERSIONS_KEPT
from apps.songs.models import SongLyrics
from tests.factories import make_song

pytestmark = pytest.mark.django_db(transaction=True)

TIMED = "[00:01.00]Walking <00:01.50>down\n[00:04.00]the harbour\n[00:08.00]\n"


@pytest.fixture
def song(user):
    return make_song(user, seconds=12.0)


@pytest.fixture
def address(song):
    return f"/api/audio/{song.asset_id}/lyrics"


@pytest.fixture
def put(api, address):
    return lambda text, **more: api.put(address, {"text": text, **more}, format="json")


@pytest.fixture
def change(api, address):
    return lambda index, **body: api.patch(f"{address}/lines/{index}", body, format="json")


@pytest.fixture
def send(api, address):
    return lambda content: api.put(address, {"file": SimpleUploadedFile("words.txt", content)}, format="multipart")


def times(answer):
    return [(line["start"], line["end"]) for line in answer.json()["lines"]]


def test_plain_words_are_kept_line_by_line(api, put, address):
    assert api.get(address).status_code == 404
    assert put("[Chorus]\nthe road and you x2").status_code == 200
    assert api.get(address).json() == {
        "source": "plain",
        "language": "en",
        "quality": {"lines": 2, "sure": 0, "to_check": 2},
        "lines": [
            {"index": index, "section": "Chorus", "text": "the road and you", "start": None, "end": None,
             "confidence": 0.0, "pinned": False, "words": []}
            for index in (0, 1)
        ],
    }  # fmt: skip
    assert api.get(f"{address}.srt").status_code == 400


def test_timed_file_brings_its_times_and_goes_out_in_every_format(api, put, address):
    found = put(TIMED, language="en-GB").json()
    assert (found["source"], found["language"], found["quality"]["sure"]) == ("lrc", "en-GB", 2)
    assert found["lines"][0]["words"] == [
        {"text": "Walking", "start": 1.0, "end": 1.5, "confidence": 1.0},
        {"text": "down", "start": 1.5, "end": 4.0, "confidence": 1.0},
    ]
    for form, told in (
        ("srt", "00:00:01,000 --> 00:00:04,000\nWalking down"), ("lrc", "[00:04.00]the harbour\n[00:08.00]"),
        ("vtt", "00:00:04.000 --> 00:00:08.000\nthe harbour"), ("ass", "0:00:04.00"),
    ):  # fmt: skip
        answer = api.get(f"{address}.{form}")
        text = answer.getvalue().decode()
        assert answer.status_code == 200 and told in text
        assert times(put(text)) == [(1.0, 4.0), (4.0, 8.0)], form


def test_line_is_corrected_pinned_and_undone(put, change, api, address):
    put("one\ntwo\nthree")
    assert times(change(1, start=5))[1] == (5.0, 8.0)
    assert times(change(0, start=4.0))[0] == (4.0, 5.0)
    line = change(1, start=6, text="two!").json()["lines"][1]
    assert (line["text"], line["start"], line["end"], line["pinned"], line["confidence"]) == ("two!", 6, 9, True, 1)
    assert change(1, pinned=False).json()["lines"][1]["pinned"] is False

    def undo():
        return api.post(f"{address}/undo").json()["lines"]

    assert undo()[1]["pinned"] is True and undo()[1]["start"] == 5.0
    change(2, start=9)
    assert undo()[2]["start"] is None and undo()[0]["start"] is None and undo()[1]["start"] is None
    assert api.post(f"{address}/undo").status_code == 404


def test_moving_a_line_takes_its_words_along_and_all_lines_can_be_nudged(put, change, api, address):
    put(TIMED)
    assert [word["start"] for word in change(0, start=2).json()["lines"][0]["words"]] == [2.0, 2.5]
    nudged = api.patch(address, {"nudge": -0.5}, format="json")
    assert times(nudged) == [(1.5, 4.5), (3.5, 7.5)]
    assert api.patch(address, {"nudge": -2}, format="json").status_code == 400


@pytest.mark.parametrize(
    ("index", "body", "status", "words"),
    [
        (9, {"start": 1}, 404, "no line 9"),
        (0, {"start": 3, "end": 2}, 400, "end after"),
        (0, {"start": 5}, 400, "next line starts at 4"),
        (1, {"start": 0.5}, 400, "line before starts at 1"),
        (1, {"end": 99}, 400, "12.0 s long"),
        (0, {"start": "NaN"}, 400, "number"),
        (0, {"text": "  "}, 400, "blank"),
        (2, {"pinned": True}, 404, "no line 2"),
    ],
)
def test_impossible_corrections_are_refused_with_words(put, change, index, body, status, words):
    put(TIMED)
    answer = change(index, **body)
    assert (answer.status_code, words in answer.content.decode()) == (status, True), answer.content


def test_files_of_strangers(send):
    assert send("\ufeffOne\r\ntwo".encode()).json()["lines"][0]["text"] == "One"
    assert send("夜空に消えた\n君の声".encode("cp932")).json()["lines"][1]["text"] == "君の声"
    assert len(send(b"la la\n" * 600).json()["lines"]) == 600
    late = send(b"1\n100:00:01,000 --> 100:00:02,000\nhi\n").json()["lines"][0]
    assert (late["start"], late["confidence"]) == (360001.0, 0.0)
    for content, words in (
        (b"", "empty"), (b"x" * 5_000_001, "5 MB"), (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\2\3\4", "text file"),
        (b"1\n00:xx --> 00:02\nhi", "Line 2"), (b"a" * 4_000_000, "too long"), (b"[Intro]", "no words"),
    ):  # fmt: skip
        answer = send(content)
        assert answer.status_code == 400 and words in answer.content.decode(), (words, answer.content[:200])


def test_words_are_their_owners_and_old_versions_go(put, change, client_of, other_user, address):
    put("la")
    for second in range(VERSIONS_KEPT + 2):
        assert change(0, start=second / 10).status_code == 200
    assert SongLyrics.objects.count() == VERSIONS_KEPT
    assert client_of(other_user).get(address).status_code == 404


SUNG = [{"start": 1.0, "end": 3.0}, {"start": 5.0, "end": 6.5}, {"start": 8.0, "end": 9.5}]


@pytest.fixture
def align(api, address, work, song):
    """Ask for an alignment, run it, and return (the answer to the request, the finished job)."""
    api.patch(f"/api/audio/{song.asset_id}", {"sung": SUNG}, format="json")

    def go(**body):
        answer = api.post(f"{address}/align", body, format="json")
        return answer, (work() or [None])[0]

    return go


def test_alignment_times_the_lines_and_running_it_again_adds_nothing(put, align, api, address):
    put("walking down the road\nall night long\nhold me now")
    answer, job = align(method="free")
    assert (answer.status_code, answer.json()["kind"], job.state) == (202, "lyrics_alignment", "succeeded")
    assert (job.result["lines"], job.result["sure"], job.result["to_check"]) == (3, 3, 0)
    assert [start for start, _ in times(api.get(address))] == [1.0, 5.0, 8.0]
    assert api.get(f"{address}.srt").status_code == 200
    align()
    assert SongLyrics.objects.count() == 2


def test_alignment_leaves_pinned_lines_and_can_be_undone(put, change, align, api, address):
    put("walking down the road\nall night long\nhold me now")
    change(1, start=5.4, end=6.0)
    align()
    assert times(api.get(address))[1] == (5.4, 6.0) and api.get(address).json()["lines"][1]["pinned"]
    assert times(api.post(f"{address}/undo"))[0] == (None, None)


def test_alignment_of_words_that_changed_meanwhile_is_given_up(put, api, address, song):
    song.analysis = {"voice": {"sings": True, "spans": [{**SUNG[0], "kind": "singing", "confidence": 0.9}]}}
    song.save()
    put("one")
    run = SimpleNamespace(read=lambda model: model(song_id=song.pk), progress=lambda *_: None)
    done = alignment_run(cast(JobRun, run))
    assert done.save
    put("other words")
    with pytest.raises(ConflictError, match="changed in the meantime"), transaction.atomic():
        done.save()
    assert api.get(address).json()["lines"][0]["start"] is None


def test_alignment_says_what_is_missing(put, align, api, address, song):
    assert align()[0].status_code == 404
    put("la")
    answer, _ = align(method="transcription")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_available")
    assert align(method="magic")[0].status_code == 400
    api.patch(f"/api/audio/{song.asset_id}", {"sings": False}, format="json")
    answer = api.post(f"{address}/align")
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_sings")
