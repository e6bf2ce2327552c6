"""How far the Edit page's picture is from the song while it plays: read out of the picture, frame by frame.

    make bench BENCH=preview, or .venv/bin/python -m bench.preview [--json] [--seconds 12] [--burn 0 2]

Uses its own server with an empty database and a headless Chromium. The clips' pixels encode which clip and which frame
they are. At each screen refresh, the picture on the page is read and compared with the one that belongs to the song's
time (`audio.currentTime`) at that moment, across cuts. `burn` is how many processes use all of a core meanwhile.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.timeline import FLAGS, studio

SCENES = 12
SECONDS_A_SCENE = 2
FRAMES_A_SECOND = 24
# The first moments, in which playing starts, are told apart.
SETTLED_SECONDS = 0.5
WATCH_JS = Path(__file__).with_name("preview.js")


@contextmanager
def burning(processes: int) -> Iterator[None]:
    """Keep that many cores busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def played(page: Any, seconds: float) -> list[dict[str, float]]:
    """Return what was seen at each refresh while the film played from its start: `time` of the song, `clip`, `frame`;
    -1 where nothing could be read."""
    page.evaluate(WATCH_JS.read_text())
    page.locator("[data-play]").click()
    page.wait_for_timeout(1000 * seconds)
    found: list[dict[str, float]] = page.evaluate("() => window.seen.splice(0)")
    page.locator("[data-play]").click()
    return found


def frames_off(seen: dict[str, float], *, seconds_a_scene: float = SECONDS_A_SCENE) -> float:
    """Return how many frames the picture is before (negative) or after the song; infinity for no readable picture."""
    if seen["frame"] < 0:
        return float("inf")
    shown = seen["clip"] * seconds_a_scene + seen["frame"] / FRAMES_A_SECOND
    # A picture is right for as long as it lasts.
    early = (shown - seen["time"]) * FRAMES_A_SECOND
    return 0.0 if -1 < early <= 0 else (early if early > 0 else early + 1)


def facts_of(seen: list[dict[str, float]]) -> dict[str, float]:
    settled = [frames_off(one) for one in seen if one["time"] >= SETTLED_SECONDS]
    if not settled:
        raise SystemExit("Nothing was played.")
    start = [abs(frames_off(one)) for one in seen if 0 < one["time"] < SETTLED_SECONDS]
    distances = sorted(abs(one) for one in settled)
    return {
        "pictures_read": len(settled),
        "within_1_frame": round(sum(one <= 1 for one in distances) / len(distances), 4),
        "exact": round(sum(one == 0 for one in distances) / len(distances), 4),
        "median_frames": round(statistics.median(settled), 2),
        "worst_frames": round(distances[-1], 2),
        "worst_at_start": round(max(start, default=0), 2),
    }


def measured(seconds: float, burns: list[int], folder: Path) -> list[dict[str, Any]]:
    from playwright.sync_api import sync_playwright

    from launcher.browser import chromium_path

    rows = []
    with studio(folder, 1) as (address, session, _), sync_playwright() as playwright:
        user = import_module("django.contrib.auth").get_user_model().objects.get()
        # The tests have no types, so that mypy must not follow them from here.
        project = import_module("tests.browser.made").numbered_film(user, scenes=SCENES, seconds=SECONDS_A_SCENE)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for burn in burns:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            page = context.new_page()
            page.goto(f"/edit/{project.pk}")
            page.locator(".block").nth(SCENES - 1).wait_for()
            page.wait_for_load_state("networkidle")
            with burning(burn):
                seen = played(page, seconds)
            context.close()
            rows.append({"burn": burn, **facts_of(seen)})
        browser.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--burn", type=int, nargs="+", default=[0, 2])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mvsite-bench-"))
    try:
        rows = measured(options.seconds, options.burn, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name in rows[0]:
        print(f"{name:>16}  " + "".join(f"{row[name]:>12}" for row in rows))
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
