"""Encoded segments on disk, named by the hash of everything that determines them.

The cache is shared by projects and processes, survives restarts and has a size limit. An entry is a file with a JSON
note of its size and hash, and is valid only when they match. A shared `flock` marks an entry in use: the kernel
releases it when a process dies, and eviction skips entries it can't lock exclusively.
"""

import fcntl
import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from engines.media.mp4 import Track

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Entry:
    path: Path
    facts: Mapping[str, Any]


@dataclass
class SegmentCache:
    root: Path
    max_bytes: int

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """Open a session; entries fetched or added in it are kept until the block ends."""
        self.root.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            yield Session(self, held)
        self.evict()

    def evict(self) -> int:
        """Delete the least recently used entries until the cache fits; return the bytes freed."""
        self._sweep_unfinished()
        found = []
        for file in self.root.glob("??/*"):
            try:
                found.append((file.stat(), file))
            except FileNotFoundError:
                continue  # another process is evicting
        surplus = sum(status.st_size for status, _ in found) - self.max_bytes
        freed = 0
        for status, file in sorted(found, key=lambda item: item[0].st_mtime):
            if freed >= surplus:
                break
            if file.suffix != ".json" and _delete_unused(file):
                freed += status.st_size
                logger.info("segment_evicted", key=file.stem, bytes=status.st_size)
        return freed

    def _sweep_unfinished(self) -> None:
        """Delete work files left by dead processes: no segment takes a day."""
        for file in self.root.glob("making/*"):
            with suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime > 86400:
                    file.unlink()

    def file(self, key: str, suffix: str) -> Path:
        return self.root / key[:2] / f"{key}{suffix}"


@dataclass
class Session:
    """One job's use of the cache."""

    cache: SegmentCache
    held: ExitStack
    _open: dict[Path, Entry] = field(default_factory=dict)

    def get(self, key: str, suffix: str = ".mp4") -> Entry | None:
        """Return the entry, locked and verified, or None. Delete it if it is damaged."""
        path = self.cache.file(key, suffix)
        if path in self._open:
            return self._open[path]
        if not self._lock(path):
            return None
        entry = _sound_entry(path)
        if entry is None:
            logger.warning("segment_damaged", key=key)
            path.unlink(missing_ok=True)
            return None
        os.utime(path)
        self._open[path] = entry
        return entry

    def has(self, key: str, suffix: str = ".mp4") -> bool:
        """Return whether there is an entry, without reading it: `get` may still find it damaged."""
        return self.cache.file(key, suffix).exists()

    def add(self, key: str, file: Path, facts: Mapping[str, Any], suffix: str = ".mp4") -> Entry:
        """Move a finished file in. If two processes add the same entry, one harmlessly replaces the other."""
        path = self.cache.file(key, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_json(_note_of(path), {"size": file.stat().st_size, "sha256": file_sha256(file), "facts": dict(facts)})
        file.replace(path)
        self._lock(path)
        entry = Entry(path, dict(facts))
        self._open[path] = entry
        return entry

    def workfile(self, key: str) -> Path:
        """Return a path for creating an entry, on the cache's own file system so that moving it in is atomic."""
        folder = self.cache.root / "making"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{key[:16]}-{uuid.uuid4().hex}.mp4"

    def note(self, key: str) -> dict[str, Any] | None:
        """Return a stored fact, such as that a clip decodes without errors."""
        try:
            remembered: dict[str, Any] = json.loads(self.cache.file(key, ".note").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return remembered

    def write_note(self, key: str, facts: Mapping[str, Any]) -> None:
        _write_json(self.cache.file(key, ".note"), facts)

    def _lock(self, path: Path) -> bool:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        self.held.callback(file.close)
        fcntl.flock(file, fcntl.LOCK_SH)
        # The file may have been evicted between opening and locking.
        return path.exists() and os.fstat(file.fileno()).st_ino == path.stat().st_ino


def content_key(**facts: Any) -> str:
    """Hash facts that JSON can hold, in a fixed order."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def track_sha256(track: Track) -> str:
    """Hash the samples' bytes in order, read in contiguous runs."""
    digest = hashlib.sha256()
    ends = np.flatnonzero(track.offsets[1:] != track.offsets[:-1] + track.sizes[:-1]) + 1
    bounds = [0, *ends.tolist(), len(track)]
    with track.path.open("rb") as file:
        for first, last in pairwise(bounds):
            if first == last:
                continue
            file.seek(int(track.offsets[first]))
            digest.update(file.read(int(track.sizes[first:last].sum())))
    return digest.hexdigest()


def _note_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _sound_entry(path: Path) -> Entry | None:
    try:
        note = json.loads(_note_of(path).read_text())
        whole = path.stat().st_size == note["size"] and file_sha256(path) == note["sha256"]
        return Entry(path, note["facts"]) if whole else None
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _delete_unused(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            _note_of(path).unlink(missing_ok=True)
    except (FileNotFoundError, BlockingIOError):
        return False
    return True


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    part.write_text(json.dumps(content))
    part.replace(path)
