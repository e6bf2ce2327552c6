"""Composing: ours against `ffmpeg -c copy`, ffmpeg's concat filter and MoviePy, on the same clips in one run.

    .venv/bin/python -m bench.compose [--json] [--quick] [--clips 30] [--seconds 8] [--moviepy-clips 30]

Fast methods are timed several times, interleaved, and compared by median; slow ones once. With `--moviepy-clips` below
`--clips`, MoviePy is timed on the first few and scaled by frames (the output says so). MoviePy is optional:
`pip install -r requirements-bench.in`.
"""

import argparse
import importlib.util
import json
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import psutil

from engines.composing.cache import SegmentCache, file_sha256
from engines.composing.compose import Composed, compose
from engines.composing.decoding import decode_ahead
from engines.composing.film import make_film
from engines.composing.proof import prove
from engines.composing.shot_plan import Shot, ShotPlan, SongPart, Source
from engines.media.commands import Command, combine, media_file
from engines.media.ffmpeg import ffmpeg_path
from engines.media.filters import tagged
from engines.media.formats import Encoding, clip_format, encoder_options
from engines.media.framing import PictureFit
from engines.media.probe import media_facts, probe_media
from engines.media.runner import run

SHAPE = clip_format("16:9")
PICTURES = "testsrc2=s={size}:r={rate}:d={seconds},hue=h={hue}:s=0.8,noise=alls={noise}:allf=t"
# Size, rate and sound of the mixed clips; every fifth has a variable frame rate.
MIXED = [("1920x1080", "30", True), ("1280x720", "24", False), ("720x1280", "25", True), ("640x480", "30", False),
         ("1280x720", "60", True)]  # fmt: skip


@dataclass
class Bench:
    folder: Path
    clips: int
    seconds: int
    rounds: int
    moviepy_clips: int
    lines: dict[str, float] = field(default_factory=dict)

    def note(self, words: str) -> None:
        print(words, flush=True)


def ffmpeg(*arguments: object) -> None:
    command = [ffmpeg_path(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)


def source(path: Path) -> Source:
    return Source(path, file_sha256(path), probe_media(path))


def equal_clip(bench: Bench, index: int) -> Path:
    path = bench.folder / f"equal-{index}.mp4"
    if not path.exists():
        pictures = PICTURES.format(size="1280x720", rate=24, seconds=bench.seconds, hue=index * 11, noise=2)
        lossless = path.with_suffix(".mkv")
        ffmpeg("-f", "lavfi", "-i", pictures, "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", lossless)
        encoded = Command([tagged(media_file(lossless).pictures)], encoder_options(SHAPE, Encoding.FINAL))
        ffmpeg(*encoded.to_file(path, "mp4"))
        lossless.unlink()
    return path


def mixed_clip(bench: Bench, index: int, salt: int = 0) -> Path:
    path = bench.folder / f"mixed-{index}-{salt}.mp4"
    if not path.exists():
        size, rate, sound = MIXED[index % len(MIXED)]
        pictures = PICTURES.format(size=size, rate=rate, seconds=bench.seconds, hue=index * 11 + salt, noise=2)
        tone = ["-f", "lavfi", "-i", f"sine=f={200 + index * 10}:d={bench.seconds}:r=48000"] if sound else []
        varying = ["-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr"] if index % 5 == 4 else []
        ffmpeg("-f", "lavfi", "-i", pictures, *tone, *varying, "-c:v", "libx264", "-preset", "veryfast", "-crf", "20",
               "-c:a", "aac", "-shortest", path)  # fmt: skip
    return path


def song(bench: Bench, count: int) -> Path:
    path = bench.folder / f"song-{count}.mp3"
    if not path.exists():
        tones = "aevalsrc='0.3*sin(2*PI*t*(200+50*mod(t,7)))|0.3*sin(2*PI*t*(300+40*mod(t,5)))':s=44100"
        ffmpeg("-f", "lavfi", "-i", tones, "-t", count * bench.seconds, "-b:a", "192k", path)
    return path


def plan(bench: Bench, clips: list[Path]) -> ShotPlan:
    frames = int(bench.seconds * SHAPE.fps)
    master = source(song(bench, len(clips)))
    shots = tuple(Shot(source(clip), frames) for clip in clips)
    part = SongPart(master, Fraction(0), Fraction(frames * len(clips)) / SHAPE.fps)
    return ShotPlan(shots, SHAPE, fit=PictureFit.BARS, song=part)


def ours(made: ShotPlan, cache: SegmentCache, output: Path) -> tuple[float, Composed]:
    started = time.perf_counter()
    with cache.session() as session:
        composed = compose(made, output, cache=session, progress=lambda *_: None, cancelled=lambda: False)
    return time.perf_counter() - started, composed


def proof_seconds(composed: Composed, cache: SegmentCache) -> float:
    started = time.perf_counter()
    with cache.session() as session:
        proof = prove(composed, session, lambda: False)
    if not proof.passed:
        raise SystemExit(f"the proof failed: {[check for check in proof.checks if not check.passed]}")
    return time.perf_counter() - started


def copy_join(bench: Bench, clips: list[Path]) -> float:
    listing = bench.folder / "list.txt"
    listing.write_text("".join(f"file '{clip}'\n" for clip in clips))
    started = time.perf_counter()
    ffmpeg("-f", "concat", "-safe", "0", "-i", listing, "-i", song(bench, len(clips)), "-map", "0:v", "-map", "1:a",
           "-c", "copy", "-movflags", "+faststart", bench.folder / "copy.mp4")  # fmt: skip
    return time.perf_counter() - started


def filter_join(bench: Bench, clips: list[Path], output: Path) -> float:
    fit = (f"scale={SHAPE.width}:{SHAPE.height}:force_original_aspect_ratio=decrease,"
           f"pad={SHAPE.width}:{SHAPE.height}:(ow-iw)/2:(oh-ih)/2,setsar=1,fps={SHAPE.fps},format=yuv420p,"
           f"tpad=stop=-1:stop_mode=clone,trim=end_frame={int(bench.seconds * SHAPE.fps)}")  # fmt: skip
    graph = ";".join(f"[{index}:v:0]{fit}[v{index}]" for index in range(len(clips)))
    graph += ";" + "".join(f"[v{index}]" for index in range(len(clips))) + f"concat=n={len(clips)}[out]"
    inputs = [argument for clip in [*clips, song(bench, len(clips))] for argument in ("-i", clip)]
    started = time.perf_counter()
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[out]", "-map", f"{len(clips)}:a", "-c:a", "copy", "-c:v",
           "libx264", "-preset", Encoding.FINAL.preset, "-crf", Encoding.FINAL.crf, "-movflags", "+faststart",
           output)  # fmt: skip
    return time.perf_counter() - started


def moviepy_join(bench: Bench, clips: list[Path]) -> float | None:
    """Join the documented way: load, concatenate, set the sound, write. Runs in a separate process, so that its memory
    isn't counted as ours. None if it isn't installed."""
    if importlib.util.find_spec("moviepy") is None:
        return None
    used = clips[: bench.moviepy_clips]
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=moviepy_work, args=(used, song(bench, len(used)), bench.folder / "moviepy.mp4"))
    started = time.perf_counter()
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("MoviePy failed")
    return (time.perf_counter() - started) * len(clips) / len(used)


def moviepy_work(clips: list[Path], master: Path, output: Path) -> None:
    from moviepy import AudioFileClip, VideoFileClip, concatenate_videoclips

    parts = [VideoFileClip(str(clip)).without_audio().resized((SHAPE.width, SHAPE.height)) for clip in clips]
    joined = concatenate_videoclips(parts).with_audio(AudioFileClip(str(master)))
    joined.write_videofile(str(output), fps=24, codec="libx264", audio_codec="aac", logger=None)


def peak_megabytes(work: Callable[[], object]) -> float:
    """Return the peak resident memory of this process and its children while `work` runs."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        process = psutil.Process()
        while not done.wait(0.05):
            total = process.memory_info().rss
            for child in process.children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], total)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        work()
    finally:
        done.set()
        thread.join()
    return peak[0] / 2**20


def first_with_peak(bench: Bench, made: ShotPlan, cache: SegmentCache) -> tuple[float, float]:
    times: list[float] = []
    peak = peak_megabytes(lambda: times.append(ours(made, cache, bench.folder / "ours.mp4")[0]))
    return times[0], peak


def ssim(bench: Bench, video: Path, clips: list[Path]) -> float:
    """Compare with the same clips scaled the same way and stored losslessly."""
    reference = bench.folder / "reference.mkv"
    lossless = filter_reference(bench, clips, reference)
    # Use the same color tags on both, or ffmpeg converts one of them before comparing.
    both = [tagged(media_file(file).pictures).filter("settb", tb="AVTB") for file in (video, lossless)]
    counted = [pictures.filter("setpts", expr="N/24/TB") for pictures in both]
    words = run(Command([combine("ssim", counted)], {}).to_nothing(), time_limit_seconds=3600)
    return float(words.rsplit("All:", 1)[1].split()[0])


def filter_reference(bench: Bench, clips: list[Path], output: Path) -> Path:
    if not output.exists():
        part = output.with_suffix(".part.mp4")
        saved = Encoding.FINAL._value_, Encoding.FINAL.preset, Encoding.FINAL.crf
        Encoding.FINAL.preset, Encoding.FINAL.crf = "ultrafast", 0
        try:
            filter_join(bench, clips, part)
        finally:
            _, Encoding.FINAL.preset, Encoding.FINAL.crf = saved
        part.replace(output)
    return output


def equal_cases(bench: Bench) -> float:
    """Measure the first and an unchanged run with clips in the project's format. Returns the copy's median."""
    clips = [equal_clip(bench, index) for index in range(bench.clips)]
    made = plan(bench, clips)
    output = bench.folder / "ours.mp4"
    first, again, copies, proofs = [], [], [], []
    for round_number in range(bench.rounds):
        cache = SegmentCache(bench.folder / f"cache-equal-{round_number}", 10**12)
        copies.append(copy_join(bench, clips))
        seconds, composed = ours(made, cache, output)
        first.append(seconds)
        proofs.append(proof_seconds(composed, cache))
        copies.append(copy_join(bench, clips))
        seconds, composed = ours(made, cache, output)
        again.append(seconds)
        proofs[-1:] = [proofs[-1], proof_seconds(composed, cache)]
    copied = statistics.median(copies)
    bench.lines.update(click_cases(bench, made, copied))
    bench.lines["first_equal_vs_copy"] = statistics.median(first) / copied
    bench.lines["unchanged_vs_copy"] = statistics.median(again) / copied
    bench.lines["unchanged_with_proof_vs_copy"] = (statistics.median(again) + statistics.median(proofs[1::2])) / copied
    bench.note(f"{bench.clips} equal clips: copy {copied:.2f} s, ours first {statistics.median(first):.2f} s, "
               f"unchanged {statistics.median(again):.2f} s; proof {proofs[0]:.2f} s at first, "
               f"{statistics.median(proofs[1::2]):.2f} s again")  # fmt: skip
    return copied


def click_cases(bench: Bench, made: ShotPlan, copied: float) -> dict[str, float]:
    """Measure a whole composition as its job does it, up to the file's hash: join, proof, pictures. The clips were
    decoded when they arrived, as a studio's are."""
    first, again = [], []
    for round_number in range(bench.rounds):
        cache = SegmentCache(bench.folder / f"cache-click-{round_number}", 10**12)
        with cache.session() as session:
            for shot in made.shots:
                decode_ahead(shot.source, SHAPE, session)
        first.append(click(bench, made, cache))
        again.append(click(bench, made, cache))
    once, twice = statistics.median(first), statistics.median(again)
    bench.note(f"from click to published: {once:.2f} s at first, {twice:.2f} s again; copy {copied:.2f} s")
    return {"click_first_vs_copy": once / copied, "click_again_vs_copy": twice / copied}


def click(bench: Bench, made: ShotPlan, cache: SegmentCache) -> float:
    started = time.perf_counter()
    film = make_film(
        made, bench.folder, cache=cache, progress=lambda *_: None, cancelled=lambda: False, refused=lambda _: None
    )
    media_facts(film.video)
    file_sha256(film.video)
    return time.perf_counter() - started


def mixed_cases(bench: Bench, copied: float) -> None:
    clips = [mixed_clip(bench, index) for index in range(bench.clips)]
    cache, output = SegmentCache(bench.folder / "cache-mixed", 10**12), bench.folder / "ours.mp4"
    first, peak = first_with_peak(bench, plan(bench, clips), cache)
    filtered_file = bench.folder / "filter.mp4"
    filtered = filter_join(bench, clips, filtered_file)
    bench.lines["first_mixed_vs_filter"] = first / filtered
    bench.lines["peak_rss_mb"] = peak
    bench.note(
        f"{bench.clips} mixed clips: ours first {first:.1f} s, concat filter {filtered:.1f} s, peak {peak:.0f} MB"
    )
    quality = ssim(bench, output, clips), ssim(bench, filtered_file, clips)
    bench.lines["ssim_ours"], bench.lines["ssim_filter"] = quality
    changes = []
    for round_number in range(bench.rounds):
        changed = [*clips]
        changed[7 % bench.clips] = mixed_clip(bench, 5, salt=round_number + 1)
        seconds, composed = ours(plan(bench, changed), cache, output)
        if composed.segments.encoded_segments != 1:
            raise SystemExit(f"{composed.segments.encoded_segments} segments were encoded instead of 1")
        changes.append(seconds)
    alone = SegmentCache(bench.folder / "cache-one", 10**12)
    one = ours(plan(bench, [mixed_clip(bench, 5, salt=1)]), alone, output)[0]
    changed_seconds = statistics.median(changes)
    bench.lines["one_changed_vs_filter"] = filtered / changed_seconds
    bench.lines["one_changed_vs_encode_and_copy"] = changed_seconds / (one + copied)
    bench.note(f"1 of {bench.clips} changed: ours {changed_seconds:.2f} s (encoding it alone {one:.2f} s), "
               f"filter's redo {filtered:.1f} s")  # fmt: skip
    movie = moviepy_join(bench, clips)
    if movie is None:
        bench.note("MoviePy is not installed: pip install -r requirements-bench.in")
    else:
        scaled = "" if bench.moviepy_clips >= bench.clips else f" (scaled from {bench.moviepy_clips} clips)"
        bench.lines["one_changed_vs_moviepy"] = movie / changed_seconds
        bench.note(f"MoviePy: {movie:.0f} s{scaled}")


def growth_cases(bench: Bench) -> None:
    """Measure memory and time by number of scenes, reusing the same few mixed clips."""
    for count in (10, 30, 120):
        clips = [mixed_clip(bench, index % 5) for index in range(count)]
        cache = SegmentCache(bench.folder / f"cache-{count}", 10**12)
        made = plan(bench, clips)
        first, peak = first_with_peak(bench, made, cache)
        again = ours(made, cache, bench.folder / "ours.mp4")[0]
        bench.lines[f"peak_rss_mb_{count}"] = peak
        bench.note(f"{count} scenes: first {first:.1f} s, unchanged {again:.2f} s, peak {peak:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.add_argument("--quick", action="store_true", help="6 clips of 2 s: checks that it runs, not how fast")
    parser.add_argument("--clips", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--moviepy-clips", type=int)
    parser.add_argument("--keep", type=Path, help="folder for the clips, reused by the next run")
    wanted = parser.parse_args()
    clips, seconds = (6, 2) if wanted.quick else (wanted.clips, wanted.seconds)
    with tempfile.TemporaryDirectory(prefix="bench-compose-") as temporary:
        folder = wanted.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(folder, clips, seconds, wanted.rounds, wanted.moviepy_clips or clips)
        copied = equal_cases(bench)
        mixed_cases(bench, copied)
        growth_cases(bench)
        for leftover in folder.glob("cache-*"):
            shutil.rmtree(leftover)
    for name, value in bench.lines.items():
        bench.note(f"{name:>34} {value:9.3f}")
    if wanted.json:
        print(json.dumps({name: round(value, 4) for name, value in bench.lines.items()}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
