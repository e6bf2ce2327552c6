"""How fast a song becomes a finished draft video: analysis, scenes, frames, clips, composing, proof.

    .venv/bin/python -m bench.draft [--seconds 180] [--processes 2] [--flavor default] [--aspect 16:9] [--json]

The engines run as in the media workers, one process per core, without database, broker or web. The last line with
--json is {"draft_realtime", "song_seconds", "total_wall_seconds", "peak_rss_mb", "stages", "jitter_px", …}. On a
machine that is busy with other things, look at the processor seconds: they hardly depend on the load.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

# Leave the installation's own data alone.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
os.environ.setdefault("MV_DATA_DIR", tempfile.mkdtemp(prefix="mvsite-bench-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django

django.setup()

import psutil  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.flavors.discovery import discover  # noqa: E402
from apps.flavors.registry import build_snapshot  # noqa: E402
from apps.providers.draft.provider import DraftProvider  # noqa: E402
from apps.providers.request_types import (  # noqa: E402
    ImageRequest,
    MediaInput,
    ScenesRequest,
    SongBrief,
    SongSection,
    VideoRequest,
)
from apps.songs.synthesis import SAMPLE_PARTS, sample_song, write_audio  # noqa: E402
from bench.draft_motion import jitter  # noqa: E402
from engines.composing.cache import SegmentCache, file_sha256  # noqa: E402
from engines.composing.compose import compose  # noqa: E402
from engines.composing.proof import prove, require_passed  # noqa: E402
from engines.composing.shot_plan import Shot, ShotPlan, SongPart, Source  # noqa: E402
from engines.cores import usable_cores  # noqa: E402
from engines.listening.analyze import SongAnalysis, analyze_song  # noqa: E402
from engines.listening.pacing import Pace, song_drive  # noqa: E402
from engines.listening.scene_slots import SongShape, scene_slots  # noqa: E402
from engines.media.formats import ClipFormat, Encoding, clip_format  # noqa: E402
from engines.media.probe import probe_media  # noqa: E402
from engines.memory import load_media_libraries, share_with_children  # noqa: E402

IDEA = (
    "A woman drives through the neon rain at night, looking for the sister she lost. "
    "She finds her singing in an empty club on the edge of the city."
)
CHARACTER = "Mara, a singer in a red coat with long dark hair"


@dataclass(frozen=True)
class SceneWork:
    """Everything a worker needs for one scene."""

    number: int
    description: str
    picture: dict[str, Any]
    frames: int
    energy: tuple[float, ...]
    beats: tuple[float, ...]
    format: ClipFormat
    folder: Path
    image_settings: dict[str, Any]
    video_settings: dict[str, Any]


def quiet(*_: object) -> None:
    """Ignore progress."""


def never() -> bool:
    return False


def draw(work: SceneWork) -> float:
    """Draw the scene's frame; return the processor time in seconds."""
    started = time.process_time()
    (work.folder / f"image{work.number}").mkdir()
    request = ImageRequest(
        work.description,
        work.format.width,
        work.format.height,
        seed=work.number,
        picture=work.picture,
        settings=work.image_settings,
    )
    DraftProvider().make(request, into=work.folder / f"image{work.number}", progress=quiet, cancelled=never)
    return time.process_time() - started


def film(work: SceneWork) -> float:
    """Render the scene's clip; return the processor time in seconds."""
    started = time.process_time()
    (work.folder / f"clip{work.number}").mkdir()
    request = VideoRequest(
        prompt=work.description,
        duration_seconds=float(work.frames / work.format.fps),
        width=work.format.width,
        height=work.format.height,
        fps=str(work.format.fps),
        frames=work.frames,
        image=MediaInput(work.folder / f"image{work.number}" / "image_1.png", "image/png"),
        energy=work.energy,
        beat_seconds=work.beats,
        seed=work.number,
        settings=work.video_settings,
    )
    DraftProvider().make(request, into=work.folder / f"clip{work.number}", progress=quiet, cancelled=never)
    return time.process_time() - started


class Memory:
    """The peak memory of this process and its workers together, whole and by stage, sampled twice a second. Pages that
    several of them share are counted once, where the system tells."""

    def __init__(self) -> None:
        self.stage = ""
        self.peaks: dict[str, int] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._done.wait(0.5):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    facts = process.memory_full_info()
                    total += getattr(facts, "pss", facts.rss)
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
            self.peaks[self.stage] = max(self.peaks.get(self.stage, 0), total)


class Clock:
    """Wall and processor seconds by stage. Processor seconds are those of this process and all below it, which say
    what a stage costs on a machine that is busy with other things too."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.stages: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self._before = self._now()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.memory.stage = name
        started, before = time.perf_counter(), self._now()
        yield
        self.stages[name] = time.perf_counter() - started
        self.processor[name] = self._now() - before

    def spent(self) -> float:
        """Return the processor seconds since the beginning."""
        return self._now() - self._before

    @staticmethod
    def _now() -> float:
        me = psutil.Process()
        times = [process.cpu_times() for process in (me, *me.children(recursive=True))]
        return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))


def write_song(path: Path, seconds: float) -> None:
    """Write a song of about this length, alternately quiet and loud."""
    once = sample_song(parts=SAMPLE_PARTS).shape[1] / 44_100
    write_audio(sample_song(parts=SAMPLE_PARTS * max(1, round(seconds / once))), path)


def flavor_settings(flavor: str) -> dict[str, dict[str, Any]]:
    """Return the resolved values of a flavor's files, without edits from the database."""
    snapshot = build_snapshot(discover(settings.CONFIGS_DIR), {})
    types = ("parameters", "scene_prompts", "image_params", "video_params")
    return {name: dict(snapshot.resolved[flavor, name].values) for name in types}


def write_scenes(
    analysis: SongAnalysis, configs: dict[str, dict[str, Any]], clip: ClipFormat, folder: Path
) -> list[SceneWork]:
    seconds = analysis.duration_seconds
    beats, downbeats = tuple(analysis.grid.beats().tolist()), tuple(analysis.grid.downbeats().tolist())
    drive = song_drive(analysis.onsets.salience.tolist(), seconds)
    starts = [part.start_seconds for part in analysis.sections]
    shape = SongShape(seconds, beats, downbeats, starts, analysis.energy, drive)
    parameters = configs["parameters"]
    slots = scene_slots(shape, pace=Pace(**parameters["paces"][parameters["pace"]]))
    sections = tuple(
        SongSection(part.label, part.start_seconds, part.end_seconds, part.energy) for part in analysis.sections
    )
    request = ScenesRequest(
        IDEA, CHARACTER, slots=slots, seed=1, song=SongBrief(seconds, None, sections),
        settings={**configs["parameters"], "scene_prompts": configs["scene_prompts"]},
    )  # fmt: skip
    written = DraftProvider().make(request, into=folder, progress=quiet, cancelled=never).scenes
    works = []
    for number, (scene, (start, end)) in enumerate(zip(written, slots, strict=True)):
        first, last = round(start * clip.fps), round(end * clip.fps)
        part = slice(int(start / seconds * len(analysis.energy)), max(1, int(end / seconds * len(analysis.energy))))
        works.append(
            SceneWork(
                number, scene.description, scene.picture, last - first, analysis.energy[part],
                tuple(beat - start for beat in beats if start <= beat < end), clip, folder,
                configs["image_params"], configs["video_params"],
            )
        )  # fmt: skip
    return works


def source_of(path: Path) -> Source:
    return Source(path, file_sha256(path), probe_media(path))


def join(works: list[SceneWork], song: Path, clip: ClipFormat, folder: Path) -> tuple[int, float]:
    """Join the clips into final.mp4 and prove it; return how many segments were encoded again, and the proof's wall
    seconds."""
    shots = tuple(Shot(source_of(work.folder / f"clip{work.number}" / "video.mp4"), work.frames) for work in works)
    frames = sum(work.frames for work in works)
    part = SongPart(source_of(song), Fraction(0), frames / clip.fps)
    plan = ShotPlan(shots, clip, Encoding.DRAFT, song=part, title="Bench")
    with SegmentCache(folder / "cache", 10**10).session() as session:
        composed = compose(plan, folder / "final.mp4", cache=session, progress=quiet, cancelled=never)
        started = time.perf_counter()
        require_passed(prove(composed, session, never))
    return composed.segments.encoded_segments, time.perf_counter() - started


def bench(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    song = folder / "song.mp3"
    write_song(song, arguments.seconds)
    configs = flavor_settings(arguments.flavor)
    clip = clip_format(arguments.aspect, "720p", Fraction(configs["video_params"]["fps"]))
    busy: dict[str, float] = {}
    load_media_libraries()
    share_with_children()
    with Memory() as memory, ProcessPoolExecutor(arguments.processes) as pool:
        # Workers that are already running, as in an installation.
        list(pool.map(time.sleep, [0.1] * arguments.processes))
        clock, started = Clock(memory), time.perf_counter()
        with clock.stage("analysis"):
            analysis = pool.submit(analyze_song, song).result()
        with clock.stage("scenes"):
            works = pool.submit(write_scenes, analysis, configs, clip, folder).result()
        for name, task in (("frames", draw), ("clips", film)):
            with clock.stage(name):
                busy[name] = sum(pool.map(task, works))
        with clock.stage("compose"):
            encoded_again, clock.stages["proof"] = pool.submit(join, works, song, clip, folder).result()
        clock.stages["compose"] -= clock.stages["proof"]
        total = time.perf_counter() - started
        spent = clock.spent()
    if arguments.keep:
        (folder / "final.mp4").rename(arguments.keep)
    return {
        "draft_realtime": round(analysis.duration_seconds / total, 2),
        "song_seconds": round(analysis.duration_seconds, 3),
        "total_wall_seconds": round(total, 3),
        "peak_rss_mb": round(max(memory.peaks.values()) / 2**20),
        "memory_mb": {name: round(taken / 2**20) for name, taken in memory.peaks.items() if name},
        "stages": {name: round(seconds, 3) for name, seconds in clock.stages.items()},
        "processor_seconds": {name: round(seconds, 2) for name, seconds in clock.processor.items()},
        "processor_seconds_per_film_second": round(spent / analysis.duration_seconds, 3),
        "clips_realtime_per_core": round(analysis.duration_seconds / busy["clips"], 2),
        "jitter_px": {kind: round(max(values.values()), 3) for kind, values in jitter(configs).items()},
        "scenes": len(works),
        "encoded_again": encoded_again,
        "processes": arguments.processes,
        "cores": usable_cores(),
        "load": round(os.getloadavg()[0], 2),
    }


def show(found: dict[str, Any], say: Callable[[str], None]) -> None:
    seconds = found["song_seconds"]
    say(f"{seconds:.0f} s of song, {found['scenes']} scenes, {found['processes']} processes on {found['cores']} cores")
    say(f"{'stage':<12}{'wall s':>9}{'x real time':>14}{'processor s':>14}{'memory MB':>12}")
    for name, wall in [*found["stages"].items(), ("total", found["total_wall_seconds"])]:
        spent, taken = found["processor_seconds"].get(name, ""), found["memory_mb"].get(name, "")
        say(f"{name:<12}{wall:>9.2f}{seconds / max(wall, 1e-6):>14.1f}{spent:>14}{taken:>12}")
    say(f"{found['processor_seconds_per_film_second']} processor seconds for each second of film")
    steady = ", ".join(f"{kind} {pixels}" for kind, pixels in found["jitter_px"].items())
    say(f"jitter in pixels: {steady}")
    say(f"clips per core {found['clips_realtime_per_core']}x, encoded again while composing "
        f"{found['encoded_again']}, memory {found['peak_rss_mb']} MB, load {found['load']}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180.0, help="length of the generated song")
    parser.add_argument("--processes", type=int, default=usable_cores())
    parser.add_argument("--flavor", default="default")
    parser.add_argument("--aspect", default="16:9")
    parser.add_argument("--keep", type=Path, help="where to keep the finished video")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mvsite-bench-") as folder:
        found = bench(arguments, Path(folder))
    show(found, print)
    if arguments.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
