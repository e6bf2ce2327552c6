"""What runs: the studio as `make run` starts it, the paid services' fakes, and an S3 server behind a line that breaks.

moto's server keeps objects in memory, so it is not killed itself: the proxy in front of it is. To the studio that is a
server which dies at any byte and comes back with everything that it had confirmed.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.orchestration import ROOT, child
from launcher.fake_providers import LAST_SETTING
from tests.server import closed_port

BUCKET = "chaos"
START_SECONDS = 300.0
STOP_SECONDS = 60.0
CLONE_NEWNS = 0x00020000
# The disk of the data folder. PostgreSQL's log alone may need one of the three.
DISK_BYTES = 3 * 1024**3
# Short, so that the studio notices in seconds what takes it half a minute otherwise.
STUDIO_SETTINGS = {
    "MV_JOB_HEARTBEAT_SECONDS": "3",
    "MV_JOB_SILENT_SECONDS": "12",
    "MV_JOB_UNKNOWN_DELAY_SECONDS": "3",
    "MV_SINGLE_USER": "true",
    "LOG_FORMAT": "json",
    "PYTHON_DOTENV_DISABLED": "true",
}


@contextmanager
def small_disk(folder: Path) -> Iterator["Disk | None"]:
    """Give the folder a disk of its own, seen by this process and its children only. Yields None where that isn't
    allowed. It starts no thread, and must come before the first one."""
    folder.mkdir(parents=True)
    library = ctypes.CDLL(None, use_errno=True)
    own = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "chaos", str(folder)]
    mounts = [["mount", "--make-rprivate", "/"], own]
    try:
        if not sys.platform.startswith("linux") or library.unshare(CLONE_NEWNS):
            raise OSError("no mounts of its own")
        for command in mounts:
            subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False, capture_output=True)


@dataclass
class Disk:
    """A disk whose size can be changed, which needs no memory as a file that fills it would."""

    folder: Path
    filled: int = 0

    def fill(self) -> bool:
        """Leave no room. Returns whether that worked: somebody may write at the same moment."""
        for _ in range(10):
            used = os.statvfs(self.folder)
            if self._resize((used.f_blocks - used.f_bfree) * used.f_frsize):
                self.filled += 1
                return True
        return False

    def free(self) -> None:
        self._resize(DISK_BYTES)

    def _resize(self, size: int) -> bool:
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


@dataclass
class Fakes:
    """The paid services, in a process that is never killed: they keep the bills."""

    settings: Mapping[str, str]

    @property
    def urls(self) -> dict[str, str]:
        chat, replicate, sync_so, *_ = self.settings["MV_ALLOWED_FETCH_HOSTS"].split(",")
        return {"chat": f"http://{chat}", "replicate": f"http://{replicate}", "sync_so": f"http://{sync_so}"}

    def fail(self, name: str, **facts: Any) -> None:
        request = urllib.request.Request(f"{self.urls[name]}/_control", json.dumps(facts).encode())  # noqa: S310
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310

    def heal(self, name: str) -> None:
        self.fail(name, heal=True)

    def bills(self, name: str) -> list[dict[str, str]]:
        with urllib.request.urlopen(f"{self.urls[name]}/_bills", timeout=60) as response:  # noqa: S310
            found: list[dict[str, str]] = json.load(response)
            return found


@contextmanager
def fakes(latency_seconds: float) -> Iterator[Fakes]:
    arguments = ("-m", "tests.fakes.run", "--latency", str(latency_seconds))
    with child(*arguments, stdout=subprocess.PIPE) as process:
        settings: dict[str, str] = {}
        for line in process.stdout or ():
            name, _, value = line.strip().partition("=")
            settings[name] = value
            if name == LAST_SETTING:
                break
        yield Fakes(settings)


@dataclass
class Line:
    """The S3 server as the studio sees it."""

    port: int
    upstream: str
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.fakes.s3_proxy", str(self.port), self.upstream]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True, start_new_session=True)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def fail(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Replace the faults. A line that was just killed has none."""
        if self.process and self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(json.dumps(list(faults)) + "\n")
                self.process.stdin.flush()


@contextmanager
def s3_server(folder: Path) -> Iterator[Line]:
    """Run the S3 server with an empty bucket, and the line to it, and point the environment at the line."""
    import boto3

    os.environ |= {
        "AWS_ACCESS_KEY_ID": "chaos", "AWS_SECRET_ACCESS_KEY": "chaos", "STORAGE_BUCKET": BUCKET,
        "STORAGE_REGION": "us-east-1", "TMPDIR": str(folder),
    }  # fmt: skip
    server, line = closed_port(), Line(closed_port(), "")
    line.upstream = f"127.0.0.1:{server}"
    os.environ["STORAGE_ENDPOINT_URL"] = f"http://127.0.0.1:{line.port}"
    command = ("-m", "moto.server", "-H", "127.0.0.1", "-p", str(server))
    with child(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        line.start()
        try:
            client = boto3.client("s3", endpoint_url=f"http://{line.upstream}", region_name="us-east-1")
            until(lambda: _made(client), seconds=START_SECONDS, what="the S3 server")
            yield line
        finally:
            line.kill()


def _made(client: Any) -> bool:
    from botocore.exceptions import BotoCoreError

    try:
        client.create_bucket(Bucket=BUCKET)
    except BotoCoreError:
        return False
    return True


@dataclass
class Studio:
    """`make run` with everything it starts."""

    data_dir: Path
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launcher.run"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def problems(self) -> list[str]:
        """Return what `/readyz` complains about, but for a disk that is small by design."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as response:  # noqa: S310
                found = json.load(response)["problems"]
        except urllib.error.HTTPError as error:
            found = json.load(error)["problems"]
        except (OSError, ValueError) as error:
            return [str(error)]
        return [problem for problem in found if "Free some space" not in problem]

    def ready_await(self) -> None:
        def ready() -> bool:
            if self.process is None or self.process.poll() is not None:
                raise SystemExit(f"the studio did not start; its log is {self.log}")
            return not self.problems()

        until(ready, seconds=START_SECONDS, what=f"the studio (its log is {self.log})")

    def pids(self, target: str) -> list[int]:
        """Return the processes of a program or server, its first process first; none while it is down."""
        files = {"postgres": "postgres/postmaster.pid", "valkey": "redis/redis.pid"}
        if target in files:
            with contextlib.suppress(OSError, ValueError, IndexError):
                return [int((self.data_dir / files[target]).read_text().split()[0])]
            return []
        name, _, part = target.partition("_")
        found = self._programs().get(name, [])
        return found[1:] if part == "child" else found

    def _programs(self) -> dict[str, list[int]]:
        """Return what runs below the supervisor by name. The oldest process of each comes first."""
        programs: dict[str, list[int]] = {}
        if self.process is None:
            return programs
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    programs.setdefault(_name_of(process.cmdline()), []).append(process.pid)
        return programs

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()


def _name_of(command: Sequence[str]) -> str:
    if "gunicorn" in command:
        return "web"
    if "celery" in command:
        return command[command.index("-Q") + 1].partition(",")[0] if "-Q" in command else "beat"
    return ""


@contextmanager
def studio(folder: Path, data_dir: Path, settings: Mapping[str, str]) -> Iterator[Studio]:
    """Start the studio with its own database, broker and folder; yields when it is ready. `settings` are the fakes'."""
    port = closed_port()
    for name in ("DATABASE_URL", "REDIS_URL", "HOST"):
        os.environ.pop(name, None)
    url = f"http://127.0.0.1:{port}"
    os.environ |= {
        **settings, **STUDIO_SETTINGS, "MV_DATA_DIR": str(data_dir), "PORT": str(port), "PUBLIC_URL": url,
        "DJANGO_SETTINGS_MODULE": "mvsite.settings",
    }  # fmt: skip
    # Results come from the fakes and the bucket, which are on this machine.
    os.environ["MV_ALLOWED_FETCH_HOSTS"] += f",127.0.0.1:{port},{os.environ['STORAGE_ENDPOINT_URL'][len('http://') :]}"
    running = Studio(data_dir, port, folder / "studio.log")
    with ExitStack() as stack:
        stack.callback(_servers_stop, data_dir)
        stack.callback(running.stop)
        running.start()
        running.ready_await()
        yield running


def _servers_stop(data_dir: Path) -> None:
    import embedded

    embedded.redis_stop(data_dir)
    embedded.postgres_stop(data_dir)


def until(condition: Any, *, seconds: float, what: str) -> None:
    """Wait until it holds. Raises SystemExit if it doesn't in time."""
    ends_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends_at:
            raise SystemExit(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.2)
