"""The web process with real gunicorn and two threads: /healthz responds even if both are busy."""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.server import closed_port
from tests.waiting import wait_for

pytestmark = pytest.mark.processes

PROJECT = Path(__file__).resolve().parents[2]
APPLICATION = """
import os
import time

def application(environ, start_response):
    while environ["PATH_INFO"] == "/slow" and os.path.exists(os.environ["HOLD"]):
        time.sleep(0.1)
    body = environ["wsgi.input"].read() or environ["PATH_INFO"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
# A request that finds no free thread gets no response at all.
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def hold_file(tmp_path_factory):
    """While this file exists, the application keeps the threads that /slow took."""
    return tmp_path_factory.mktemp("hold") / "on"


@pytest.fixture(scope="module")
def port(tmp_path_factory, hold_file):
    folder = tmp_path_factory.mktemp("web")
    (folder / "held_app.py").write_text(APPLICATION)
    port = closed_port()
    command = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "2", "--graceful-timeout", "1"]
    command += ["-k", "mvsite.web_worker.WebWorker", "--no-control-socket", "held_app"]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": f"{folder}:{PROJECT}", "HOLD": str(hold_file)},
    )
    try:
        wait_for(lambda: is_quick(port), seconds=120, what="gunicorn")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def ask(port, path="/healthz", method="GET", body=None, seconds=PATIENCE_SECONDS):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def is_quick(port):
    try:
        return ask(port) == "/healthz"
    except OSError:
        return False


@pytest.fixture
def holding(port, hold_file):
    """Open connections that send only these bytes, and close them at the end."""
    wait_for(lambda: responds(port), seconds=120, what="the threads of the test before")
    hold_file.touch()
    with ExitStack() as stack:

        def hold(content, times=6):
            for _ in range(times):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)).sendall(content)
            time.sleep(0.5)

        yield hold
    hold_file.unlink()


@pytest.mark.parametrize(
    "content",
    [
        b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
        b"GET /heal",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
        b"GET /healthzzz HTTP/1.1\r\nHost: x\r\n\r\nGET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_a_probe_gets_a_response_while_every_thread_is_busy(port, holding, content):
    holding(content)
    assert is_quick(port)
    assert ask(port, "/healthz?from=outside") == "/healthz"
    assert ask(port, method="HEAD") == ""


def test_silent_connections_occupy_no_thread(port, holding):
    holding(b"", times=40)
    assert ask(port, "/page") == "/page"


def responds(port):
    try:
        return ask(port, "/page", seconds=5) == "/page"
    except OSError:
        return False


def test_other_requests_are_served_as_usual(port):
    wait_for(lambda: responds(port), seconds=120, what="the threads of the test before")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    for path in ("/one", "/healthz", "/two"):  # one connection, kept
        connection.request("GET", path)
        assert connection.getresponse().read().decode() == path
    connection.request("POST", "/upload", b"x" * 300_000)
    assert len(connection.getresponse().read()) == 300_000
    connection.close()


def test_a_request_that_arrives_in_pieces_is_served(port):
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as client:
        for piece in (b"GE", b"T /healthz HT", b"TP/1.1\r\nHost: x\r\nConnection: close\r\n", b"\r\n"):
            client.sendall(piece)
            time.sleep(0.2)
        assert b"200 OK" in client.recv(1000)
