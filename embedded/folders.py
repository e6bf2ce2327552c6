"""Where the embedded servers keep data and sockets, and who owns them."""

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

# Linux allows 108 bytes for a unix socket's path with the terminating zero, macOS 104; what is added
# to the folder is at most "/.s.PGSQL.5432.lock".
SOCKET_FOLDER_LIMIT = 80
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


class EmbeddedServiceError(Exception):
    """An embedded server cannot be used; the message says what to do, or where its log is."""


def socket_folder(data_dir: Path, name: str) -> Path:
    """The folder of a server's socket: its data folder, or one for temporary files where that path would not do.

    That is a path too long for a socket, or with signs that mean something in a URL (a comma parts hosts).
    """
    folder = data_dir / name
    if _socket_fits(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"mvsite-{os.getuid()}-{digest}"
    # TMPDIR may itself be long or odd. The folder is made for its owner alone, and refused where somebody else has it.
    return short if _socket_fits(short) else Path("/tmp") / short.name  # noqa: S108


def _socket_fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) <= SOCKET_FOLDER_LIMIT and PLAIN_PATH.fullmatch(str(folder)) is not None


def socket_folder_make(data_dir: Path, name: str, *, owner: int) -> Path:
    """Make the socket's folder for `owner` alone. Raises when somebody else made it first."""
    folder = socket_folder(data_dir, name)
    if folder == data_dir / name:
        return folder
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in {os.geteuid(), owner}:
        raise EmbeddedServiceError(
            f"{folder} belongs to somebody else. Remove it, or set MV_DATA_DIR to a shorter path."
        )
    os.chown(folder, owner, -1)
    return folder


def socket_folder_remove(data_dir: Path, name: str) -> None:
    """Take the folder in /tmp away again, once its server stopped and it is empty."""
    folder = socket_folder(data_dir, name)
    if folder != data_dir / name:
        with contextlib.suppress(OSError):
            folder.rmdir()


@contextlib.contextmanager
def services_lock(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops the servers of a data folder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "services.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def access_check(data_dir: Path) -> None:
    """Make the data folder. Raises, with the cure, when that fails or another user made it (`sudo make run`)."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {data_dir} cannot be made ({error.strerror}). Set MV_DATA_DIR to a folder of yours."
        ) from error
    for name in ("", "secret_key", "services.lock", "postgres", "redis", "media", "scratch", "segments"):
        path = data_dir / name
        if os.access(path, os.F_OK) and not os.access(path, os.R_OK | (os.X_OK | os.W_OK if path.is_dir() else 0)):
            me = _user_name(os.geteuid())
            raise ImproperlyConfigured(
                f"{path} belongs to {_user_name(path.stat().st_uid)}, and {me} may not use it: mvsite was started "
                f"by another user before. Take it over with `sudo chown -R {me} '{data_dir}'`, or keep your own "
                "data elsewhere with MV_DATA_DIR=~/mvsite-data in the environment or in .env."
            )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def log_tail(path: Path, lines: int = 8) -> str:
    """The last lines of a server's log, for an error message."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
