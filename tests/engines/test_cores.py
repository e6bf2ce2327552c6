import os
import subprocess
import sys
from pathlib import Path

import pytest

from engines.cores import usable_cores

MACHINE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def machine(root: Path, groups: str, **files: str) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V1 = "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/system.slice\n"


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        ("0::/\n", {"cpu.max": "100000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, MACHINE),
        ("0::/\n", {"cpu.max": "9900000 100000\n"}, MACHINE),
        ("0::/kubepods/pod1\n", {"kubepods/pod1/cpu.max": "max 100000", "kubepods/cpu.max": "100000 100000"}, 1),
        # The container's own view: the path it gets exists only on the host.
        (V1, {"cpu,cpuacct/cpu.cfs_quota_us": "100000", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, 1),
        (V1, {"cpu/docker/abc/cpu.cfs_quota_us": "25000", "cpu/docker/abc/cpu.cfs_period_us": "100000"}, 1),
        (V1, {"cpu/docker/abc/cpu.cfs_quota_us": "-1", "cpu/docker/abc/cpu.cfs_period_us": "100000"}, MACHINE),
        ("0::/../../other\n", {"cpu.max": "100000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "nonsense"}, MACHINE),
        ("0::/\n", {"cpu.max": "100000 0"}, MACHINE),
        ("0::/a:b\n", {"a:b/cpu.max": "100000 100000"}, 1),
    ],
)
def test_a_container_quota_is_respected(tmp_path, groups, files, cores):
    assert usable_cores(machine(tmp_path, groups, **files)) == cores


def test_without_cgroups_the_machines_cores_count(tmp_path):
    assert usable_cores(tmp_path) == MACHINE


def test_without_affinity_masks_the_machine_counts(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    assert usable_cores(tmp_path) == os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux has affinity masks")
def test_an_affinity_mask_is_respected():
    one = next(iter(os.sched_getaffinity(0)))
    found = subprocess.run(
        [sys.executable, "-c", "from engines.cores import usable_cores; print(usable_cores())"],
        preexec_fn=lambda: os.sched_setaffinity(0, {one}),
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert found.stdout.strip() == "1"


def test_only_the_helper_counts_cores():
    """Encoders, proofs, workers, benchmarks and tests all use the same helper."""
    own = [
        str(file)
        for folder in ("apps", "bench", "mvsite", "tests", "workers")
        for file in Path(folder).rglob("*.py")
        if "os.cpu_" + "count" in file.read_text() and file.name not in {"cores.py", "test_cores.py"}
    ]
    assert own == []
