"""One supervisor per data folder. The kernel frees the lock however its holder ends."""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def run_lock(data_dir: Path, facts: dict[str, object]) -> Iterator[dict[str, object] | None]:
    """Hold the lock of this data folder, which the kernel gives free however we end; yields who has it, or None."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield _facts(stream)
            return
        stream.truncate(0)
        stream.write(json.dumps(facts))
        stream.flush()
        yield None


def _facts(stream: IO[str]) -> dict[str, object]:
    stream.seek(0)
    try:
        facts: dict[str, object] = json.loads(stream.read())
    except ValueError:
        # Its holder is about to write them.
        return {"kind": "unknown"}
    return facts


def is_locked(data_dir: Path) -> bool:
    with (data_dir / "run.lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
