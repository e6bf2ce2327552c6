import ipaddress
import socket
import threading

import pytest

from apps.core.guarded_fetch import FetchRefused, fetch_url, is_public
from apps.core.http_failures import HttpFailure
from tests.server import Reply, closed_port, serving
from tests.waiting import wait_for


@pytest.fixture
def allow(settings):
    def add(server):
        settings.ALLOWED_FETCH_HOSTS = [f"127.0.0.1:{server.server_port}"]

    settings.ALLOWED_FETCH_HOSTS = []
    return add


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",  # noqa: S104
        "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fec0::1", "fd00:ec2::254",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "ff02::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_a_private_address_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_internet_address_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1.", "0"]
)
def test_loopback_is_refused_however_it_is_written(allow, tmp_path, host):
    with serving() as server, pytest.raises(FetchRefused):
        fetch_url(f"http://{host}:{server.server_port}/", into=tmp_path / "f", max_bytes=100)

    assert server.seen == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.com/x", "gopher://example.com", "//example.com", "http://", "http://u:p@a.com/",
     "http://[bad", "http://a.com:99999/", "example.com"],
)  # fmt: skip
def test_only_plain_web_addresses_are_fetched(tmp_path, url):
    with pytest.raises(FetchRefused):
        fetch_url(url, into=tmp_path / "f", max_bytes=100)


def test_an_allowed_host_is_fetched_completely(allow, tmp_path):
    with serving(Reply(body=b"song", headers={"Content-Type": "audio/mpeg"})) as server:
        allow(server)
        path = fetch_url(server.url, into=tmp_path / "f", max_bytes=100, allowed_content=("audio/",))

    assert path.read_bytes() == b"song"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_a_redirect_to_a_private_address_is_refused_even_from_an_allowed_host(allow, tmp_path):
    with serving() as secret, serving() as server:
        server.replies = [Reply(302, headers={"Location": f"http://127.0.0.1:{secret.server_port}/"})]
        allow(server)
        with pytest.raises(FetchRefused):
            fetch_url(server.url, into=tmp_path / "f", max_bytes=100)

    assert secret.seen == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[::1"])
def test_a_redirect_to_something_other_than_a_web_address_is_refused(allow, tmp_path, location):
    with serving(Reply(302, headers={"Location": location})) as server:
        allow(server)
        with pytest.raises(FetchRefused):
            fetch_url(server.url, into=tmp_path / "f", max_bytes=100)


def test_a_redirect_loop_is_refused(allow, tmp_path):
    with serving(Reply(302, headers={"Location": "/"})) as server:
        allow(server)
        with pytest.raises(FetchRefused, match="redirects"):
            fetch_url(server.url, into=tmp_path / "f", max_bytes=100)

    assert len(server.seen) == 6


@pytest.mark.parametrize(
    ("host", "words"), [("nowhere.invalid", "could not be found"), ("127.0.0.1", "did not accept the connection")]
)
def test_it_says_why_nothing_was_reached(settings, tmp_path, host, words):
    port = closed_port()
    settings.ALLOWED_FETCH_HOSTS = [f"{host}:{port}"]
    with pytest.raises(HttpFailure, match=words):
        fetch_url(f"http://{host}:{port}/", into=tmp_path / "f", max_bytes=100)


def test_a_name_is_resolved_once_so_it_cannot_change_after_the_check(settings, tmp_path, monkeypatch):
    asked = []

    def resolve(host, port, *arguments, **options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)  # the resolver is the far side here
    with serving(Reply(body=b"x")) as server:
        settings.ALLOWED_FETCH_HOSTS = [f"name.test:{server.server_port}"]
        fetch_url(f"http://name.test:{server.server_port}/", into=tmp_path / "f", max_bytes=100)
        with pytest.raises(FetchRefused):
            fetch_url(f"http://other.test:{server.server_port}/", into=tmp_path / "f", max_bytes=100)

    assert asked == ["name.test", "other.test"]
    assert len(server.seen) == 1


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "5000"}, {"Transfer-Encoding": "chunked"}])
def test_a_large_file_is_refused(allow, tmp_path, headers):
    body = b"1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n" if "Transfer-Encoding" in headers else b"x" * 5000
    with serving(Reply(body=body, headers=headers)) as server:
        allow(server)
        with pytest.raises(FetchRefused, match="larger"):
            fetch_url(server.url, into=tmp_path / "f", max_bytes=1000)

    assert list(tmp_path.iterdir()) == []


def test_the_wrong_content_type_is_refused(allow, tmp_path):
    with serving(Reply(body=b"<html>", headers={"Content-Type": "text/html; charset=utf-8"})) as server:
        allow(server)
        with pytest.raises(FetchRefused, match="text/html"):
            fetch_url(server.url, into=tmp_path / "f", max_bytes=1000, allowed_content=("audio/",))


def test_a_slow_server_is_dropped_at_the_time_limit(allow, tmp_path):
    left = threading.Event()
    with serving(Reply(before=lambda: left.wait(60))) as server:
        allow(server)
        with pytest.raises(HttpFailure):
            fetch_url(server.url, into=tmp_path / "f", max_bytes=1000, time_limit_seconds=0.3)
        wait_for(lambda: server.seen, seconds=120, what="the request")
        left.set()


def test_a_missing_file_is_an_http_failure(allow, tmp_path):
    with serving(Reply(404)) as server:
        allow(server)
        with pytest.raises(HttpFailure, match="404"):
            fetch_url(server.url, into=tmp_path / "f", max_bytes=1000)


def test_a_proxy_from_the_environment_is_not_used(allow, tmp_path, monkeypatch):
    with serving() as proxy, serving(Reply(body=b"direct")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        allow(server)
        fetch_url(server.url, into=tmp_path / "f", max_bytes=1000)

    assert proxy.seen == []
