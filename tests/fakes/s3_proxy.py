"""A proxy in front of a real S3 server that injects faults into chosen requests.

As a program, `python -m tests.fakes.s3_proxy PORT HOST:PORT`, it can be killed like the server. It takes faults as
lines of JSON: a list of the fields of `Fault` replaces those before.
"""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ERROR_XML = '<?xml version="1.0"?><Error><Code>{code}</Code><Message>made by the test</Message></Error>'


FAULTS = {
    "reset", "cut_request", "slow_down", "denied", "slow",
    "corrupt_request", "lose_response", "wrong_etag", "cut_response", "short_response",
}  # fmt: skip


@dataclass
class Fault:
    """What happens to the next `times` requests of `method` whose path and query contain `part`."""

    method: str
    kind: str
    part: str = ""
    times: int = 1_000_000
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"unknown fault {self.kind!r}")


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Proxy:
    """`faults` may be changed while it runs. `go_on` releases slow requests early."""

    url: str
    upstream: tuple[str, int]
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    slow_seconds: float = 0.5
    go_on: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault_for(self, method: str, path: str) -> str:
        with self.lock:
            for fault in self.faults:
                if fault.method == method and fault.part in path and fault.hits < fault.times:
                    fault.hits += 1
                    return fault.kind
        return ""

    def count(self, method: str, part: str = "") -> int:
        return sum(seen.method == method and part in seen.path for seen in self.seen)


@contextmanager
def s3_proxy(upstream: tuple[str, int], *, port: int = 0) -> Iterator[Proxy]:
    server = _Server(("127.0.0.1", port), _Handler)
    proxy = Proxy(url=f"http://127.0.0.1:{server.server_port}", upstream=upstream)
    server.proxy = proxy
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.go_on.set()
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: Proxy

    def handle_error(self, *_: object) -> None:
        """Ignore connections cut by a killed client, which the tests cause on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        proxy = self.server.proxy
        with proxy.lock:
            proxy.seen.append(Seen(self.command, self.path, dict(self.headers)))
        kind = proxy.fault_for(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        early: dict[str, Callable[[], None]] = {
            "reset": self._reset,
            "cut_request": lambda: (self.rfile.read(length // 2), self._reset())[-1],
            "slow_down": lambda: self._error(length, 503, "SlowDown"),
            "denied": lambda: self._error(length, 403, "AccessDenied"),
        }
        if kind in early:
            early[kind]()
            return
        body = self.rfile.read(length)
        if len(body) < length:
            # The client died; a real server drops such a request too.
            self.close_connection = True
            return
        if kind == "slow":
            proxy.go_on.wait(proxy.slow_seconds)
        if kind == "corrupt_request":
            body = bytes([body[0] ^ 1]) + body[1:]
        response, content = self._forward(body)
        if kind == "lose_response":
            self._reset()
        else:
            self._answer(response, content, kind)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - http.server's names

    def _forward(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        host, port = self.server.proxy.upstream
        connection = HTTPConnection(host, port, timeout=30)
        # The Host header is signed, so it is forwarded unchanged.
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        connection.request(self.command, self.path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def _answer(self, response: HTTPResponse, content: bytes, kind: str) -> None:
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() in {"connection", "transfer-encoding", "server", "date", "content-length"}:
                continue
            broken = kind == "wrong_etag" and name.lower() == "etag"
            self.send_header(name, f'"{"0" * 32}"' if broken else value)
        sent = content[: len(content) // 2] if kind in {"cut_response", "short_response"} else content
        promised = len(sent) if kind == "short_response" else len(content)
        if self.command == "HEAD":
            promised = int(response.getheader("Content-Length") or 0)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(sent)
        if kind == "cut_response":
            self._reset()

    def _error(self, length: int, status: int, code: str) -> None:
        self.rfile.read(length)
        body = b"" if self.command == "HEAD" else ERROR_XML.format(code=code).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing: a failing test shows the requests."""


def main() -> None:
    host, _, port = sys.argv[2].partition(":")
    with s3_proxy((host, int(port)), port=int(sys.argv[1])) as proxy:
        for line in sys.stdin:
            with proxy.lock:
                proxy.faults = [Fault(**facts) for facts in json.loads(line)]


if __name__ == "__main__":
    main()
