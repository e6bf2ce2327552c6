"""Dragging a cut on the Edit page: 60 scenes on a song of two minutes, from the browser's own performance trace.

    make bench BENCH=timeline, or .venv/bin/python -m bench.timeline [--json] [--scenes 60] [--width 1440]

Uses its own server with an empty database and real media, and a headless Chromium. A frame's work is everything the
page's main thread starts from one animation frame to the next, but for at most one screen refresh (script, style,
layout, paint, garbage collection), in processor time, so that neither a busy machine nor a still pointer counts. A
60 Hz screen allows 16.7 ms.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

FRAME_MILLISECONDS = 16.0
REFRESH_MICROSECONDS = 16_667
SECONDS_A_SCENE = 2
STEPS = 240
FLAGS = ["--no-sandbox", "--disable-gpu"]
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"]


@contextmanager
def studio(folder: Path, scenes: int) -> Iterator[tuple[str, str, str]]:
    """Yield (address, session, path of the Edit page) of a server with such a project."""
    os.environ |= {"MV_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "mvsite.settings", "SECRET_KEY": "bench"}
    os.environ |= {"MV_SINGLE_USER": "false", "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    import embedded

    embedded.postgres_start(folder, durable=False)
    embedded.redis_start(folder)
    import django

    django.setup()
    try:
        yield from _served(scenes)
    finally:
        from django.db import connections

        connections.close_all()
        embedded.postgres_stop(folder)
        embedded.redis_stop(folder)


def _served(scenes: int) -> Iterator[tuple[str, str, str]]:
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.management import call_command
    from django.test import Client
    from django.test.testcases import LiveServerThread

    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_user("bench")
    # The tests have no types, so that mypy must not follow them from here.
    project = import_module("tests.browser.made").project_on_disk(user, scenes=scenes, seconds=SECONDS_A_SCENE)
    client = Client()
    client.force_login(user)
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}", client.cookies["sessionid"].value, f"/edit/{project.pk}"
    server.terminate()


def drag_trace(address: str, session: str, path: str, *, scenes: int, width: int) -> list[dict[str, Any]]:
    """Return the trace's events while a cut in the middle is dragged back and forth."""
    from playwright.sync_api import sync_playwright

    from launcher.browser import chromium_path

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=address)
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        page = context.new_page()
        page.goto(path)
        page.locator(".block").nth(scenes - 1).wait_for()
        page.wait_for_load_state("networkidle")
        page.locator("[data-scroll]").scroll_into_view_if_needed()
        box = page.locator(".cut").nth(scenes // 3).bounding_box()
        if box is None:
            raise SystemExit("The timeline has no cut to drag.")
        x, y = box["x"] + box["width"] / 2, box["y"] + 40
        page.mouse.move(x, y)
        page.mouse.down()
        browser.start_tracing(page=page, categories=CATEGORIES)
        for step in range(STEPS):
            page.mouse.move(x + 18 * (1 if step % 40 < 20 else -1) * (step % 20) / 20, y)
        trace = browser.stop_tracing()
        page.mouse.up()
        browser.close()
    return list(json.loads(trace)["traceEvents"])


def frames_of(events: list[dict[str, Any]]) -> list[float]:
    """Return the milliseconds of main-thread work in each animation frame."""
    fired = sorted((event for event in events if event["name"] == "FireAnimationFrame"), key=lambda event: event["ts"])
    if len(fired) < 3:
        raise SystemExit("The trace has no animation frames: was the cut dragged at all?")
    thread = (fired[0]["pid"], fired[0]["tid"])
    tasks = [
        (event["ts"], event.get("tdur", event.get("dur", 0)))
        for event in events
        if event["name"] == "RunTask" and event["ph"] == "X" and (event["pid"], event["tid"]) == thread
    ]
    return [_busiest(tasks, begin, end) for begin, end in pairwise(event["ts"] for event in fired)]


def _busiest(tasks: list[tuple[int, int]], begin: int, end: int) -> float:
    """Return the milliseconds of work in the busiest screen refresh that starts with a task in this time. While the
    pointer is still there is no next frame, and work done meanwhile delays none."""
    inside = [(start, length) for start, length in tasks if begin <= start < end]
    refreshes = (
        sum(length for start, length in inside if first <= start < first + REFRESH_MICROSECONDS) for first, _ in inside
    )
    return max(refreshes, default=0) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--width", type=int, default=1440, help="of the window, in pixels")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mvsite-bench-"))
    try:
        with studio(folder, options.scenes) as (address, session, path):
            events = drag_trace(address, session, path, scenes=options.scenes, width=options.width)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    frames = sorted(frames_of(events))
    script = sorted(event["dur"] / 1000 for event in events if event["name"] == "FireAnimationFrame")
    facts = {
        "scenes": options.scenes,
        "frames": len(frames),
        "frame_median_ms": round(statistics.median(frames), 2),
        "frame_p95_ms": round(frames[int(len(frames) * 0.95)], 2),
        "frame_worst_ms": round(frames[-1], 2),
        "script_median_ms": round(statistics.median(script), 2),
        "smooth": frames[-1] < FRAME_MILLISECONDS,
    }
    for name, value in facts.items():
        print(f"{name:>18}  {value}")
    if options.json:
        print(json.dumps(facts))
    sys.exit(0 if facts["smooth"] else 1)


if __name__ == "__main__":
    main()
