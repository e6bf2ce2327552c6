"""None of yt-dlp's requests reach a private address. Both servers are real and on loopback: one stands in for a music
site that may be fetched from, the other for an internal service that must not be reached."""

import socket
import time
import unicodedata

import pytest
import yt_dlp
from yt_dlp.networking.common import _REQUEST_HANDLERS

from apps.core.errors import InputError, StudioError
from apps.core.guarded_fetch import FetchRefused
from apps.jobs.models import Job
from apps.songs.site_requests import GuardedDownloader
from apps.songs.sites import site_audio_fetch
from tests.server import Reply, serving
from tests.songs.files import song_bytes

HLS = {"Content-Type": "application/vnd.apple.mpegurl"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
MP3 = {"Content-Type": "audio/mpeg"}
# `localhost` stands for any internal name; `inside.test` is one that only a resolver knows.
LOOPBACK = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",  # noqa: S104
    "127.0.0.1.", "LOCALHOST", "localhost.", "inside.test", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::]", "user:pw@127.0.0.1", "music.test@127.0.0.1", "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "127\u30020\u30020\u30021", "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
]  # fmt: skip
# Appended to host and port, so that the link as a whole looks like a site's.
TAILS = [
    "?.bandcamp.com/track/x", "#.bandcamp.com/track/x", "/admin/delete?.bandcamp.com/album/x", "/.bandcamp.com/track/x",
    "?https://www.youtube.com/watch?v=dQw4w9WgXcQ", "#@soundcloud.com/artist/song", "/vimeo.com/76979871",
]  # fmt: skip


@pytest.fixture
def inside():
    with serving(Reply(body=song_bytes(), headers=MP3)) as server:
        yield server
        assert server.seen == []


@pytest.fixture
def site(settings):
    """A music site, read by yt-dlp's generic extractor."""
    with serving() as server:
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{server.server_port}"]
        settings.IMPORT_SITES = {"127.0.0.1": ["generic", "html5"]}
        yield server


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """A resolver that maps a public-looking name to an internal address."""
    real = socket.getaddrinfo

    def resolve(host, *arguments, **options):
        return real("127.0.0.1" if host in {"inside.test", b"inside.test"} else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def fetch(url, into):
    return site_audio_fetch(url, into=into, progress=lambda _: None, cancelled=lambda: False)


def playlist(*pieces):
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:10"]
    for piece in pieces:
        lines += ["#EXTINF:8.0,", piece]
    return Reply(body="\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode(), headers=HLS)


def html(address):
    return Reply(body=f'<html><title>Blue hour</title><audio src="{address}"></audio>'.encode(), headers=HTML)


def moved(address):
    return Reply(302, headers={"Location": address})


def encrypted(address):
    stream = playlist("/1.mp3")
    stream.body = stream.body.replace(b"#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{address}"\n#EXTINF'.encode(), 1)
    return stream


SOUND = Reply(body=song_bytes(), headers=MP3)
# Where a site may mention the address. In each case, /hour is the page that the user gave.
PLACES = {
    "a redirect of the page": lambda address: {"/hour": moved(address)},
    "the media": lambda address: {"/hour": html(address)},
    "a redirect of the media": lambda address: {"/hour": html("/1.mp3"), "/1.mp3": moved(address)},
    "a stream": lambda address: {"/hour": html(address.replace("mp3", "m3u8"))},
    "the first fragment": lambda address: {"/hour": playlist(address)},
    "a later fragment": lambda address: {"/hour": playlist("/1.mp3", address), "/1.mp3": SOUND},
    "a redirect of a fragment": lambda address: {"/hour": playlist("/1.mp3"), "/1.mp3": moved(address)},
    "the key of a stream": lambda address: {"/hour": encrypted(address), "/1.mp3": SOUND},
}


@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("place", PLACES)
def test_site_cannot_lead_to_a_private_address(site, inside, tmp_path, host, place):
    site.pages = PLACES[place](f"http://{ascii_host(host)}:{inside.server_port}/x.mp3")
    with pytest.raises(StudioError):
        fetch(f"{site.url}/hour", tmp_path)
    assert site.seen


def ascii_host(host):
    """Return the host as it is looked up, since headers can't contain other characters."""
    return host if host.isascii() else unicodedata.normalize("NFKC", host).replace("\u3002", ".")


@pytest.mark.parametrize("host", LOOPBACK)
def test_page_with_a_private_address_is_never_read(settings, inside, tmp_path, host):
    settings.IMPORT_SITES = {host.rpartition("@")[2].strip("[]").removesuffix(".").lower(): ["generic"]}
    settings.ALLOWED_FETCH_HOSTS = []
    with pytest.raises(StudioError):
        fetch(f"http://{host}:{inside.server_port}/hour.mp3", tmp_path)


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0x7f000001",
        "localhost",
        "[::1]",
        "music.test@127.0.0.1",
        "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    ],
)
@pytest.mark.django_db(transaction=True)
def test_link_that_only_mentions_a_site_is_refused_with_a_reason(api, settings, work, inside, host, tail):
    settings.ALLOWED_FETCH_HOSTS = []
    url = f"http://{host}:{inside.server_port}{tail}"
    response = api.post("/api/audio/youtube", {"url": url}, format="json")
    if "@" in host:
        assert response.status_code == 400 and "user name" in response.data["errors"]["url"][0]
        return
    (job,) = work()
    assert job.state == "failed" and ("public internet" in job.error or "isn't a valid web address" in job.error)
    assert Job.objects.count() == 1


def test_refused_address_is_reported_and_not_retried(site, inside, tmp_path):
    site.replies = [html(f"http://127.0.0.1:{inside.server_port}/x.mp3")]
    with pytest.raises(FetchRefused, match=r"127\.0\.0\.1 isn't on the public internet"):
        fetch(f"{site.url}/hour", tmp_path)
    assert len(site.seen) <= 2


def test_stream_fragments_become_one_file(site, tmp_path):
    site.pages = {"/hour.m3u8": playlist("/1.mp3", "/2.mp3"), "/1.mp3": SOUND, "/2.mp3": SOUND}
    fetched = fetch(f"{site.url}/hour.m3u8", tmp_path)
    assert fetched.path.read_bytes() == 2 * song_bytes()


def test_stream_with_a_missing_fragment_is_refused(site, tmp_path):
    site.pages = {"/hour.m3u8": playlist("/1.mp3", "/2.mp3"), "/1.mp3": SOUND, "/2.mp3": Reply(404)}
    with pytest.raises(InputError, match="nothing at this link"):
        fetch(f"{site.url}/hour.m3u8", tmp_path)


def test_a_missing_fragment_is_reported_whichever_thread_notices_first(site, tmp_path):
    # The second is given up while the first is still on its way, so that its bytes come to a closed file.
    slow = Reply(body=SOUND.body, headers=MP3, before=lambda: time.sleep(0.5))
    site.pages = {"/hour.m3u8": playlist("/1.mp3", "/2.mp3"), "/1.mp3": slow, "/2.mp3": Reply(404)}
    with pytest.raises(InputError, match="nothing at this link"):
        fetch(f"{site.url}/hour.m3u8", tmp_path)


def test_no_other_program_opens_a_stream(site, inside, tmp_path):
    stream = playlist(f"http://127.0.0.1:{inside.server_port}/1.mp3")
    # An encryption method that yt-dlp leaves to ffmpeg.
    stream.body = stream.body.replace(b"#EXTINF", b"#EXT-X-KEY:METHOD=SAMPLE-AES\n#EXTINF", 1)
    site.replies = [stream]
    with pytest.raises(InputError, match="upload the file"):
        fetch(f"{site.url}/hour.m3u8", tmp_path)


def test_no_other_program_opens_a_live_stream(site, inside, tmp_path):
    stream = playlist(f"http://127.0.0.1:{inside.server_port}/1.mp3")
    stream.body = stream.body.replace(b"#EXT-X-ENDLIST\n", b"")
    site.replies = [stream]
    with pytest.raises(StudioError):
        fetch(f"{site.url}/hour.m3u8", tmp_path)


@pytest.mark.parametrize("address", ["rtmp://127.0.0.1:{port}/live", "ws://127.0.0.1:{port}/x", "ftp://127.0.0.1:{port}/x",
                                     "file:///etc/hostname", "rtsp://127.0.0.1:{port}/x"])  # fmt: skip
def test_other_protocols_are_refused(site, inside, tmp_path, address):
    site.replies = [html(address.format(port=inside.server_port))]
    with pytest.raises(StudioError):
        fetch(f"{site.url}/hour", tmp_path)
    assert not list(tmp_path.iterdir())


def test_proxy_from_the_environment_is_ignored(site, inside, tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, inside.url)
    site.replies = [Reply(body=song_bytes(), headers=MP3)]
    assert fetch(f"{site.url}/hour.mp3", tmp_path).path.read_bytes() == song_bytes()


def test_yt_dlps_own_handlers_are_all_removed():
    assert len(_REQUEST_HANDLERS) > 1
    with GuardedDownloader({"quiet": True}) as downloader:
        assert list(downloader._request_director.handlers) == ["Guarded"]


def test_yt_dlp_with_other_handlers_sends_nothing(inside):
    with GuardedDownloader({"quiet": True}) as downloader:
        downloader._request_director = yt_dlp.YoutubeDL({"quiet": True})._request_director
        with pytest.raises(yt_dlp.utils.YoutubeDLError, match="can't check"):
            downloader.urlopen(inside.url)
