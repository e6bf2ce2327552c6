"""Which commit this process runs, so that a rebuild or a restart that was forgotten can be seen."""

import subprocess
from functools import lru_cache
from pathlib import Path

from mvsite import env

PROJECT = Path(__file__).resolve().parent.parent
UNKNOWN = "unknown"


@lru_cache(maxsize=1)
def commit() -> str:
    """The commit as it was when this process first asked: MV_COMMIT, the image's COMMIT file, or git's HEAD.

    Asked for once while a process starts: code pulled in later is not what it runs.
    """
    return env.text("MV_COMMIT") or _from_file() or _from_git() or UNKNOWN


def _from_file() -> str:
    path = PROJECT / "COMMIT"
    return path.read_text().strip() if path.exists() else ""


def _from_git() -> str:
    if not (PROJECT / ".git").exists():
        return ""
    try:
        # The owner of a checkout may be another user; reading its HEAD runs nothing of it.
        command = ["git", "-c", f"safe.directory={PROJECT}", "-C", str(PROJECT), "rev-parse", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
