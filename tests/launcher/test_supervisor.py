import contextlib
import ctypes
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from launcher.forking import POSSIBLE
from launcher.leftovers import leftovers_find
from launcher.lifeline import SUPERVISOR_VARIABLE, end_with_supervisor
from launcher.supervisor import Program, Supervisor

pytestmark = pytest.mark.processes

PROJECT = Path(__file__).resolve().parents[2]
SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
STUBBORN = (
    *(sys.executable, "-c"),
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
    "print('child', child.pid, flush=True)\n"
    "time.sleep(60)\n",
)


@pytest.fixture
def supervise(tmp_path):

    class Run:
        output = io.StringIO()

        @contextlib.contextmanager
        def __call__(self, *programs, services_check=lambda say: None):
            supervisor = Supervisor(
                list(programs), data_dir=tmp_path, services_check=services_check, output=self.output
            )
            with supervisor.running():
                yield supervisor

    yield Run()
    assert leftovers_find(tmp_path) == []


def rounds_until(supervisor, condition):
    deadline = time.monotonic() + 400
    while not condition():
        assert time.monotonic() < deadline
        supervisor.round()


def test_lines_are_prefixed_and_muted_ones_dropped(supervise):
    talk = Program(
        "talk", (sys.executable, "-c", "print('worker: noise'); print('a word'); print('ü' * 3)"), mute="worker"
    )
    with supervise(talk, Program("longer", SLEEP)) as supervisor:
        rounds_until(supervisor, lambda: "üüü" in supervise.output.getvalue() and "up" in supervise.output.getvalue())
    assert "talk   | a word\n" in supervise.output.getvalue()
    assert "longer | up\n" in supervise.output.getvalue()
    assert "noise" not in supervise.output.getvalue()


def test_a_killed_program_is_restarted_and_reported(supervise):
    with supervise(Program("sleep", SLEEP)) as supervisor:
        first = supervisor.children[0].process.pid
        os.kill(first, signal.SIGKILL)
        rounds_until(supervisor, lambda: supervise.output.getvalue().count("up") >= 1)
        assert supervisor.children[0].process.pid != first
    assert "sleep was killed by SIGKILL; restarting in 1 s" in supervise.output.getvalue()


def test_a_program_that_keeps_dying_is_restarted_more_and_more_slowly(supervise):
    with supervise(Program("broken", (sys.executable, "-c", "raise SystemExit(3)"))) as supervisor:
        rounds_until(supervisor, lambda: "restarting in 2 s" in supervise.output.getvalue())
    assert "broken exited with code 3; restarting in 1 s" in supervise.output.getvalue()


def test_stopping_kills_stubborn_programs_and_what_they_started(supervise):
    with supervise(Program("stubborn", STUBBORN)) as supervisor:
        rounds_until(supervisor, lambda: "child" in supervise.output.getvalue())
        grandchild = psutil.Process(int(supervise.output.getvalue().split()[-1]))
        # A second signal while stopping: stop immediately.
        supervisor.stop_signal = signal.SIGTERM
        signal.signal(signal.SIGALRM, lambda *_: supervisor._signal_seen(signal.SIGINT, None))
        signal.setitimer(signal.ITIMER_REAL, 0.5)
    assert not grandchild.is_running()
    assert "stopping immediately" in supervise.output.getvalue()


def test_dead_services_are_restarted(supervise):
    looks: list[Any] = []
    with supervise(Program("sleep", SLEEP), services_check=looks.append) as supervisor:
        rounds_until(supervisor, lambda: looks)
    assert looks


def test_where_there_is_no_prctl_a_child_starts_all_the_same(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv(SUPERVISOR_VARIABLE, str(os.getppid()))
    monkeypatch.setattr(ctypes, "CDLL", lambda *_: pytest.fail("macOS has no prctl"))
    end_with_supervisor()


def test_a_child_may_fork_on_macos(supervise):
    look = Program(
        "look", (sys.executable, "-c", "import os; print(os.environ['OBJC_DISABLE_INITIALIZE_FORK_SAFETY'])")
    )
    with supervise(look) as supervisor:
        rounds_until(supervisor, lambda: "look | YES" in supervise.output.getvalue())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_make_alone_stops_its_supervisor(tmp_path, number):
    program = (
        "from pathlib import Path; from launcher.supervisor import Supervisor\n"
        "s = Supervisor([], data_dir=Path('none'), services_check=lambda say: None, output=open('/dev/null', 'w'))\n"
        "s.signals_handle(); print('up', flush=True)\n"
        "while s.stop_signal is None: s.round()\n"
    )
    (tmp_path / "program.py").write_text(program)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} {tmp_path}/program.py\n")
    # The tests themselves may run under make, whose variables make an inner one say more.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment = {**inherited, "PYTHONPATH": str(PROJECT)}
    make = subprocess.Popen(
        # A shell's background jobs ignore SIGINT, and so would make if it inherited that.
        ["env", "--default-signal=INT", "make"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert make.stdout.readline() == "up\n"
    supervisor = psutil.Process(make.pid).children()[0]
    make.send_signal(number)
    make.wait(60)
    assert psutil.wait_procs([supervisor], timeout=60)[1] == []
    make.stdout.close()


@pytest.mark.skipif(not POSSIBLE, reason="forks only on Linux")
def test_preloaded_programs_are_forked_and_each_is_restarted_alone(supervise):
    celery = Program("version", (sys.executable, "-m", "celery", "--version"), preloaded=True)
    noted = Program("noted", (sys.executable, "-m", "http.server", "0"), preloaded=True, environment={"A_NOTE": "x"})
    with supervise(celery, noted) as supervisor:
        output = supervise.output.getvalue
        rounds_until(supervisor, lambda: "version exited with code 0; restarting" in output() and "Serving" in output())
        process = psutil.Process(supervisor.children[1].process.pid)
        assert process.cmdline()[:4] == [sys.executable, "-m", "http.server", "0"]
        assert os.getsid(process.pid) == process.pid
        os.kill(process.pid, signal.SIGKILL)
        rounds_until(supervisor, lambda: output().count("Serving") == 2)
    assert "noted was killed by SIGKILL; restarting in 1 s" in output()
    assert "loader was" not in output()


@pytest.mark.skipif(not POSSIBLE, reason="forks only on Linux")
def test_forked_programs_end_with_their_loader_and_come_back(supervise):
    server = Program("server", (sys.executable, "-m", "http.server", "0"), preloaded=True)
    with supervise(server) as supervisor:
        output = supervise.output.getvalue
        rounds_until(supervisor, lambda: "Serving" in output())
        first = psutil.Process(supervisor.children[0].process.pid)
        psutil.Process(first.ppid()).kill()
        rounds_until(supervisor, lambda: output().count("Serving") == 2)
        assert not first.is_running()
    assert "loader was killed by SIGKILL; restarting in 1 s" in output()
