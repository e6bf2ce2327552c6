"""All of `make run`, with real processes. The tests run in this order, on one studio."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

import embedded
from launcher.leftovers import leftovers_find
from tests.server import closed_port
from tests.waiting import wait_for

pytestmark = pytest.mark.processes

PROJECT = Path(__file__).resolve().parents[2]
# An idle machine needs 8 s; one that runs other things beside, much longer.
PATIENCE_SECONDS = 300


class Studio:
    def __init__(self, data_dir, port):
        self.data_dir = data_dir
        self.port = port
        self.log = data_dir.with_suffix(".log")
        self.environment = {**os.environ, "MV_DATA_DIR": str(data_dir), "PORT": str(port), "MV_SINGLE_USER": "true"}
        for name in ("DATABASE_URL", "REDIS_URL", "HOST", "SECRET_KEY"):
            self.environment.pop(name, None)
        self.process = None

    def start(self):
        with self.log.open("a") as log:
            # A group of its own, as a shell gives it: a signal to the group is Ctrl-C.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launcher.run"],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.ready_await()

    def ready_await(self):
        def ready():
            assert self.process.poll() is None, self.log.read_text()
            return not self.problems()

        wait_for(ready, seconds=PATIENCE_SECONDS, what="the studio", step=0.2, log=self.log)

    def problems(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as response:
                return json.load(response)["problems"]
        except urllib.error.HTTPError as error:
            return json.load(error)["problems"]
        except OSError as error:
            return [str(error)]

    def call(self, *arguments):
        command = [sys.executable, "-m", "launcher.run", *arguments]
        return subprocess.run(
            command,
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    studio = Studio(tmp_path_factory.mktemp("studio") / "var", closed_port())
    studio.start()
    yield studio
    if studio.process.poll() is None:
        os.killpg(studio.process.pid, signal.SIGINT)
        studio.process.wait(PATIENCE_SECONDS)
    embedded.postgres_stop(studio.data_dir)
    embedded.redis_stop(studio.data_dir)


def programs(studio):
    """Return the names of the programs that run below the supervisor, by what `ps` shows; one per process."""
    found = []
    for process in psutil.Process(studio.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            line = process.cmdline()
            if "gunicorn" in line:
                found.append("web")
            elif "celery" in line:
                found.append(line[line.index("-Q") + 1] if "-Q" in line else "beat")
    return found


def test_it_prints_one_address_when_it_is_ready(studio):
    wait_for(lambda: "is ready" in studio.log.read_text(), seconds=PATIENCE_SECONDS, what="the sentence")
    assert studio.log.read_text().count(f"mvsite is ready: http://127.0.0.1:{studio.port}") == 1
    assert studio.log.read_text().count("http://") == 1


def test_it_shows_what_the_workers_do(studio):
    body = json.dumps({"idea": "a neon city", "number_of_scenes": 1}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{studio.port}/api/mv/create_scenes",
        data=body,
        headers={"Content-Type": "application/json", "Prefer": "wait=60"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310 - our own server
        assert response.status in {200, 202}

    def told():
        moves = [line for line in studio.log.read_text().splitlines() if "event='job_moved'" in line]
        return any(line.startswith("media ") and "to_state='succeeded'" in line for line in moves)

    # The response may come before the worker's words have gone through the supervisor.
    wait_for(told, seconds=PATIENCE_SECONDS, what="the worker's words", log=studio.log)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks only there")
def test_its_programs_share_the_memory_of_the_code(studio):
    below = psutil.Process(studio.process.pid).children(recursive=True)
    facts = [process.memory_full_info() for process in below if {"gunicorn", "celery"} & set(process.cmdline())]
    assert len(facts) >= 8
    # Each would take about 180 MB alone.
    assert all(one.uss < 80 * 2**20 for one in facts)
    assert sum(one.pss for one in facts) < 0.35 * sum(one.rss for one in facts)


def test_a_second_run_in_the_same_folder_says_where_the_first_is(studio):
    done = studio.call()
    assert done.returncode == 0
    assert f"mvsite is already running here: http://127.0.0.1:{studio.port}" in done.stderr


def test_a_busy_port_is_reported_before_anything_starts(studio, tmp_path):
    done = Studio(tmp_path / "other", studio.port).call()
    assert done.returncode == 1
    assert f"make run PORT={studio.port + 1}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "other" / "postgres").exists()


def test_a_command_finds_the_running_services(studio):
    done = studio.call("--command", "showmigrations", "django_celery_beat")
    assert done.returncode == 0, done.stderr
    assert "[X] 0001_initial" in done.stdout


def test_it_recovers_if_everything_but_the_supervisor_is_killed(studio):
    children = psutil.Process(studio.process.pid).children(recursive=True)
    servers = [studio.data_dir / "postgres" / "postmaster.pid", studio.data_dir / "redis" / "redis.pid"]
    before = sorted(programs(studio))
    assert set(before) == {"web", "io", "media,segments,joins", "housekeeping", "beat"}
    for process in [*children, *(psutil.Process(int(file.read_text().split()[0])) for file in servers)]:
        process.kill()
    psutil.wait_procs(children)
    # The signs of life of the dead last for 20 s: count the living, too.
    wait_for(
        lambda: sorted(programs(studio)) == before, seconds=PATIENCE_SECONDS, what="all to run again", log=studio.log
    )
    studio.ready_await()
    said = studio.log.read_text()
    assert "media was killed by SIG" in said
    assert "PostgreSQL" in said
    assert "died; restarting" in said


def test_after_kill_9_of_the_supervisor_the_next_run_works(studio):
    started_by_it = psutil.Process(studio.process.pid).children(recursive=True)
    studio.process.kill()
    studio.process.wait()
    if sys.platform.startswith("linux"):
        assert psutil.wait_procs(started_by_it, timeout=PATIENCE_SECONDS)[1] == []
    studio.start()


def test_ctrl_c_leaves_nothing_behind(studio):
    started_by_it = psutil.Process(studio.process.pid).children(recursive=True)
    os.killpg(studio.process.pid, signal.SIGINT)
    assert studio.process.wait(PATIENCE_SECONDS) == 0
    assert [process for process in started_by_it if process.is_running()] == []
    assert leftovers_find(studio.data_dir) == []
    assert not embedded.postgres_running(studio.data_dir)
    assert not embedded.redis_running(studio.data_dir)
