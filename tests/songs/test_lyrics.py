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
        "version": 1,
        "undo": None,
        "redo": None,
        "source": "plain",
        "language": "en",
        "quality": {"lines": 2, "sure": 0, "to_check": 2},
        "lines": [
            {"index": index, "section": "Chorus", "text": "the road and you", "start": None, "end": None,
             "confidence": 0.0, "pinned": False, "words": [], "heard": ""}
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


FOUR = "".join(f"[00:{second:02}.00]line {second}\n" for second in (1, 3, 5, 7)) + "[00:09.00]\n"


def test_rest_follows_in_proportion_up_to_the_next_pinned_line(put, change):
    put(FOUR)
    change(3, pinned=True)
    moved = change(1, start=4, follow=True)
    assert times(moved) == [(1.0, 3.0), (4.0, 5.5), (5.5, 7.0), (7.0, 9.0)]
    assert [line["pinned"] for line in moved.json()["lines"]] == [False, True, False, True]
    assert times(change(1, start=2, follow=True))[:2] == [(1.0, 2.0), (2.0, 4.5)]
    assert change(1, start=7.5, follow=True).json()["detail"].startswith("Line 4 is pinned at 7 s.")


def test_rest_shifts_where_no_pinned_line_follows(put, change):
    put(FOUR)
    assert times(change(1, start=4, follow=True)) == [(1.0, 3.0), (4.0, 6.0), (6.0, 8.0), (8.0, 10.0)]
    assert times(change(3, start=11, follow=True))[3] == (11.0, 12.0)
    put(FOUR)
    assert "after the song" in change(1, start=8, follow=True).json()["detail"]


def test_several_lines_are_one_version_and_the_answer_holds_only_what_changed(put, api, address):
    put("one\ntwo\nthree\nfour")
    tapped = [{"index": 0, "start": 1}, {"index": 1, "start": 2.5}, {"index": 2, "start": 9}]
    answer = api.patch(f"{address}?changed=true", {"lines": tapped, "version": 1}, format="json").json()
    assert [(line["index"], line["start"], line["end"]) for line in answer["lines"]] == [
        (0, 1.0, 2.5), (1, 2.5, 5.5), (2, 9.0, 12.0),
    ]  # fmt: skip
    assert (answer["version"], answer["undo"], answer["quality"]["sure"]) == (2, "timed 3 lines", 3)
    late = api.patch(address, {"lines": tapped, "version": 1}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    swapped = [{"index": 0, "start": 8}, {"index": 1, "start": 3}]
    assert api.patch(address, {"lines": swapped}, format="json").status_code == 400
    undone = api.post(f"{address}/undo?changed=true").json()
    assert [line["index"] for line in undone["lines"]] == [0, 1, 2] and undone["redo"] == "timed 3 lines"


def test_words_of_lines_are_timed_as_one_version(put, change, api, address):
    put("the road\n風の中")
    words = [[{"start": 1.0}, {"start": 1.5004}], [{"start": 4, "text": "風の"}, {"start": 5, "end": 6, "text": "中"}]]
    sent = {"lines": [{"index": index, "words": words[index]} for index in (0, 1)]}
    found = api.patch(address, sent, format="json").json()
    assert (found["version"], found["undo"]) == (2, "timed the words of 2 lines")
    assert [[tuple(word.values()) for word in line["words"]] for line in found["lines"]] == [
        [("the", 1.0, 1.5, 1.0), ("road", 1.5, 1.9, 1.0)],
        [("風の", 4.0, 5.0, 1.0), ("中", 5.0, 6.0, 1.0)],
    ]
    assert times(api.get(address)) == [(1, 1.9), (4, 6)] and all(line["pinned"] for line in found["lines"])
    # The division stays, and so do the letters.
    again = change(1, words=[{"start": 4.5}, {"start": 5}])
    assert (
        again.json()["undo"] == "timed the words of line 2" and again.json()["lines"][1]["words"][0]["text"] == "風の"
    )
    assert api.get(f"{address}.lrc").status_code == 200
    late = {"start": 11.99}
    assert change(1, words=[{"start": 11}, late]).json()["lines"][1]["end"] == pytest.approx(12, abs=0.05)
    for body, said in (
        ({"words": [{"start": 1}]}, "the | road"),
        ({"words": [{"start": 2}, {"start": 1}]}, "Word 1"),
        ({"words": [{"start": 1}, {"start": 9, "end": 8}]}, "end after"),
        ({"words": [{"start": 1, "text": "other"}, {"start": 2, "text": "words"}]}, "the | road"),
        ({"words": [{"start": 1, "text": "the"}, {"start": 2}]}, "the | road"),
        ({"words": [{"start": 1}, {"start": 2}], "end": 1.5}, "inside the line"),
        ({"words": [{"start": 20}, {"start": 21}]}, "Keep the line inside it"),
    ):
        refused = change(0, **body)
        assert refused.status_code == 400 and said in refused.json()["detail"], refused.json()
    odd_words: list[object] = ["x", [1], [{}], [{"start": "NaN"}], [{"start": -1}]]
    for odd in odd_words:
        assert change(0, words=odd).status_code == 400


def test_undo_and_redo_say_what_they_do_and_a_new_change_ends_the_redo(put, change, api, address):
    put(TIMED)
    change(1, start=5)
    change(0, text="Running down")
    did = lambda: [api.get(address).json()[name] for name in ("undo", "redo")]  # noqa: E731
    assert did() == ["reworded line 1", None]
    for expected in (["moved line 2", "reworded line 1"], [None, "moved line 2"]):
        api.post(f"{address}/undo")
        assert did() == expected
    assert times(api.post(f"{address}/redo"))[1][0] == 5.0 and did() == ["moved line 2", "reworded line 1"]
    change(1, start=6)
    assert did() == ["moved line 2", None] and api.post(f"{address}/redo").status_code == 404
    api.post(f"{address}/undo")
    assert times(api.get(address))[1][0] == 5.0 and did() == ["moved line 2", "moved line 2"]


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
    put("camino por la calle\ntoda la noche\nven aqui", language="es")
    answer, job = align(method="free")
    assert (answer.status_code, answer.json()["kind"], job.state) == (202, "lyrics_alignment", "succeeded")
    assert (job.result["lines"], job.result["sure"], job.result["to_check"]) == (3, 3, 0)
    assert [start for start, _ in times(api.get(address))] == [1.0, 5.0, 8.0]
    assert api.get(f"{address}.srt").status_code == 200
    align()
    assert SongLyrics.objects.count() == 2


def test_alignment_leaves_pinned_lines_and_can_be_undone(put, change, align, api, address):
    put("camino por la calle\ntoda la noche\nven aqui", language="es")
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
    assert (answer.status_code, answer.json()["code"]) == (400, "not_configured")
    assert align(method="magic")[0].status_code == 400
    api.patch(f"/api/audio/{song.asset_id}", {"sings": False}, format="json")
    answer = api.post(f"{address}/align")
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_sings")
