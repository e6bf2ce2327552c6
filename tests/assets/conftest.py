"""Fixtures: really encoded media, a media folder per test, and an S3 server behind a fault proxy."""

import os
import shutil
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import boto3
import numpy as np
import pytest
from botocore.config import Config
from celery import current_app
from PIL import Image

from tests.fakes.s3_proxy import s3_proxy
from tests.server import closed_port
from tests.waiting import wait_for


def video_make(path: Path, *, frames: int = 12, size: tuple[int, int] = (96, 64)) -> Path:
    """An H.264 clip of `frames` frames at 24 fps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(frames):
            picture = np.full((size[1], size[0], 3), index * 7 % 255, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def audio_make(path: Path, *, seconds: float = 1.0) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        samples = (np.sin(np.arange(int(8000 * seconds)) / 8) * 9000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def clip_master(tmp_path_factory):
    return video_make(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture
def clip(clip_master, tmp_path):
    """A fresh file that the test may move or delete."""
    return Path(shutil.copy(clip_master, tmp_path / "clip.mp4"))


@pytest.fixture
def song(tmp_path):
    return audio_make(tmp_path / "song.wav")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.new("RGB", (40, 30), "teal").save(path)
    return path


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    settings.KEEP_LOCAL_FILES = False
    settings.STORAGE_BUCKET = ""
    settings.PUBLIC_URL = ""
    return settings


@pytest.fixture(scope="session")
def s3_endpoint():
    """A real S3 server: moto's in a separate process, or the one TEST_S3_ENDPOINT_URL points to.

    The latter takes its keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """
    given = os.environ.get("TEST_S3_ENDPOINT_URL")
    if given:
        yield given
        return
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "testing"
    port = closed_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _listens(port) or server.poll() is not None, seconds=120, what="the S3 server", step=0.05)
        assert server.poll() is None
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def proxy(s3_endpoint):
    parts = urlsplit(s3_endpoint)
    with s3_proxy((parts.hostname, parts.port or 80)) as running:
        yield running


@pytest.fixture
def s3_client(s3_endpoint):
    """A client that talks to the server directly, bypassing the proxy and our code."""
    config = Config(
        signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required"
    )
    return boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1", config=config)


@pytest.fixture
def bucket(folders, proxy, s3_client, settings):
    """A fresh bucket, configured for the installation and reached through the fault proxy."""
    name = settings.STORAGE_BUCKET = f"mvsite-test-{uuid.uuid4().hex[:12]}"
    settings.STORAGE_ENDPOINT_URL = proxy.url
    settings.STORAGE_PUBLIC_ENDPOINT_URL = ""
    settings.STORAGE_REGION = "us-east-1"
    s3_client.create_bucket(Bucket=name)
    yield name
    for page in s3_client.get_paginator("list_objects_v2").paginate(Bucket=name):
        for entry in page.get("Contents", []):
            s3_client.delete_object(Bucket=name, Key=entry["Key"])
    for upload in s3_client.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3_client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    s3_client.delete_bucket(Bucket=name)


@pytest.fixture
def messages():
    """Take all messages off a queue, as (task, arguments)."""

    def taken(name: str) -> list[tuple[str, dict[str, object]]]:
        found: list[Any] = []
        with current_app.connection_or_acquire() as connection:
            queue = connection.SimpleQueue(name)
            while True:
                try:
                    message = queue.get(block=False)
                except queue.Empty:
                    return found
                message.ack()
                found.append((message.headers["task"], message.payload[1]))

    taken("housekeeping")  # left over from an earlier test
    return taken
