"""The commit this process is running, which shows whether someone forgot to rebuild or restart."""

import subprocess
from functools import lru_cache
from pathlib import Path

from mvsite import env

PROJECT = Path(__file__).resolve().parent.parent
UNKNOWN = "unknown"


@lru_cache(maxsize=1)
def commit() -> str:
    """Return the commit from MV_COMMIT, the image's COMMIT file, or git's HEAD.

    It is read once, as the process starts, because code pulled later is not what the process is running.
    """
    return env.text("MV_COMMIT") or _from_file() or _from_git() or UNKNOWN


def _from_file() -> str:
    path = PROJECT / "COMMIT"
    return path.read_text().strip() if path.exists() else ""


def _from_git() -> str:
    if not (PROJECT / ".git").exists():
        return ""
    try:
        # The checkout may belong to another user; reading its HEAD doesn't run any of its code.
        command = ["git", "-c", f"safe.directory={PROJECT}", "-C", str(PROJECT), "rev-parse", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
