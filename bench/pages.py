"""A project's live pages with 36, 150 and 400 scenes: bytes, server time, and the browser's long tasks and memory.

    make bench BENCH=pages, or .venv/bin/python -m bench.pages [--json] [--scenes 36 150 400]

Uses its own server with an empty database and real media, and a headless Chromium. `page` is the first load, `quiet` a
poll when nothing changed, `changed` a poll after one scene changed; bytes are uncompressed, sent and received. Server
times are of one thread's processor, so that other programs don't count, and don't include the database's. A long task
keeps the browser from reacting for 50 ms or more; they are counted while the page loads, and while it polls. `grown` is
what 40 polls that each replace a card leave in memory after a garbage collection.
"""

import argparse
import json
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.timeline import FLAGS, studio

PAGES = ("edit", "quick-gen")
REPEATS = 5
POLLS = 5
MEMORY_POLLS = 40
# A machine that other programs use, too.
PATIENCE_MILLISECONDS = 180_000
REST_MILLISECONDS = 1500
SEEN = re.compile(r'data-seen="([^"]+)"')
FULL = re.compile(r'aria-label="More for scene (\d+)"')
WATCH = """
window.long = [];
new PerformanceObserver((list) => window.long.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask", buffered: true });
"""


def served_facts(client: Any, path: str, project: Any) -> dict[str, float]:
    """Return bytes and processor milliseconds of the page and its polls."""
    page, page_ms = _timed(lambda: client.get(path))
    html = page.content.decode()
    held = {"seen": " ".join(SEEN.findall(html)), "full": ",".join(FULL.findall(html))}
    quiet, quiet_ms = _timed(lambda: client.post(path, held))
    if quiet.status_code != 204:
        raise SystemExit(f"A poll of {path} without a change answered {quiet.status_code}.")
    last = project.scenes.order_by("-sequence").first()
    last.prompt, last.version = f"{last.prompt}, seen again", last.version + 1
    last.save()
    changed, changed_ms = _timed(lambda: client.post(path, held))
    return {
        "page_bytes": len(page.content),
        "page_ms": page_ms,
        "poll_sent_bytes": sum(len(value) for value in held.values()),
        "quiet_ms": quiet_ms,
        "changed_bytes": len(changed.content),
        "changed_ms": changed_ms,
    }


def _timed(ask: Callable[[], Any]) -> tuple[Any, float]:
    times = []
    for _ in range(REPEATS):
        began = time.thread_time()
        response = ask()
        times.append(1000 * (time.thread_time() - began))
    return response, round(statistics.median(times), 1)


def browser_facts(browser: Any, address: str, session: str, path: str, project: Any) -> dict[str, float]:
    """Return the long tasks, in milliseconds, while the page loads, and while one scene after the other changes."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.add_init_script(WATCH)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    loading = _taken(page)
    for scene in project.scenes.order_by("sequence")[:POLLS]:
        _poll_changed(page, scene)
        page.wait_for_timeout(REST_MILLISECONDS)
    polling = _taken(page)
    before, nodes_before = _memory(page)
    for scene in [*project.scenes.order_by("sequence")[:POLLS]] * (MEMORY_POLLS // POLLS):
        _poll_changed(page, scene)
    page.wait_for_timeout(REST_MILLISECONDS)
    after, nodes_after = _memory(page)
    context.close()
    return {
        "load_long_tasks": len(loading),
        "load_long_ms": round(sum(loading)),
        "poll_long_tasks": len(polling),
        "poll_longest_ms": round(max(polling, default=0)),
        "heap_mb": round(before / 1e6, 1),
        "grown_mb": round((after - before) / 1e6, 2),
        "nodes": nodes_before,
        "grown_nodes": nodes_after - nodes_before,
    }


def _poll_changed(page: Any, scene: Any) -> None:
    scene.prompt, scene.version = f"{scene.prompt[:40]}, again", scene.version + 1
    scene.save()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.evaluate("() => htmx.trigger(document.getElementById('poller'), 'wake')")


def _memory(page: Any) -> tuple[int, int]:
    """Return the bytes of the page's objects and the number of its nodes, without garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = {metric["name"]: int(metric["value"]) for metric in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return found["JSHeapUsedSize"], found["Nodes"]


def _taken(page: Any) -> list[float]:
    return list(page.evaluate("() => window.long.splice(0)"))


def measured(sizes: list[int], folder: Path) -> list[dict[str, Any]]:
    """Return a row for each page and number of scenes."""
    from playwright.sync_api import sync_playwright

    from launcher.browser import chromium_path

    rows = []
    with studio(folder, 1) as (address, session, _), sync_playwright() as playwright:
        user = import_module("django.contrib.auth").get_user_model().objects.get()
        client = import_module("django.test").Client()
        client.force_login(user)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for scenes in sizes:
            # The tests have no types, so that mypy must not follow them from here.
            project = import_module("tests.browser.made").project_on_disk(user, scenes=scenes, seconds=2)
            for name in PAGES:
                path = f"/{name}/{project.pk}"
                facts = served_facts(client, path, project)
                facts |= browser_facts(browser, address, session, path, project)
                rows.append({"page": name, "scenes": scenes, **facts})
        browser.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--scenes", type=int, nargs="+", default=[36, 150, 400])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mvsite-bench-"))
    try:
        rows = measured(options.scenes, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name in rows[0]:
        print(f"{name:>16}  " + "".join(f"{row[name]:>12}" for row in rows))
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
