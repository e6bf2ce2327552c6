import json
import threading

import pytest
import structlog

from apps.core import http
from apps.core.http_failures import FailureKind, HttpFailure
from apps.core.multipart import Upload
from tests.server import Reply, closed_port, serving


def test_it_reads_json_and_sends_headers_and_parameters():
    with serving(Reply(body=b'{"id": 7}')) as server:
        response = http.get(f"{server.url}/things", headers={"X-Key": "k"}, params={"a": "1"})

    assert response.json() == {"id": 7}
    assert server.seen[0].path == "/things?a=1"
    assert server.seen[0].headers["X-Key"] == "k"


@pytest.mark.parametrize("first", [Reply(status=503), Reply(status=429, headers={"Retry-After": "0"})])
def test_a_read_is_retried_after_a_temporary_failure(first):
    with serving(first, Reply(body=b"{}")) as server:
        assert http.get(server.url).status == 200

    assert len(server.seen) == 2


def test_a_read_is_retried_after_a_lost_connection():
    with serving(Reply(body=b"x" * 100, cut_after=10), Reply(body=b"whole")) as server:
        assert http.get(server.url).body == b"whole"


def test_a_long_retry_after_is_left_to_the_caller():
    with serving(Reply(status=429, headers={"Retry-After": "3600"})) as server, pytest.raises(HttpFailure) as caught:
        http.get(server.url)

    assert caught.value.retry_after == 3600
    assert caught.value.kind is FailureKind.THROTTLED
    assert len(server.seen) == 1


def test_a_refusal_is_not_retried_and_keeps_the_services_message():
    with serving(Reply(status=422, body=b'{"detail": "too long"}')) as server, pytest.raises(HttpFailure) as caught:
        http.get(server.url)

    assert caught.value.kind is FailureKind.REFUSED
    assert caught.value.permanent
    assert caught.value.json() == {"detail": "too long"}
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("response", "kind", "unknown"),
    [
        (Reply(status=500), FailureKind.MAYBE_SENT, True),
        (Reply(status=303, headers={"Location": "/done"}), FailureKind.MAYBE_SENT, True),
        (Reply(status=429), FailureKind.THROTTLED, False),
        (Reply(status=402), FailureKind.REFUSED, False),
        (Reply(body=b"x" * 100, cut_after=10), FailureKind.MAYBE_SENT, True),
    ],
)
def test_a_post_is_sent_once_whatever_the_response(response, kind, unknown):
    with serving(response) as server, pytest.raises(HttpFailure) as caught:
        http.post(server.url, json_body={"a": 1})

    assert caught.value.kind is kind
    assert caught.value.outcome_unknown is unknown
    assert [seen.method for seen in server.seen] == ["POST"]
    assert json.loads(server.seen[0].body) == {"a": 1}


@pytest.mark.parametrize("url", [f"http://127.0.0.1:{closed_port()}/", "http://name.invalid/"], ids=["port", "name"])
def test_a_post_without_a_connection_was_certainly_not_sent(url):
    with pytest.raises(HttpFailure) as caught:
        http.post(url, json_body={})

    assert caught.value.kind is FailureKind.NOT_SENT
    assert not caught.value.outcome_unknown


def test_a_post_that_times_out_may_have_been_sent():
    left = threading.Event()
    with serving(Reply(before=lambda: left.wait(60))) as server, pytest.raises(HttpFailure) as caught:
        http.post(server.url, json_body={}, time_limit_seconds=0.5)
    left.set()

    assert caught.value.kind is FailureKind.MAYBE_SENT
    assert caught.value.outcome_unknown


def test_a_response_above_the_size_cap_is_dropped():
    with serving(Reply(body=b"x" * 5000)) as server, pytest.raises(HttpFailure) as caught:
        http.get(server.url, max_bytes=1000)

    assert caught.value.kind is FailureKind.TOO_LARGE


def test_a_response_that_is_not_json_names_the_service():
    with serving(Reply(body=b"<html>")) as server, pytest.raises(HttpFailure, match=r"127\.0\.0\.1 returned"):
        http.get(server.url).json()


def test_files_are_sent_as_a_multipart_form(tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3" * 1000)
    with serving(Reply(body=b"{}")) as server:
        http.post(server.url, fields={"model": "m"}, uploads={"file": Upload(path, "söng.mp3", "audio/mpeg")})

    seen = server.seen[0]
    assert int(seen.headers["Content-Length"]) == len(seen.body)
    assert b'name="model"\r\n\r\nm\r\n' in seen.body
    assert b'name="file"; filename=' in seen.body
    assert b"Content-Type: audio/mpeg\r\n\r\n" + b"ID3" * 1000 in seen.body


def test_an_interrupted_download_resumes_where_it_stopped(tmp_path):
    whole = bytes(range(256)) * 400
    first = Reply(body=whole, cut_after=60_000, headers={"ETag": '"a"'})
    rest = Reply(206, whole[60_000:], {"ETag": '"a"', "Content-Range": f"bytes 60000-102399/{len(whole)}"})
    with serving(first, rest) as server:
        path = http.download(server.url, into=tmp_path / "v.mp4", max_bytes=10**6)

    assert path.read_bytes() == whole
    assert server.seen[1].headers["Range"] == "bytes=60000-"
    assert server.seen[1].headers["If-Range"] == '"a"'


def test_an_interrupted_download_restarts_if_the_file_changed(tmp_path):
    first = Reply(body=b"old" * 100, cut_after=50, headers={"ETag": '"a"'})
    with serving(first, Reply(body=b"new" * 100, headers={"ETag": '"b"'})) as server:
        path = http.download(server.url, into=tmp_path / "v.mp4", max_bytes=10**6)

    assert path.read_bytes() == b"new" * 100


def test_a_failed_download_leaves_no_file(tmp_path):
    with serving(Reply(body=b"x" * 100, cut_after=10)) as server, pytest.raises(HttpFailure):
        http.download(server.url, into=tmp_path / "v.mp4", max_bytes=10**6, attempts=2)

    assert list(tmp_path.iterdir()) == []


def test_a_download_is_refused_if_its_length_is_above_the_cap(tmp_path):
    with serving(Reply(body=b"x" * 2000)) as server, pytest.raises(HttpFailure) as caught:
        http.download(server.url, into=tmp_path / "v.mp4", max_bytes=1000)

    assert caught.value.kind is FailureKind.TOO_LARGE
    assert len(server.seen) == 1


def test_no_log_line_or_message_contains_a_key_or_signature():
    url = f"http://user:hunter2@127.0.0.1:{closed_port()}/x?X-Amz-Signature=abcdef"
    with structlog.testing.capture_logs() as lines, pytest.raises(HttpFailure) as caught:
        http.get(url, headers={"Authorization": "Bearer k-secret"}, attempts=2)

    everything = repr(lines) + str(caught.value) + repr(caught.value.evidence) + repr(caught.value.raw)
    assert not any(secret in everything for secret in ("abcdef", "k-secret", "hunter2"))
    assert caught.value.__cause__ is None
    assert [line["event"] for line in lines].count("http_call") == 2


def test_a_netrc_file_does_not_replace_our_key(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving() as server:
        http.get(server.url, headers={"Authorization": "Bearer ours"})

    assert server.seen[0].headers["Authorization"] == "Bearer ours"
