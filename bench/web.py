"""Pages and API with a large database: 1,000 projects of 30 scenes, and 100,000 jobs with their events.

    make bench BENCH=web, or .venv/bin/python -m bench.web [--json] [--users 1 16 50] [--seconds 20] [--explain]

Uses its own PostgreSQL, Valkey and gunicorn with the settings of `make run`. Each user asks for every page in turn over
a connection kept open, without a pause. Prints requests per second, p50, p95 and p99 in milliseconds, and the queries
of one request; `--explain` adds the plan of each page's slowest query. The load's own processor time is part of what is
measured, since it runs on the same machine.
"""

import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.server import closed_port

ROOT = Path(__file__).parents[1]
TEXT = "A wide shot of a singer on a roof at dusk, the city's lights behind her, slow push in. "
# As a clip's job has it: the prompt, the flavor's settings, inputs.
PARAMETERS_BYTES = 4000
STATES = ("succeeded",) * 90 + ("failed",) * 7 + ("cancelled",) * 2 + ("needs_attention",)
# One job in so many is live.
LIVE_EVERY = 1000
EVENTS = ("created", "claimed", "submitted", "collecting", "done")


@contextmanager
def database(folder: Path) -> Iterator[None]:
    os.environ |= {"MV_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "mvsite.settings", "SECRET_KEY": "bench"}
    os.environ |= {"MV_SINGLE_USER": "false", "LOG_LEVEL": "ERROR", "PORT": str(closed_port())}
    import embedded

    embedded.postgres_start(folder, durable=False)
    embedded.redis_start(folder)
    import django

    django.setup()
    try:
        yield
    finally:
        from django.db import connections

        connections.close_all()
        embedded.postgres_stop(folder)
        embedded.redis_stop(folder)


def fill(projects: int, scenes: int, jobs: int) -> Any:
    """Create the rows, most of them in the database itself. Returns their owner."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    owner = get_user_model().objects.create_user("bench")
    picture, clip = _asset(owner, "image", "image/png"), _asset(owner, "video", "video/mp4")
    _projects(owner, projects, scenes, picture, clip)
    _jobs(owner, jobs)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return owner


def _asset(owner: Any, kind: str, content_type: str) -> Any:
    from apps.assets.models import Asset

    name = f"bench/{kind}.{content_type.partition('/')[2]}"
    facts: dict[str, Any] = {"width": 1280, "height": 720, "sha256": "0" * 64, "size_bytes": 100_000}
    facts |= {"duration_seconds": 4.0, "fps": "24", "frames": 96} if kind == "video" else {}
    return Asset.objects.create(
        owner=owner, kind=kind, key=name, content_type=content_type, stored_in="disk", media_folder="bench", **facts
    )


def _projects(owner: Any, projects: int, scenes: int, picture: Any, clip: Any) -> None:
    from django.db import connection

    from apps.projects.models import Project
    from apps.scenes.models import Clip, Scene

    made = Project.objects.bulk_create(
        Project(owner=owner, title=f"Project {number}", idea=TEXT * 4) for number in range(projects)
    )
    rows = Scene.objects.bulk_create(
        (
            Scene(project=project, sequence=number + 1, prompt=TEXT * 3, duration=4, image=picture)
            for project in made
            for number in range(scenes)
        ),
        batch_size=2000,
    )
    Clip.objects.bulk_create((Clip(scene=scene, asset=clip, origin="generated") for scene in rows), batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE scenes_scene SET current_clip_id = scenes_clip.id FROM scenes_clip WHERE scene_id = scenes_scene.id"
        )


def _jobs(owner: Any, jobs: int) -> None:
    """Copy one job, with other ids, states, projects and times, then give each its events, request and ledger."""
    from django.db import connection

    from apps.jobs.models import Job

    parameters = {"version": 2, "prompt": os.urandom(PARAMETERS_BYTES // 2).hex()}
    job = Job.objects.create(owner=owner, kind="video", queue="io", provider="replicate", parameters=parameters)
    names = [str(field.column) for field in Job._meta.concrete_fields]
    states = ", ".join(f"'{state}'" for state in STATES)
    ends = f"(ARRAY[{states}])[1 + mod(n, {len(STATES)})]"
    values = {
        "id": "gen_random_uuid()",
        "state": f"CASE mod(n, {LIVE_EVERY}) WHEN 0 THEN 'waiting' ELSE {ends} END",
        "created_at": "now() - n * interval '1 minute'",
        "project_id": "projects.ids[1 + mod(n, array_length(projects.ids, 1))]",
        "kind": "(ARRAY['video', 'image', 'lipsync'])[1 + mod(n, 3)]",
    }
    told = {column: values.get(column, f"jobs_job.{column}") for column in names}
    told["finished_at"] = f"CASE WHEN {told['state']} IN ('succeeded', 'failed', 'cancelled') THEN now() END"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO jobs_job ({', '.join(names)}) SELECT {', '.join(told.values())} FROM jobs_job, "  # noqa: S608
            "(SELECT array_agg(id) AS ids FROM projects_project) projects, generate_series(1, %s) n",
            [jobs],
        )
        cursor.execute("DELETE FROM jobs_job WHERE id = %s", [job.pk])
        cursor.execute(
            "INSERT INTO jobs_jobevent (job_id, created_at, from_state, to_state, code, message, facts) "
            "SELECT id, created_at, 'running', state, event.code, '', '{}' "
            "FROM jobs_job, unnest(%s::text[]) event(code)",
            [list(EVENTS)],
        )
        cursor.execute(
            "INSERT INTO jobs_remoterun (job_id, attempt, provider, capability, status, key, payload, model, mark, "
            "remote_id, raw, message, submitting_at, polls) SELECT id, 1, provider, 'video', 'collected', "
            "'mv-' || id, parameters, 'model', '', id::text, parameters, '', created_at, 3 "
            "FROM jobs_job WHERE finished_at IS NOT NULL"
        )
        cursor.execute(
            "INSERT INTO jobs_ledgerentry (job_id, attempt, kind, amount, basis, project_id, provider, scopes, "
            "created_at) SELECT id, 1, kind.name, 0.4, '', project_id, provider, '[]', created_at "
            "FROM jobs_job, unnest(ARRAY['reserve', 'settle']) kind(name) WHERE finished_at IS NOT NULL"
        )


def paths_of(owner: Any) -> list[str]:
    from apps.jobs.models import Job

    project = owner.projects.order_by("title").first()
    job = Job.objects.filter(state="succeeded").first()
    assert job is not None
    pages = ["/", "/?page=20", "/create", "/songs", "/account/spending"]
    pages += [f"/{page}/{project.pk}" for page in ("projects", "edit", "quick-gen")]
    pages += ["/jobs", "/jobs?state=failed", "/jobs?kind=image&page=200"]
    pages += [f"/jobs?project={project.pk}", f"/jobs/{job.pk}"]
    api = ["/api/mv/projects", f"/api/mv/projects/{project.pk}", f"/api/mv/projects/{project.pk}/scenes"]
    api += ["/api/jobs", "/api/jobs?state=failed", f"/api/jobs/{job.pk}"]
    return pages + api


def queries_of(owner: Any, paths: list[str], *, explain: bool) -> dict[str, int]:
    """Return the number of queries of each path, asked in this process; raises SystemExit if one isn't a page."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    client, counts = Client(), {}
    client.force_login(owner)
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {response.status_code}")
        counts[path] = len(captured)
        slowest = max(captured.captured_queries, key=lambda query: float(query["time"]))
        if explain and slowest["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + slowest["sql"].replace("%", "%%"))
                print(f"\n{path}\n{slowest['sql'][:600]}\n" + "\n".join(row[0] for row in cursor.fetchall()))
    return counts


@contextmanager
def server() -> Iterator[int]:
    """Yield the port of the product's own web server."""
    import_module("django.core.management").call_command("collectstatic", interactive=False, verbosity=0)
    command = [sys.executable, "-m", "gunicorn", "-c", "mvsite/gunicorn_conf.py", "mvsite.wsgi"]
    process = subprocess.Popen(command, cwd=ROOT)
    port = int(os.environ["PORT"])
    try:
        for _ in range(600):
            try:
                _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/healthz", "")
                break
            except OSError:
                time.sleep(0.2)
                if process.poll() is not None:
                    raise SystemExit("the web server did not start") from None
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _ask(connection: http.client.HTTPConnection, path: str, session: str) -> int:
    connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
    response = connection.getresponse()
    response.read()
    return response.status


def load(port: int, session: str, paths: list[str], *, users: int, seconds: float) -> dict[str, Any]:
    """Return the times of each path in milliseconds, and requests per second, with so many users at once."""
    times: dict[str, list[float]] = defaultdict(list)
    problems: list[str] = []
    began = time.monotonic()

    def user(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        turn = number
        # Alone, a user goes round at least three times, however slow the machine is.
        while time.monotonic() - began < seconds or (users == 1 and turn < 3 * len(paths)):
            path = paths[turn % len(paths)]
            asked = time.monotonic()
            status = _ask(connection, path, session)
            times[path].append(1000 * (time.monotonic() - asked))
            turn += 1
            if status != 200:
                problems.append(f"{path} answered {status}")

    threads = [threading.Thread(target=user, args=(number,)) for number in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise SystemExit(problems[0])
    taken = time.monotonic() - began
    return {"times": times, "per_second": sum(len(found) for found in times.values()) / taken}


def percentile(times: list[float], share: float) -> float:
    if len(times) == 1:
        return times[0]
    return statistics.quantiles(times, n=100, method="inclusive")[round(100 * share) - 1]


def shown(path: str) -> str:
    """Return the path without its id, which differs from run to run."""
    return "/".join("…" if len(part) == 36 else part for part in path.split("/"))


def measured(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    with database(folder):
        began = time.monotonic()
        owner = fill(options.projects, options.scenes, options.jobs)
        print(f"filled in {time.monotonic() - began:.0f} s; load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
        paths = paths_of(owner)
        queries = queries_of(owner, paths, explain=options.explain)
        client = import_module("django.test").Client()
        client.force_login(owner)
        session = client.cookies["sessionid"].value
        facts: dict[str, Any] = {"queries": {shown(path): count for path, count in queries.items()}}
        with server() as port:
            load(port, session, paths, users=2, seconds=3)  # both processes load their code
            for users in options.users:
                found = load(port, session, paths, users=users, seconds=options.seconds)
                rows = {
                    shown(path): {
                        name: round(percentile(times, share))
                        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
                    }
                    for path, times in found["times"].items()
                }
                print(f"\n{users} users: {found['per_second']:.1f} requests/s, load {os.getloadavg()[0]:.1f}")
                for name, row in sorted(rows.items(), key=lambda row: -row[1]["p95"]):
                    print(f"{name:<44} {row['p50']:>6} {row['p95']:>6} {row['p99']:>6} ms", flush=True)
                facts[f"worst_p95_ms_{users}"] = max(row["p95"] for row in rows.values())
                facts[f"requests_per_second_{users}"] = round(found["per_second"], 1)
                facts[f"pages_{users}"] = rows
        for name, count in facts["queries"].items():
            print(f"{name:<44} {count:>4} queries")
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--explain", action="store_true", help="show the plan of each page's slowest query")
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--scenes", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--users", type=int, nargs="+", default=[1, 16, 50])
    parser.add_argument("--seconds", type=float, default=20, help="of load for each number of users")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mvsite-bench-"))
    try:
        facts = measured(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(facts))


if __name__ == "__main__":
    main()
