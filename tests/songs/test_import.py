"""Import songs from links: a file on a server, and through yt-dlp. The server is real and on loopback."""

from typing import Any

import pytest

from apps.assets.models import Asset
from apps.assets.store.disk import local_path
from apps.jobs.models import Job
from apps.songs.models import Song
from apps.songs.sites import site_knows
from tests.server import Reply, serving
from tests.songs.files import song_bytes

pytestmark = pytest.mark.django_db(transaction=True)

MP3 = {"Content-Type": "audio/mpeg"}


@pytest.fixture
def site(settings):
    """A server that the guarded fetcher may reach and that serves `content`."""

    def serve(content, **headers):
        server = serving(Reply(body=content, headers={**MP3, **headers}))
        opened = server.__enter__()
        servers.append(server)
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{opened.server_port}"]
        return f"{opened.url}/music/Blue%20hour.mp3"

    servers: list[Any] = []
    yield serve
    for server in servers:
        server.__exit__(None, None, None)


def ask(api, **body):
    return api.post("/api/audio/youtube", body, format="json")


def test_link_becomes_a_song_and_is_analyzed(api, site, work):
    url = site(song_bytes())
    response = ask(api, url=url)
    assert response.status_code == 202 and response["Location"] == f"/api/jobs/{response.data['id']}"
    assert response.data["kind"] == "audio_import" and response.data["state"] == "queued"
    fetched, listened = work()
    assert (fetched.state, listened.kind, listened.state) == ("succeeded", "audio_analysis", "succeeded")
    song = api.get(f"/api/audio/{fetched.result['audio_id']}").data
    assert song["title"] == "Blue hour" and song["source_url"] == url
    assert song["tempo_bpm"] == pytest.approx(120, abs=0.05)
    assert fetched.result["analysis_job_id"] == str(listened.pk)


@pytest.mark.parametrize(
    ("sent", "title"),
    [
        ('attachment; filename="Night Train.mp3"', "Night Train"),
        ("attachment; filename*=UTF-8''%E5%A4%9C%E6%98%8E%E3%81%91.mp3; filename=x.mp3", "夜明け"),
        ('attachment; filename="../../etc/passwd.mp3"', "passwd"),
        ("attachment; filename=Café.mp3".encode().decode("latin-1"), "Café"),
        ("inline", "Blue hour"),
        ('attachment; filename="', "Blue hour"),
    ],
)
def test_song_takes_the_name_that_the_server_gives_the_file(api, site, work, sent, title):
    ask(api, url=site(song_bytes(".wav", seconds=3.0), **{"Content-Disposition": sent}))
    fetched = work()[0]
    assert api.get(f"/api/audio/{fetched.result['audio_id']}").data["title"] == title


def test_song_takes_title_and_artist_from_its_own_tags(api, site, work):
    named = {"Content-Disposition": 'attachment; filename="track01.mp3"'}
    ask(api, url=site(song_bytes(title="Harbour"), **named), end_time=2)
    fetched = work()[0]
    song = api.get(f"/api/audio/{fetched.result['audio_id']}").data
    assert (song["title"], song["artist"]) == ("Harbour", "The band")


def test_range_is_cut_to_the_sample(api, site, work):
    ask(api, url=site(song_bytes(".wav", bpm=100, seconds=12.0)), start_time=2.4, end_time=9.6)
    fetched, _ = work()
    song = api.get(f"/api/audio/{fetched.result['audio_id']}").data
    assert song["duration_seconds"] == pytest.approx(7.2, abs=1e-4) and song["content_type"] == "audio/flac"
    assert song["grid"]["beats"][0] == pytest.approx(0, abs=0.005)


def test_webm_becomes_a_song_that_browsers_and_providers_accept(api, site, work):
    ask(api, url=site(song_bytes(".webm"), **{"Content-Type": "video/webm"}))
    fetched, _ = work()
    assert api.get(f"/api/audio/{fetched.result['audio_id']}").data["content_type"] == "audio/flac"


def test_end_time_past_the_end_is_the_end(api, site, work):
    ask(api, url=site(song_bytes()), start_time=5, end_time=500)
    assert work()[0].result["duration_seconds"] == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"<html>Not found</html>", {}, "supported audio"),
        (b"", {}, "empty"),
        (song_bytes(), {"start_time": 60}, "lasts only"),
    ],
)
def test_link_without_the_requested_audio_fails_the_job_with_a_reason(api, site, work, content, options, words):
    ask(api, url=site(content), **options)
    (job,) = work()
    assert job.state == "failed" and words in job.error
    assert not Song.objects.exists() and not Asset.objects.exists()


def test_page_is_not_mistaken_for_a_song(api, site, work):
    ask(api, url=site(b"<html>", **{"Content-Type": "text/html"}))
    assert work()[0].state == "failed"


def test_audio_of_a_page_is_imported_but_not_from_private_addresses(api, settings, work):
    page = b"<html><title>Blue\n hour</title><video poster='x.jpg'><source src='../hour.mp3?a=1&amp;b=2'></video>"
    html = Reply(body=page, headers={"Content-Type": "text/html; charset=utf-8"})
    with serving(html, Reply(body=song_bytes(), headers=MP3)) as server:
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{server.server_port}"]
        ask(api, url=f"{server.url}/music/hour.html")
        assert work()[0].state == "succeeded"
        assert [seen.path for seen in server.seen] == ["/music/hour.html", "/hour.mp3?a=1&b=2"]
    assert Song.objects.get().title == "Blue hour"
    html.body = b"<audio src='http://127.0.0.1:9/x.mp3'>"
    with serving(html) as server:
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{server.server_port}"]
        ask(api, url=f"{server.url}/music/hour.html")
        job = work()[0]
        assert job.state == "failed" and "public" in job.error


def test_link_to_a_private_address_is_never_fetched(api, settings, work):
    with serving(Reply(body=song_bytes(), headers=MP3)) as server:
        settings.ALLOWED_FETCH_HOSTS = []
        ask(api, url=f"{server.url}/song.mp3")
        (job,) = work()
        assert job.state == "failed" and "public" in job.error
        assert not server.seen


def test_too_long_song_is_refused_unless_clipped(api, site, settings, work):
    settings.UPLOAD_LIMITS = {**settings.UPLOAD_LIMITS, "audio": (1024**3, 5, "a song")}
    url = site(song_bytes())
    ask(api, url=url)
    assert "end_time" in work()[0].error
    ask(api, url=url, start_time=1, end_time=4)
    assert work()[0].state == "succeeded"


@pytest.mark.parametrize(
    "url",
    ["", "song.mp3", "file:///etc/passwd", "ftp://example.com/a.mp3", "http://", "http://user:pw@example.com/a.mp3",
     "http://example.com:99999/a", "javascript:alert(1)", "http://a b/c"],
)  # fmt: skip
def test_invalid_url_is_refused_immediately(api, url):
    response = ask(api, url=url)
    assert response.status_code == 400 and "url" in response.data["errors"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "options",
    [{"start_time": 5, "end_time": 5}, {"start_time": 9, "end_time": 3}, {"start_time": -1}, {"end_time": "x"}],
)
def test_invalid_range_is_refused_immediately(api, options):
    assert ask(api, url="https://example.com/a.mp3", **options).status_code == 400


def test_duplicate_import_in_progress_is_refused(api, site):
    url = site(song_bytes())
    assert ask(api, url=url).status_code == 202
    assert ask(api, url=url).status_code == 409


def test_idempotency_key_identifies_one_import(api, site):
    url, key = site(song_bytes()), {"Idempotency-Key": "k-1"}
    first = api.post("/api/audio/youtube", {"url": url}, format="json", headers=key)
    second = api.post("/api/audio/youtube", {"url": url}, format="json", headers=key)
    assert first.data["id"] == second.data["id"] and Job.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", True),
        ("https://youtu.be/dQw4w9WgXcQ", True),
        ("https://music.youtube.com/watch?v=dQw4w9WgXcQ", True),
        ("https://www.youtube.com/playlist?list=PL59FEE129ADFF2B12", True),
        ("https://soundcloud.com/artist/song", True),
        ("https://example.com/song.mp3", False),
        ("https://WWW.YouTube.com./watch?v=dQw4w9WgXcQ", False),  # yt-dlp does not accept the final dot
        ("https://artist.bandcamp.com/track/blue-hour", True),
        ("https://vimeo.com/76979871", True),
        ("http://127.0.0.1:8000/youtube.com/watch?v=dQw4w9WgXcQ", False),
        ("http://127.0.0.1:8399?.bandcamp.com/track/x", False),
        ("http://127.0.0.1:8399#.bandcamp.com/track/x", False),
        ("http://localhost:8399/admin/delete?.bandcamp.com/album/x", False),
        ("http://0x7f000001:8399?.bandcamp.com/track/x", False),
        ("http://evil.test;.bandcamp.com/track/x", False),
        ("http://evil.test\\.bandcamp.com/track/x", False),
        ("http://127.0.0.1\t.bandcamp.com/track/x", False),
        ("http://x.bandcamp.com@127.0.0.1/track/x", False),
        ("http://user@x.bandcamp.com/track/x", False),
        ("http://x.bandcamp.com.evil.test/track/x", False),
        ("http://notbandcamp.com/album/x", False),
        ("http://evil\uff0etest/.bandcamp.com/track/x", False),
        ("https://www.youtube.com?.bandcamp.com/track/x", False),  # one site's page, another's extractor
        ("https://[::1]?.bandcamp.com/track/x", False),
        ("https://[bad?.bandcamp.com/track/x", False),
        ("ytsearch:blue hour", False),
        ("http://player.vimeo.com/video/54469442", True),
    ],
)
def test_only_allowed_sites_go_through_yt_dlp(url, known):
    assert site_knows(url) is known


@pytest.fixture
def by_yt_dlp(settings):
    """Let yt-dlp's generic extractor stand in for a music site."""
    settings.IMPORT_SITES = {"127.0.0.1": ["generic"]}


def test_yt_dlp_fetches_the_audio_of_a_page(api, site, work, by_yt_dlp):
    ask(api, url=site(song_bytes(".m4a"), **{"Content-Type": "audio/mp4"}), start_time=1, end_time=3)
    fetched, _ = work()
    assert fetched.state == "succeeded", fetched.error
    assert fetched.result["duration_seconds"] == pytest.approx(2, abs=1e-4)
    assert fetched.result["title"] == "Blue hour"


def test_missing_page_fails_with_a_reason(api, settings, work, by_yt_dlp):
    with serving(Reply(status=404)) as server:
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{server.server_port}"]
        ask(api, url=f"{server.url}/gone")
        (job,) = work()
    assert job.state == "failed" and "nothing at this link" in job.error


def test_temporary_trouble_is_retried(api, settings, work, by_yt_dlp):
    with serving(Reply(status=503)) as server:
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{server.server_port}"]
        response = ask(api, url=f"{server.url}/busy")
        work()
    job = Job.objects.get(pk=response.data["id"])
    assert job.state == "queued" and job.run_after is not None and job.failures == 1


def test_whole_m4a_keeps_its_audio_and_gets_its_index_at_the_front(api, site, work, by_yt_dlp):
    ask(api, url=site(song_bytes(".m4a"), **{"Content-Type": "audio/mp4"}))
    fetched, listened = work()
    asset = Asset.objects.get(pk=fetched.result["audio_id"])
    assert (asset.content_type, asset.audio_codec) == ("audio/mp4", "aac")
    content = local_path(asset.key).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert listened.result["tempo_bpm"] == pytest.approx(120, abs=0.05)
