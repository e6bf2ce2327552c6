"""How fast the draft lip-sync is, including face detection.

    .venv/bin/python -m bench.lipsync [--seconds 8] [--processes 2] [--video FILE] [--audio FILE] [--keep FILE] [--json]

Without files, a close-up is drawn and its record of the mouth removed, so that the face has to be detected. Speed is
reported for all cores together and by processor time; the baseline of the same run only decodes the same clip and
encodes it as a final one. The last line with --json is {"realtime", "cpu_ms_per_frame",
"against_encoding", …}.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

# Leave the installation's own data alone.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
os.environ.setdefault("MV_DATA_DIR", tempfile.mkdtemp(prefix="mvsite-bench-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django

django.setup()

import av  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.flavors.discovery import discover  # noqa: E402
from apps.flavors.registry import build_snapshot  # noqa: E402
from apps.providers.base import VideoRequest  # noqa: E402
from apps.providers.draft.provider import DraftProvider  # noqa: E402
from apps.songs.synthesis import SAMPLE_PARTS, sample_song, write_audio  # noqa: E402
from engines.cores import usable_cores  # noqa: E402
from engines.draft.lipsync.sync import Part, SyncFacts, lipsync_clip, own_format  # noqa: E402
from engines.media.formats import Encoding, pyav_add_stream, pyav_container_options  # noqa: E402
from engines.media.probe import probe_media  # noqa: E402

SINGER = "Close-up of Mara in a red coat with dark hair, who sings on a rooftop at dusk. The camera pushes in."
REPEATS = 3


def draw_clip(seconds: float, folder: Path) -> Path:
    """Draw a close-up at 720p without its record of the mouth."""
    values = dict(build_snapshot(discover(settings.CONFIGS_DIR), {}).resolved["default", "video_params"].values)
    request = VideoRequest(prompt=SINGER, duration_seconds=seconds, width=1280, height=720, settings=values)
    (folder / "drawn").mkdir()
    made = DraftProvider().make(request, into=folder / "drawn", progress=lambda *_: None, cancelled=lambda: False)
    path = folder / "clip.mp4"
    with av.open(str(made.files[0].path)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


def sync(video: Path, audio: Path, into: Path) -> tuple[float, SyncFacts]:
    """Lip-sync once; return the processor time in seconds and the facts."""
    started = time.process_time()
    facts = lipsync_clip(
        video, [Part(0.0, float("inf"), audio)], into, expressiveness=0.5, progress=lambda *_: None,
        cancelled=lambda: False,
    )  # fmt: skip
    return time.process_time() - started, facts


def encode(video: Path, into: Path) -> float:
    """Run the baseline, decode and encode; return the processor time in seconds."""
    facts = probe_media(video)
    clip, _ = own_format(facts)
    started = time.process_time()
    with (
        av.open(str(video)) as source,
        av.open(str(into), "w", format="mp4", options=pyav_container_options(clip)) as target,
    ):
        stream = pyav_add_stream(target, clip, Encoding.FINAL)
        stream.codec_context.thread_count = 1
        for number, frame in enumerate(source.decode(video=0)):
            frame.pts, frame.time_base = number, 1 / clip.fps
            target.mux(stream.encode(frame.reformat(width=clip.width, height=clip.height, format="yuv420p")))
        target.mux(stream.encode(None))
    return time.process_time() - started


def bench(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    video = arguments.video or draw_clip(arguments.seconds, folder)
    audio = arguments.audio or folder / "song.wav"
    if arguments.audio is None:
        write_audio(sample_song(parts=SAMPLE_PARTS), audio)
    # Warm up once: libraries load on first use, and a worker already has them loaded.
    _, facts = sync(video, audio, arguments.keep or folder / "first.mp4")
    alone, plain = [], []
    for number in range(REPEATS):
        alone.append(sync(video, audio, folder / f"synced{number}.mp4")[0])
        plain.append(encode(video, folder / f"plain{number}.mp4"))
    seconds = probe_media(video).duration_seconds or 0.0
    with ProcessPoolExecutor(arguments.processes) as pool:
        warm = [pool.submit(sync, video, audio, folder / f"warm{n}.mp4") for n in range(arguments.processes)]
        for done in warm:
            done.result()
        started = time.perf_counter()
        works = [pool.submit(sync, video, audio, folder / f"many{n}.mp4") for n in range(2 * arguments.processes)]
        for done in works:
            done.result()
        wall = time.perf_counter() - started
    busy = statistics.median(alone)
    return {
        "realtime": round(len(works) * seconds / wall, 2),
        "realtime_per_core_second": round(seconds / busy, 2),
        "cpu_ms_per_frame": round(1000 * busy / facts.frames, 1),
        "against_encoding": round(busy / statistics.median(plain), 2),
        "face": facts.face,
        "seen_share": facts.seen_share,
        "frames": facts.frames,
        "seconds": round(seconds, 3),
        "processes": arguments.processes,
        "cores": usable_cores(),
        "load": round(os.getloadavg()[0], 2),
    }


def show(found: dict[str, Any], say: Callable[[str], None]) -> None:
    say(f"{found['seconds']} s, {found['frames']} frames, face {found['face']} in {found['seen_share']:.0%} of them")
    say(f"{found['realtime']}x real time with {found['processes']} processes on {found['cores']} cores "
        f"(load {found['load']}), {found['realtime_per_core_second']}x by one core's time")  # fmt: skip
    say(f"{found['cpu_ms_per_frame']} ms of processor a frame, {found['against_encoding']}x a plain final encode")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of the generated clip")
    parser.add_argument("--processes", type=int, default=usable_cores())
    parser.add_argument("--video", type=Path, help="a clip of your own")
    parser.add_argument("--audio", type=Path, help="a voice of your own")
    parser.add_argument("--keep", type=Path, help="where to keep a synced clip")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mvsite-bench-") as folder:
        found = bench(arguments, Path(folder))
    show(found, print)
    if arguments.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
