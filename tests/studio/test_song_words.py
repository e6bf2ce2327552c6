"""The Lyrics panel of a song's page."""

import re

import pytest

from apps.jobs.models import Job
from apps.projects.services import project_create
from apps.songs.models import SongLyrics
from tests.factories import make_song
from tests.fakes.replicate import FakeReplicate
from tests.fakes.transcriber import FakeTranscriber

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
    job = Job.objects.get(kind="lyrics_alignment")
    poll = {"path": f"{address}/lyrics?while={job.pk}", "headers": {"hx-request": "true"}}
    progress = browser.get(**poll).content.decode()
    assert "Waiting for a worker" in progress and len(progress) < 1000
    Job.objects.update(state="cancelled", finished_at=job.created_at)
    assert browser.get(**poll).headers["HX-Retarget"] == "#lyrics"
    browser.post(f"{address}/lyrics", {"save": "remove"})
    assert not SongLyrics.objects.exists()


def test_line_of_two_rows_keeps_them(browser, address):
    browser.post(f"{address}/lyrics/add", {"text": "[00:01.00]one\n[00:01.00]un\n[00:03.00]two"})
    page = browser.get(address).content.decode()
    assert re.search(r'<textarea[^>]* rows="2"[^>]*>one\nun</textarea>', page)
    sent = {"save": "line:0", "seen_text": "one\r\nun", "text": "one\r\nun", "start": "0:01.5"}
    assert browser.post(f"{address}/lyrics", sent).status_code == 302
    assert (lines()[0]["text"], lines()[0]["start"]) == ("one\nun", 1.5)


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


@pytest.fixture
def services(settings):
    with FakeTranscriber() as ears, FakeReplicate() as replicate:
        settings.TRANSCRIPTION_BASE_URL, settings.TRANSCRIPTION_API_KEY = ears.base_url, ears.key
        settings.REPLICATE_BASE_URL, settings.REPLICATE_API_TOKEN = replicate.base_url, replicate.token
        yield ears, replicate


def test_paid_work_is_offered_with_its_price_once_a_service_is_connected(browser, address):
    page = browser.get(address).content.decode()
    assert page.count("Connect one") == 2 and "Write down what is sung" not in page
    assert browser.post(f"{address}/lyrics", {"save": "hear"}).status_code == 400


def test_buttons_start_paid_work_for_at_most_the_price_they_show(browser, address, services):
    page = browser.get(address).content.decode()
    assert "Write down what is sung · under $0.01" in page and "Separate the vocals · $0.05" in page
    refused = browser.post(f"{address}/lyrics", {"save": "hear", "max_cost": "0.0001"})
    assert refused.status_code == 402 and "more than your limit" in refused.content.decode()
    assert browser.post(f"{address}/lyrics", {"save": "hear", "max_cost": "0.0012"}).status_code == 302
    assert browser.post(f"{address}/stem", {"save": "separate", "max_cost": "0.05"}).status_code == 302
    jobs = {job.kind: job for job in Job.objects.exclude(provider="")}
    assert {kind: job.provider for kind, job in jobs.items()} == {
        "lyrics_alignment": "transcriber",
        "stem": "replicate",
    }
    assert all(job.project_id for job in jobs.values())
    job = Job.objects.get(kind="lyrics_alignment")
    poll = {"path": f"{address}/lyrics?while={job.pk}", "headers": {"hx-request": "true"}}
    progress = browser.get(**poll).content.decode()
    assert "Waiting for a worker" in progress and len(progress) < 1000
    Job.objects.update(state="cancelled", finished_at=job.created_at)
    assert browser.get(**poll).headers["HX-Retarget"] == "#lyrics"
