"""How fast the draft lip-sync is, including face detection.

    .venv/bin/python -m bench.lipsync [--man] [--seconds 8] [--processes 2] [--video FILE] [--audio FILE] [--keep FILE]
        [--json]

Without files, a close-up is drawn and its record of the mouth removed, so that the face has to be detected; with --man,
it is a man who talks (`bench/footage.py`, 4 s at 720p). Speed is reported for all cores together and by processor
time; the baseline of the same run only decodes the same clip and encodes it as a final one. `follows` is how the
opening of the mouth in the result, as the face mesh sees it, correlates with that of the voice. `alone_realtime` is one
clip at a time, which encodes beside moving the mouth; `cpu_per_second` is processor time for a second of the clip. The
last line with --json is {"realtime", "alone_realtime", "cpu_per_second", "against_encoding", "follows", …}.
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
import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.flavors.discovery import discover  # noqa: E402
from apps.flavors.registry import build_snapshot  # noqa: E402
from apps.providers.draft.provider import DraftProvider  # noqa: E402
from apps.providers.request_types import VideoRequest  # noqa: E402
from apps.songs.synthesis import SAMPLE_PARTS, sample_song, write_audio  # noqa: E402
from bench.footage import enlarged, talking_man, write_clip  # noqa: E402
from engines.cores import usable_cores  # noqa: E402
from engines.draft.lipsync.sync import Part, SyncFacts, lipsync_clip, own_format  # noqa: E402
from engines.draft.lipsync.voice import voice_track  # noqa: E402
from engines.faces.seeing import Seer  # noqa: E402
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


def sync(video: Path, audio: Path, into: Path) -> tuple[float, float, SyncFacts]:
    """Lip-sync once; return the processor time and the time in seconds, and the facts."""
    started, began = time.process_time(), time.perf_counter()
    facts = lipsync_clip(
        video, [Part(0.0, float("inf"), audio)], into, expressiveness=0.5, progress=lambda *_: None,
        cancelled=lambda: False,
    )  # fmt: skip
    return time.process_time() - started, time.perf_counter() - began, facts


def follows(synced: Path, audio: Path, frames: int) -> float:
    """Return the correlation of the mouth's opening with the voice's, over the frames that show a face."""
    seer = Seer()
    with av.open(str(synced)) as container:
        faces = [seer.faces(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    wanted, _ = own_format(probe_media(synced))
    voice = voice_track(audio, fps=wanted.fps, frames=frames, start_seconds=0.0, end_seconds=None).opening
    pairs = [(found[0].mouth_open, heard) for found, heard in zip(faces, voice, strict=False) if found]
    return round(float(np.corrcoef(np.array(pairs).T)[0, 1]), 3) if len(pairs) > 2 else 0.0


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
    man = (enlarged(picture) for picture in talking_man()) if arguments.man else None
    video = arguments.video or (write_clip(folder / "man.mp4", man) if man else draw_clip(arguments.seconds, folder))
    audio = arguments.audio or folder / "song.wav"
    if arguments.audio is None:
        write_audio(sample_song(parts=SAMPLE_PARTS), audio)
    # Warm up once: libraries load on first use, and a worker already has them loaded.
    first = arguments.keep or folder / "first.mp4"
    *_, facts = sync(video, audio, first)
    alone: list[tuple[float, float]] = []
    plain = []
    for number in range(REPEATS):
        alone.append(sync(video, audio, folder / f"synced{number}.mp4")[:2])
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
    busy, lasted = (statistics.median(values) for values in zip(*alone, strict=True))
    return {
        "realtime": round(len(works) * seconds / wall, 2),
        "alone_realtime": round(seconds / lasted, 2),
        "cpu_per_second": round(busy / seconds, 2),
        "cpu_ms_per_frame": round(1000 * busy / facts.frames, 1),
        "against_encoding": round(busy / statistics.median(plain), 2),
        "face": facts.face,
        "seen_share": facts.seen_share,
        "follows": follows(first, audio, facts.frames),
        "frames": facts.frames,
        "seconds": round(seconds, 3),
        "processes": arguments.processes,
        "cores": usable_cores(),
        "load": round(os.getloadavg()[0], 2),
    }


def show(found: dict[str, Any], say: Callable[[str], None]) -> None:
    say(f"{found['seconds']} s, {found['frames']} frames, face {found['face']} in {found['seen_share']:.0%} of them")
    say(f"{found['realtime']}x real time with {found['processes']} processes on {found['cores']} cores "
        f"(load {found['load']}), {found['alone_realtime']}x alone")  # fmt: skip
    say(f"{found['cpu_per_second']} s of processor for a second, {found['cpu_ms_per_frame']} ms a frame, "
        f"{found['against_encoding']}x a plain final encode")  # fmt: skip
    say(f"the mouth's opening correlates with the voice's by {found['follows']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--man", action="store_true", help="a man who talks, instead of a drawing")
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
