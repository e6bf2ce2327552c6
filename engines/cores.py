"""How many processors this process may use, which decides how many encoders, proofs and workers run in parallel."""

import math
import os
from collections.abc import Iterator
from pathlib import Path


def usable_cores(root: Path = Path("/")) -> int:
    """Return the number of processors allowed by the affinity mask and the container's quota (cgroup v1 or v2); at
    least 1. A quota of one and a half counts as two."""
    # macOS has no affinity masks.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *(math.ceil(quota) for quota in _quotas(root))]))


def _quotas(root: Path) -> Iterator[float]:
    """Yield the quotas of the process's group and its ancestors: each limits the groups inside it."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return  # not Linux
    mounts = root / "sys/fs/cgroup"
    for line in lines:
        _, names, path = line.split(":", 2)
        if not names:
            # On hybrid systems v2 is mounted next to v1.
            for mount in (mounts, mounts / "unified"):
                yield from _quotas_upwards(mount, path)
        elif "cpu" in names.split(","):
            for mount in (mounts / "cpu", mounts / names):
                yield from _quotas_upwards(mount, path)


def _quotas_upwards(mount: Path, path: str) -> Iterator[float]:
    """Yield the quotas from `path` up to the mount. A container may see its group as the root, or under a path that
    exists only on the host: a missing folder is no limit."""
    group = Path(path.lstrip("/"))
    if ".." not in group.parts:
        for folder in (group, *group.parents):
            yield from _quota(mount / folder)
    else:
        yield from _quota(mount)


def _quota(folder: Path) -> Iterator[float]:
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        if quota not in {"max", "-1"}:
            yield int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return
