"""The Lyrics panel of a song's page."""

import pytest

from apps.jobs.models import Job
from apps.projects.services import project_create
from apps.songs.models import SongLyrics
from tests.factories import make_song

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(user):
    song = make_song(user)
    song.analysis = {"voice": {"sings": True, "spans": [{"start": 1, "end": 3, "kind": "singing", "confidence": 0.9}]}}
    song.save()
    return f"/projects/{project_create(by=user, idea='rain', audio_id=song.asset_id).pk}/song"


def lines():
    return SongLyrics.objects.first().lines


def test_words_are_pasted_corrected_and_undone(browser, address):
    assert "Paste the words" in browser.get(address).content.decode()
    assert browser.post(f"{address}/lyrics/add", {"text": "one\nليل"}).status_code == 302
    page = browser.get(address).content.decode()
    assert "2 lines, 0 sure" in page and "2 to check" in page and "#line-1" in page
    sent = {"save": "line:1", "seen_text": "ليل", "text": "عين", "start": "0:05.5", "end": ""}
    assert browser.post(f"{address}/lyrics", sent).status_code == 302
    assert (lines()[1]["text"], lines()[1]["start"], lines()[1]["pinned"]) == ("عين", 5.5, True)
    shown = {"save": "line:1", "seen_text": "عين", "text": "عين", "start": "0:05.500", "end": "0:08.500"}
    browser.post(f"{address}/lyrics", {**shown, "pinned": "on"})
    assert SongLyrics.objects.count() == 2
    browser.post(f"{address}/lyrics", {"save": "nudge:-0.5"})
    assert lines()[1]["start"] == 5.0
    browser.post(f"{address}/lyrics", {"save": "undo"})
    assert lines()[1]["start"] == 5.5
    browser.post(f"{address}/lyrics", {"save": "align"})
    assert Job.objects.filter(kind="lyrics_alignment").count() == 1
    assert "Waiting for a worker" in browser.get(f"{address}/lyrics", headers={"hx-request": "true"}).content.decode()
    browser.post(f"{address}/lyrics", {"save": "remove"})
    assert not SongLyrics.objects.exists()


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"save": "line:7", "start": "1"}, 404, "no line 7"),
        ({"save": "line:0", "start": "soon"}, 400, "isn’t a time"),
        ({"save": "line:0", "seen_text": "two", "start": "1"}, 409, "changed in the meantime"),
        ({"save": "nudge:much"}, 400, "as a number"),
        ({"save": "nudge:-nan"}, 400, "as a number"),
        ({"save": "everything"}, 400, "Choose what to do"),
    ],
)
def test_refusals_are_said_in_the_panel(browser, address, sent, status, words):
    browser.post(f"{address}/lyrics/add", {"text": "one"})
    answer = browser.post(f"{address}/lyrics", sent)
    assert answer.status_code == status and words.replace("’", "&#x27;") in answer.content.decode()
    panel = browser.post(f"{address}/lyrics", sent, headers={"hx-request": "true"})
    assert panel.status_code == 200 and "<html" not in panel.content.decode()


def test_empty_words_are_refused_and_what_was_typed_stays(browser, address):
    answer = browser.post(f"{address}/lyrics/add", {"text": "[Intro]"})
    assert answer.status_code == 400 and "[Intro]</textarea>" in answer.content.decode()
