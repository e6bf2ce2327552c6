"""The shared base of the fake services: a threaded HTTP server, routes, scripted faults, counters.

A fake listens on loopback, uses real HTTP, and is strict: it rejects what the real service rejects. Tests hold the
object; a fake in another process is controlled through `/_control` (see `FakeService.control`), and shows what it
charges at `/_bills`.
"""

import email.parser
import email.policy
import json
import re
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One request as it arrived. `query` keeps every value of a repeated key."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"null")
        except ValueError as error:
            raise Refusal(400, {"message": f"Unexpected token in JSON: {error}", "statusCode": 400}) from error

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Reply:
    """`body`: dict or list → JSON, str → HTML or text, bytes → unchanged."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Ends a route with an error response."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.reply = Reply(status, body, headers or {})


# The latency of work that a test ends with `finish()`. A short one would race a busy machine.
LONG_SECONDS = 3600.0
FAULTS = {"latency", "status", "html", "cut", "lose_response", "hang"}


@dataclass
class Fault:
    """What goes wrong on the next `times` requests whose "METHOD path" matches the pattern.

    Kinds: `latency` (wait `seconds`, then respond), `status` (wait `seconds`, then respond with `status`, `body`,
    `headers`; nothing is done), `html` (a 200 proxy page; nothing is done), `cut` (drop the connection; nothing is
    done), `lose_response` (do it, then drop the connection), `hang` (do it, wait `seconds`, then drop the connection).
    """

    route: str
    kind: str
    times: int = 1
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"unknown fault {self.kind!r}")


@dataclass(frozen=True)
class Bill:
    """A paid request that the service accepted. `key` is what only this request has: its idempotency key, the webhook's
    address, or a digest of what was asked. `usd` is what it costs so far: nothing for work that did not succeed."""

    remote_id: str
    key: str
    usd: str


HTML_PAGE = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
# After the request come the named groups of the route's pattern.
Route = Callable[..., Reply]


def route(method: str, pattern: str) -> Callable[[Route], Route]:
    """Mark a method of a FakeService as the handler of `method` on paths that fully match `pattern`.
    Named groups are passed as keyword arguments."""

    def mark(function: Route) -> Route:
        function.route = (method, re.compile(pattern + r"\Z"))  # type: ignore[attr-defined]
        return function

    return mark


class FakeService:
    """Base of the fakes. `requests` counts "METHOD path-pattern"; `log` keeps each request for assertions."""

    name = "fake"

    def __init__(self, *, port: int = 0, latency_seconds: float = 0.0, keep_log: bool = True) -> None:
        self.latency_seconds = latency_seconds
        self.requests: Counter[str] = Counter()
        self.log: list[Request] = []
        self.keep_log = keep_log
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self._routes = [
            (*member.route, member)
            for owner in reversed(type(self).__mro__)
            for member in vars(owner).values()
            if hasattr(member, "route")
        ]
        self._server = _Server(("127.0.0.1", port), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def fail_next(self, route_pattern: str, kind: str, **facts: Any) -> Fault:
        """Script a fault, e.g. `fail_next("POST /v2/generate", "lose_response")`."""
        fault = Fault(route_pattern, kind, **facts)
        with self.lock:
            self.faults.append(fault)
        return fault

    def count(self, pattern: str) -> int:
        """Return the number of received requests whose "METHOD path" matches."""
        with self.lock:
            return sum(n for name, n in self.requests.items() if re.search(pattern, name))

    def control(self, request: Request) -> Reply:
        """`POST /_control` scripts a fault, or sets `latency_seconds`, or with `heal` ends all faults; `GET /_control`
        returns the counters."""
        if request.method == "POST":
            facts = request.json()
            if facts.get("heal"):
                with self.lock:
                    self.faults.clear()
            if "latency_seconds" in facts:
                self.latency_seconds = float(facts["latency_seconds"])
            if "route" in facts:
                self.fail_next(facts.pop("route"), facts.pop("kind"), **facts)
        with self.lock:
            return Reply(200, {"requests": dict(self.requests), "faults": len(self.faults), **self.describe()})

    def describe(self) -> dict[str, Any]:
        """More facts for `GET /_control`."""
        return {}

    def bills(self) -> list[Bill]:
        """Every paid request so far, for `GET /_bills`."""
        return []

    def not_found(self, request: Request) -> Reply:
        return Reply(404, {"detail": f"Cannot {request.method} {request.path}", "status": 404})

    def respond(self, request: Request) -> Reply:
        for method, pattern, function in self._routes:
            match = pattern.match(request.path)
            if match and method == request.method:
                try:
                    return function(self, request, **match.groupdict())
                except Refusal as refusal:
                    return refusal.reply
        return self.not_found(request)

    def take_fault(self, request: Request) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if re.search(fault.route, f"{request.method} {request.path}"):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def record(self, request: Request) -> None:
        with self.lock:
            self.requests[f"{request.method} {request.path}"] += 1
            if self.keep_log:
                self.log.append(request)


class TokenBucket:
    """A rate limit: `burst` requests at once (None: a whole minute's worth), then one by one."""

    def __init__(self, burst: int | None) -> None:
        self._burst = burst
        self._tokens: float | None = None
        self._looked_at = time.monotonic()

    def wait_seconds(self, per_minute: int) -> float:
        """Take a token, or return the wait until there is one. The caller holds a lock."""
        capacity = float(min(self._burst or per_minute, per_minute))
        now = time.monotonic()
        tokens = capacity if self._tokens is None else self._tokens
        tokens = min(capacity, tokens + (now - self._looked_at) * per_minute / 60)
        self._looked_at = now
        self._tokens = tokens - 1 if tokens >= 1 else tokens
        return 0.0 if tokens >= 1 else (1 - tokens) * 60 / per_minute

    def give_back(self) -> None:
        """Return a token, since the request was refused for another reason."""
        if self._tokens is not None:
            self._tokens += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


def _handler_for(service: FakeService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            return

        def _serve(self) -> None:
            try:
                _serve_one(service, self)
            except (ConnectionError, TimeoutError):
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815

    return Handler


def _read(handler: BaseHTTPRequestHandler) -> Request:
    parts = urlsplit(handler.path)
    length = int(handler.headers.get("Content-Length") or 0)
    if handler.headers.get("Transfer-Encoding", "").lower() == "chunked":
        body = b"".join(iter(lambda: _chunk(handler), b""))
    else:
        body = handler.rfile.read(length)
    headers = {name.lower(): value for name, value in handler.headers.items()}
    return Request(handler.command, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, body)


def _chunk(handler: BaseHTTPRequestHandler) -> bytes:
    size = int(handler.rfile.readline().split(b";")[0], 16)
    data = handler.rfile.read(size)
    handler.rfile.readline()
    return data


def _serve_one(service: FakeService, handler: BaseHTTPRequestHandler) -> None:
    request = _read(handler)
    if request.path == "/_control":
        _send(handler, service.control(request))
        return
    if request.path == "/_bills":
        _send(handler, Reply(200, [asdict(bill) for bill in service.bills()]))
        return
    service.record(request)
    fault = service.take_fault(request)
    if fault is None:
        _send(handler, service.respond(request))
    elif fault.kind == "latency":
        time.sleep(fault.seconds)
        _send(handler, service.respond(request))
    elif fault.kind == "status":
        time.sleep(fault.seconds)
        _send(handler, Reply(fault.status, fault.body, fault.headers))
    elif fault.kind == "html":
        _send(handler, Reply(200, HTML_PAGE, {"Content-Type": "text/html"}))
    else:
        if fault.kind in {"lose_response", "hang"}:
            service.respond(request)
        if fault.kind == "hang":
            time.sleep(fault.seconds)
        _cut(handler)


def _cut(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection: no response, not even a clean close."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    body, content_type = _encode(reply.body)
    headers = {"Content-Type": content_type, "Content-Length": str(len(body)), **reply.headers}
    handler.send_response(reply.status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def _encode(body: Any) -> tuple[bytes, str]:
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return json.dumps(body).encode(), "application/json"


def multipart(request: Request) -> dict[str, tuple[str, str, bytes]]:
    """Return form parts by name: (file name, content type, bytes)."""
    return {
        _part_name(part): (
            part.get_filename() or "", part.get_content_type(), bytes(part.get_payload(decode=True) or b""),
        )
        for part in _parts(request)
    }  # fmt: skip


def multipart_names(request: Request) -> list[str]:
    """Return the names of all form parts, repeated ones too."""
    return [_part_name(part) for part in _parts(request)]


def _parts(request: Request) -> list[Any]:
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    return list(email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body).iter_parts())


def _part_name(part: Any) -> str:
    return str(part.get_param("name", header="content-disposition"))


def post_signed(address: str, body: bytes, headers: dict[str, str]) -> int:
    """POST without following redirects, like both real services."""
    request = urllib.request.Request(address, body, {"Content-Type": "application/json", **headers})  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
