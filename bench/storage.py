"""A 2 GiB video through the web server: upload, ranges, full download; speed, and the server's memory.

    .venv/bin/python -m bench.storage [--json] [--gigabytes 2] [--bucket]

A gunicorn as in `make run`, with its own empty database and media folder. `--bucket` stores in a real S3 server
(moto's, started for the run, or the one that STORAGE_ENDPOINT_URL names) and fetches the file back through the
scratch cache as a worker does. Memory is the peak resident size of all server processes, as the kernel counts it.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
BLOCK = 1024 * 1024
RANGES = 200
# moto's server reads the entire object for each range.
BUCKET_RANGES = 20
# How much the server may grow, regardless of the file's size.
FLAT_GROWTH_MB = 64


def video_make(path: Path, size: int) -> None:
    """Write a real mp4 of exactly `size` bytes: a second of video and a `free` box that players skip."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(24):
            picture = np.full((180, 320, 3), index * 10, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    block = random.Random(1).randbytes(BLOCK)
    with path.open("ab") as file:
        left = size - file.tell()
        file.write((1).to_bytes(4, "big") + b"free" + left.to_bytes(8, "big"))
        left -= 16
        while left:
            left -= file.write(block[: min(BLOCK, left)])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def process(*command: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield started
    finally:
        started.terminate()
        started.wait(30)


@contextmanager
def installation(folder: Path, port: int) -> Iterator[None]:
    """Set up an empty installation in this process's environment."""
    os.environ |= {
        "MV_DATA_DIR": str(folder),
        "PORT": str(port),
        "MV_SINGLE_USER": "false",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "mvsite.settings",
    }
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    import embedded

    embedded.postgres_start(folder)
    embedded.redis_start(folder)
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield
    finally:
        embedded.redis_stop(folder)
        embedded.postgres_stop(folder)


@contextmanager
def bucket(folder: Path) -> Iterator[None]:
    """Set up a new bucket, on moto's server unless the environment names another."""
    import boto3

    os.environ.setdefault("AWS_ACCESS_KEY_ID", "bench")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "bench")
    os.environ["STORAGE_BUCKET"] = name = f"bench-{uuid.uuid4().hex[:10]}"
    os.environ.setdefault("STORAGE_REGION", "us-east-1")
    os.environ["TMPDIR"] = str(folder)
    port = free_port()
    given = os.environ.setdefault("STORAGE_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    if given != f"http://127.0.0.1:{port}":
        boto3.client("s3", endpoint_url=given).create_bucket(Bucket=name)
        yield
        return
    with process(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port), port=port):
        boto3.client("s3", endpoint_url=given, region_name="us-east-1").create_bucket(Bucket=name)
        yield


def memory_mb(server: subprocess.Popen[bytes], field: str) -> float:
    """Return the sum over the server's processes of `VmRSS` (now) or `VmHWM` (peak), in MB."""
    total = 0
    for member in [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]:
        lines = Path(f"/proc/{member.pid}/status").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith(field))
    return total / 1024


class Client:
    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=900)
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        if isinstance(body, dict):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection.request(method, path, body=body, headers=sent)
        return connection.getresponse()

    def made(self, path: str, body: dict[str, Any]) -> Any:
        response = self.ask("POST", path, body)
        content = response.read()
        assert response.status == 201, (path, response.status, content[:500])
        return json.loads(content)

    def upload(self, path: str, file: Path) -> Any:
        mark = uuid.uuid4().hex
        disposition = 'Content-Disposition: form-data; name="file"; filename="big.mp4"'
        head = f"--{mark}\r\n{disposition}\r\n\r\n".encode()
        tail = f"\r\n--{mark}--\r\n".encode()

        def parts() -> Iterator[bytes]:
            yield head
            with file.open("rb") as source:
                while block := source.read(BLOCK):
                    yield block
            yield tail

        length = str(len(head) + file.stat().st_size + len(tail))
        response = self.ask(
            "POST", path, parts(),
            **{"Content-Type": f"multipart/form-data; boundary={mark}", "Content-Length": length},
        )  # fmt: skip
        body = response.read()
        assert response.status == 202, (response.status, body[:500])
        return json.loads(body)


def timed_upload(client: Client, file: Path) -> tuple[str, float]:
    """Return (id of the stored asset, seconds)."""
    project = client.made("/api/mv/projects", {"title": "bench", "idea": "bench"})["id"]
    client.made(f"/api/mv/projects/{project}/scenes", {"prompt": "bench", "duration": 1})
    started = time.perf_counter()
    client.upload(f"/api/mv/projects/{project}/scenes/1/upload", file)
    seconds = time.perf_counter() - started
    from apps.assets.models import Asset

    return str(Asset.objects.get(size_bytes=file.stat().st_size).pk), seconds


def timed_download(client: Client, url: str, sha256: str) -> float:
    """Return the seconds to download the whole file, read in blocks and verified."""
    digest = hashlib.sha256()
    started = time.perf_counter()
    response = client.ask("GET", url)
    source = urllib.request.urlopen(response.headers["Location"]) if response.status == 302 else response  # noqa: S310
    while block := source.read(BLOCK):
        digest.update(block)
    assert digest.hexdigest() == sha256, "the downloaded bytes differ"
    return time.perf_counter() - started


def timed_ranges(client: Client, url: str, file: Path, count: int) -> float:
    """Return 1 MiB ranges per second, at positions a user dragging the slider would request."""
    chance, size = random.Random(2), file.stat().st_size
    target = client.ask("HEAD", url)
    assert target.status == 200
    started = time.perf_counter()
    with file.open("rb") as source:
        for _ in range(count):
            first = chance.randrange(size - BLOCK)
            response = client.ask("GET", url, Range=f"bytes={first}-{first + BLOCK - 1}")
            if response.status == 302:
                request = urllib.request.Request(  # noqa: S310
                    response.headers["Location"], headers={"Range": f"bytes={first}-{first + BLOCK - 1}"}
                )
                response = urllib.request.urlopen(request)  # noqa: S310
            assert response.status == 206
            source.seek(first)
            assert response.read() == source.read(BLOCK)
    return count / (time.perf_counter() - started)


def warm_up(client: Client, folder: Path) -> None:
    """Make each process load everything it loads once, so that the measured growth is the file's."""
    for number in range(8):
        small = folder / "small.mp4"
        video_make(small, BLOCK + number)
        asset_id, _ = timed_upload(client, small)
        client.ask("GET", f"/api/mv/get_video/{asset_id}").read()


def worker_fetch_seconds(asset_id: str) -> float:
    from apps.assets.models import Asset
    from apps.assets.services import asset_local_copy

    started = time.perf_counter()
    with asset_local_copy(Asset.objects.get(pk=asset_id)) as path:
        assert path.stat().st_size
    return time.perf_counter() - started


def measure(folder: Path, size: int, *, with_bucket: bool) -> dict[str, Any]:
    file = folder / "big.mp4"
    video_make(file, size)
    sha256 = hashlib.sha256()
    with file.open("rb") as source:
        while block := source.read(BLOCK):
            sha256.update(block)
    port = free_port()
    with installation(folder / "data", port):
        from apps.accounts.models import User
        from apps.accounts.services import token_create

        _, token = token_create(by=User.objects.create_user("bench"), name="bench")
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "mvsite/gunicorn_conf.py", "mvsite.wsgi"]
        with process(*gunicorn, port=port) as server:
            client = Client(port, token)
            warm_up(client, folder)
            before = memory_mb(server, "VmHWM")
            asset_id, upload_seconds = timed_upload(client, file)
            url = f"/api/mv/get_video/{asset_id}"
            ranges = BUCKET_RANGES if with_bucket else RANGES
            facts: dict[str, Any] = {
                "size_mb": round(size / 1e6, 1),
                "storage": "bucket" if with_bucket else "disk",
                "upload_mb_per_second": round(size / 1e6 / upload_seconds, 1),
                "ranges_per_second": round(timed_ranges(client, url, file, ranges), 1),
                "download_mb_per_second": round(size / 1e6 / timed_download(client, url, sha256.hexdigest()), 1),
            }
            peak = memory_mb(server, "VmHWM")
        if with_bucket:
            facts["worker_fetch_mb_per_second"] = round(size / 1e6 / worker_fetch_seconds(asset_id), 1)
            facts["worker_peak_rss_mb"] = round(memory_of_self(), 1)
        left = sum(path.stat().st_size for path in (folder / "data" / "media").rglob("*") if path.is_file())
        facts["left_on_local_disk_mb"] = round(left / 1e6, 1)
    facts |= {"server_rss_before_mb": round(before, 1), "peak_rss_mb": round(peak, 1)}
    return {**facts, "rss_growth_mb": round(peak - before, 1), "flat": peak - before < FLAT_GROWTH_MB}


def memory_of_self() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--gigabytes", type=float, default=2.0, help="GiB of the file")
    parser.add_argument("--bucket", action="store_true", help="store in an S3 bucket instead of the disk")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mvsite-bench-"))
    size = int(options.gigabytes * 1024**3)
    try:
        if options.bucket:
            with bucket(folder):
                facts = measure(folder, size, with_bucket=True)
        else:
            facts = measure(folder, size, with_bucket=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in facts.items():
        print(f"{name:>28}  {value}")
    if options.json:
        print(json.dumps(facts))
    sys.exit(0 if facts["flat"] else 1)


if __name__ == "__main__":
    main()
