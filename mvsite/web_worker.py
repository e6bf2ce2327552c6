"""gunicorn's threaded worker with a separate thread for `/healthz`, which responds even if all others are busy."""

import re
import selectors
import socket
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# A probe's whole request fits into this; anything larger goes to the other threads.
PEEK_BYTES = 8192
PROBE = re.compile(rb"(?:GET|HEAD) /healthz(?:\?\S*)? HTTP/1\.[01]\r\n")
# The probe thread would have to wait for the rest of such a request.
HAS_BODY = re.compile(rb"\r\n(?:content-length|transfer-encoding|expect):", re.IGNORECASE)


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Checks a new connection's first bytes before giving it a thread."""

    def get_thread_pool(self) -> Executor:
        return _Pools(self.cfg.threads)

    def accept(self, listener: socket.socket) -> None:
        """Same as the original, except that the connection waits for its first bytes in the poller, not in a thread."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # the other process accepted it first, or the client is gone
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(connection)
        self.poller.register(client, selectors.EVENT_READ, partial(self.on_pending_socket_readable, connection))


class _Pools(ThreadPoolExecutor):
    """The worker's threads, plus one for probes."""

    def __init__(self, threads: int) -> None:
        super().__init__(max_workers=threads)
        self._probes = ThreadPoolExecutor(max_workers=1)

    def submit(self, handle: Any, /, *arguments: Any, **options: Any) -> Any:
        connection = arguments[0]
        # If the parser has read ahead, the next request does not start in the socket.
        read_ahead = connection.parser is not None and connection.parser.unreader.buf.getvalue()
        if not read_ahead and is_probe(connection.sock):
            return self._probes.submit(handle, connection)
        return super().submit(handle, *arguments, **options)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._probes.shutdown(wait=wait, cancel_futures=cancel_futures)
        super().shutdown(wait=wait, cancel_futures=cancel_futures)


def is_probe(client: socket.socket) -> bool:
    """Return whether a complete request for /healthz has arrived, without reading from the socket."""
    try:
        start = client.recv(PEEK_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    head, end, _ = start.partition(b"\r\n\r\n")
    return bool(end and PROBE.match(start) and not HAS_BODY.search(head))
