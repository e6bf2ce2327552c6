"""The folders of the embedded servers' data and sockets, and their owners."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# A Unix socket's path may have 108 bytes on Linux with the terminating zero, 104 on macOS. At most
# "/.s.PGSQL.5432.lock" is added to the folder.
SOCKET_FOLDER_LIMIT = 80
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


class EmbeddedServiceError(Exception):
    """An embedded server can't be used; the message says what to do, or where its log is."""


def socket_folder(data_dir: Path, name: str) -> Path:
    """Return the folder for a server's socket: its data folder, or one for temporary files if that path won't work.

    A path won't work if it is too long for a socket, or if it has characters that mean something in a URL (a comma
    separates hosts).
    """
    folder = data_dir / name
    if _socket_fits(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"mvsite-{os.getuid()}-{digest}"
    # TMPDIR may itself be too long. The folder is created for its owner only, and refused if another user owns it.
    return short if _socket_fits(short) else Path("/tmp") / short.name  # noqa: S108


def _socket_fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) <= SOCKET_FOLDER_LIMIT and PLAIN_PATH.fullmatch(str(folder)) is not None


def socket_folder_create(data_dir: Path, name: str, *, owner: int) -> Path:
    """Create the socket's folder for `owner` only. Raises EmbeddedServiceError if another user owns it."""
    folder = socket_folder(data_dir, name)
    if folder == data_dir / name:
        return folder
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in {os.geteuid(), owner}:
        raise EmbeddedServiceError(
            f"{folder} belongs to another user. Remove it, or set MV_DATA_DIR to a shorter path."
        )
    os.chown(folder, owner, -1)
    return folder


def socket_folder_remove(data_dir: Path, name: str) -> None:
    """Remove the folder in /tmp once its server has stopped and it is empty."""
    folder = socket_folder(data_dir, name)
    if folder != data_dir / name:
        with contextlib.suppress(OSError):
            folder.rmdir()


@contextlib.contextmanager
def services_lock(data_dir: Path) -> Iterator[None]:
    """Hold the lock that lets one process at a time start or stop a data folder's servers."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "services.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def access_check(data_dir: Path) -> None:
    """Create the data folder. Raises ImproperlyConfigured, with what to do, if that fails or another user owns it
    (after `sudo make run`)."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {data_dir} can't be created ({error.strerror}). Set MV_DATA_DIR to a folder you own."
        ) from error
    for name in ("", "secret_key", "services.lock", "postgres", "redis", "media", "scratch", "segments"):
        path = data_dir / name
        if os.access(path, os.F_OK) and not os.access(path, os.R_OK | (os.X_OK | os.W_OK if path.is_dir() else 0)):
            me = _user_name(os.geteuid())
            raise ImproperlyConfigured(
                f"{path} belongs to {_user_name(path.stat().st_uid)}, so {me} can't use it: another user has started "
                f"mvsite here before. Take ownership with `sudo chown -R {me} '{data_dir}'`, or keep your data "
                "elsewhere with MV_DATA_DIR=~/mvsite-data in the environment or in .env."
            )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def log_tail(path: Path, lines: int = 8) -> str:
    """Return the last lines of a server's log, for an error message."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
