"""Lyrics as people have them, from the upload to the burned-in words, the track, the file beside it and the page."""

import io
import re
import zipfile

import av
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.assets.services import asset_local_copy
from apps.composition import handlers
from apps.composition.models import Composition
from tests.composition.conftest import api, project  # noqa: F401 - fixtures
from tests.composition.test_projects import multipart, post, run, url
from tests.engines.composing.conftest import cache, make, sources  # noqa: F401 - fixtures
from tests.factories import make_project
from tests.studio.conftest import browser  # noqa: F401 - fixture
from workers.base import job_run

pytestmark = pytest.mark.django_db
BIRD = "[00:02.00]bird 𓀀"


def upload(api, project, content, **data):  # noqa: F811 - the fixtures
    file = SimpleUploadedFile("words.lrc", content.encode() if isinstance(content, str) else content)
    return api.generic("PUT", url(project, "lyrics"), *multipart(api, {"file": file, **data}))


def captions(api, project, **values):  # noqa: F811
    return api.patch(url(project, "look"), {"captions": values}, content_type="application/json")


def patch(api, project, **data):  # noqa: F811
    return api.patch(url(project, "lyrics"), data, content_type="application/json")


@pytest.fixture
def written(user):
    """A project whose song needs no file."""
    return make_project(user, song_seconds=12.0)


@pytest.mark.django_db(transaction=True)
def test_chinese_words_reach_picture_track_and_package(api, project):  # noqa: F811
    sent = upload(api, project, "[00:01.50]夜曲 {softly}\n[00:03.00]晚安\n".encode("gb18030")).json()
    captions(api, project, track="both")
    assert (sent["encoding"], sent["format"], sent["missing_characters"]) == ("gb18030", "lrc", [])
    assert [(line["start"], line["text"]) for line in sent["lines"]] == [(1.5, "夜曲 {softly}"), (3.0, "晚安")]
    job = run(post(api, url(project, "compose")))
    assert job.state == "succeeded", job.error
    composed = Composition.objects.get()
    assert "{\\fnmvsite Noto Sans CJK SC 500}夜曲 " in composed.plan["burned_lyrics"]
    with asset_local_copy(composed.asset) as path, av.open(str(path)) as container:
        samples = [bytes(packet) for packet in container.demux(container.streams.subtitles[0])]
    texts = [sample[2 : 2 + int.from_bytes(sample[:2], "big")].decode() for sample in samples if len(sample) > 2]
    assert texts == ["夜曲 {softly}", "晚安"]
    packed = post(api, url(project, "export")).json()
    job_run(handlers.HANDLERS, job_id=packed["id"], claim_from="queued")
    with zipfile.ZipFile(io.BytesIO(b"".join(api.get(url(project, "export")).streaming_content))) as package:
        assert "00:00:00,500 --> 00:00:02,000\n夜曲 {softly}\n" in package.read("lyrics.srt").decode()
        assert "夜曲" in package.read("lyrics_words.lrc").decode()


def test_missing_glyphs_are_refused_wherever_words_would_be_burned_in(api, project):  # noqa: F811
    assert captions(api, project, style="line", track="burned").status_code == 200
    refused = upload(api, project, BIRD)
    assert (refused.status_code, refused.json()["code"]) == (400, "missing_glyphs")
    assert refused.json()["errors"]["characters"] == ["𓀀"]
    captions(api, project, track="soft")
    assert upload(api, project, BIRD).json()["missing_characters"] == ["𓀀"]
    refused = captions(api, project, track="both")
    assert (refused.status_code, refused.json()["code"]) == (400, "missing_glyphs")
    assert refused.json()["errors"]["characters"] == ["𓀀"]
    burned = post(api, url(project, "compose"), captions={"track": "burned"})
    assert burned.json()["code"] == "missing_glyphs"
    assert post(api, url(project, "compose")).status_code == 202


def test_a_wrong_guess_is_corrected_without_another_upload(api, written):  # noqa: F811
    content = "[00:02.00]Niño\n".encode("cp1252")
    sent = upload(api, written, content).json()
    assert not sent["encoding_sure"]
    assert "cp1252" in {sent["encoding"], *sent["other_encodings"]}
    response = patch(api, written, encoding="cp1252").json()
    assert (response["lines"][0]["text"], response["encoding_sure"]) == ("Niño", True)
    assert patch(api, written, encoding="rot13").status_code == 400
    assert upload(api, written, content, encoding="utf-8").json()["code"] == "wrong_encoding"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "isn't a text file"),
        (b"la la la", "no readable times"),
        (b"1\nnow --> then\nWords", "Line 2: the time can't be read"),
        (b"[00:01.00]" + b"x" * 5_000_001, "larger than 5 MB"),
        (b"[00:01.00]" + b"x" * 5_000, "Line 1 has 5,000 characters"),
    ],
    ids=["picture", "no times", "bad time", "large", "long line"],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(api, written, content, words):  # noqa: F811
    refused = upload(api, written, content)
    assert refused.status_code == 400
    assert words in refused.json()["detail"] + str(refused.json().get("errors"))


def test_the_dialog_asks_about_a_doubtful_encoding_and_shows_what_was_left_out(browser, written):  # noqa: F811
    page = f"/projects/{written.pk}/lyrics"
    file = SimpleUploadedFile("words.lrc", "[00:02.00]Niño\nno time\n".encode("cp1252"))
    asked = browser.post(page, {"file": file}, headers={"HX-Request": "true"})
    html = asked.content.decode()
    assert asked.headers["HX-Retarget"] == "#dialogs"
    assert "Do the lines below read right?" in html
    assert "Line 2: has no time; left out" in html
    assert "check that they read right" in browser.get(f"/projects/{written.pk}").content.decode()
    browser.post(page, {"encoding": "cp1252"})
    html = browser.get(page).content.decode()
    assert re.search(r"0:02 +Niño", html)
    assert "read right" not in html
