"""Break small media files at random and take each through the studio.

    make fuzz-media                     # a hundred files, ten minutes at most
    make fuzz-media SEED=12345          # the same ones again
    .venv/bin/python -m bench.fuzz_media --seed 12345 --count 1000 --seconds 3600

Each file goes through the check at upload, the description, the analysis or the conversion, and where it is accepted
into a composed video with its proof. Allowed are success, and an error in words. Not allowed are a hang, the death of
the process, any other exception, and an error without a sentence; such files are kept in var/fuzz/ and the exit status
is 1.
"""

import argparse
import multiprocessing
import os
import random
import re
import resource
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

# A few seconds of media at 96×64 take a second or two; the rest is for slow, busy machines.
_HANG_SECONDS = 120
_MEMORY_BYTES = 6 * 1024**3
_KEPT = Path("var/fuzz")
_SENTENCE = re.compile(r"^[A-Z“\"0-9].{10,600}[.!?]$", re.DOTALL)
_NOT_WORDS = re.compile(r"conversion failed|0x[0-9a-f]{6}|traceback|errno|/tmp/|none type", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """`fault` is empty if the file was handled as it should be."""

    words: str
    fault: str = ""


def main() -> int:
    options = _options()
    print(f"seed {options.seed} (repeat with: make fuzz-media SEED={options.seed})", flush=True)
    numbers = random.Random(options.seed)
    faults, seen, started = 0, Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        files = _valid(Path(folder) / "valid")
        worker = _Worker(files[0].parent / "clip.mp4")
        try:
            for number in range(options.count):
                if time.monotonic() - started > options.seconds:
                    print(f"stopped after {number} files: the time is over")
                    break
                path, name = _broken_file(Path(folder), files, numbers, number)
                outcome = worker.try_file(path)
                seen[(outcome.fault and "fault") or outcome.words.split(":")[0]] += 1
                if outcome.fault:
                    faults += 1
                    print(f"FAULT {name}: {outcome.fault}\n  kept as {_keep(path, options.seed)}", flush=True)
                elif options.verbose:
                    print(f"{name}: {outcome.words}", flush=True)
                path.unlink()
        finally:
            worker.stop()
    print(f"{sum(seen.values())} files in {time.monotonic() - started:.0f} s: {dict(seen)}")
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Break media files at random and take each through the studio.")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or secrets.randbelow(10**6)))
    parser.add_argument("--count", type=int, default=int(os.environ.get("COUNT") or 100))
    parser.add_argument("--seconds", type=float, default=600.0, help="stop after this time")
    parser.add_argument("--verbose", action="store_true", help="print what became of each file")
    return parser.parse_args()


def _valid(folder: Path) -> list[Path]:
    from bench.fuzz.valid import valid_files

    folder.mkdir()
    return valid_files(folder)


def _broken_file(folder: Path, files: list[Path], numbers: random.Random, number: int) -> tuple[Path, str]:
    from bench.fuzz.breaking import broken

    # Its own source of numbers, so that a file doesn't depend on how the ones before it were broken.
    own = random.Random(numbers.randrange(2**32))
    source, other = own.choice(files), own.choice(files)
    content, how = broken(source.read_bytes(), other.read_bytes(), own)
    path = folder / f"{number:04}-{source.stem}{source.suffix}"
    path.write_bytes(content)
    return path, f"#{number} {source.name} {how}"


def _keep(path: Path, seed: int) -> Path:
    _KEPT.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(path, _KEPT / f"{seed}-{path.name}"))


class _Worker:
    """A child process that takes one file after another; replaced when it hangs or dies."""

    def __init__(self, clip: Path) -> None:
        self._clip = clip
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, str(self._clip)), daemon=False)
        self._process.start()
        there.close()

    def try_file(self, path: Path) -> Outcome:
        self._here.send(str(path))
        try:
            if self._here.poll(_HANG_SECONDS):
                outcome: Outcome = self._here.recv()
                return outcome
            fault = f"no result within {_HANG_SECONDS} seconds"
        except EOFError:
            self._process.join(10)
            fault = f"the process died with {self._process.exitcode}"
        self.stop()
        self._start()
        return Outcome("", fault)

    def stop(self) -> None:
        self._here.close()
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def _serve(there: Connection, clip: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
    import django

    django.setup()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, resource.RLIM_INFINITY))
    while True:
        try:
            path = Path(there.recv())
        except EOFError:
            return
        there.send(_outcome(path, Path(clip)))


def _outcome(path: Path, clip: Path) -> Outcome:
    from bench.fuzz.paths import travel
    from engines.errors import StudioError

    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        try:
            return Outcome(travel(path, clip, Path(scratch)))
        except StudioError as error:
            plain = _SENTENCE.match(error.message) and not _NOT_WORDS.search(error.message)
            fault = "" if plain else f"not in words: {error.message!r}"
            if error.code == "proof_failed":
                fault = error.message
            return Outcome(f"{error.code}: {error.message}", fault)
        except Exception:  # noqa: BLE001 - what it is made to find
            return Outcome("", traceback.format_exc(limit=-6))


if __name__ == "__main__":
    sys.exit(main())
