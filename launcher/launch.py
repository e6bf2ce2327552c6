"""Starts everything: the studio until it is stopped, or the workers for one command."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

from embedded.addresses import reachable_host
from launcher.leftovers import leftovers_find, processes_end
from launcher.programs import web, workers
from launcher.run_lock import is_locked, run_lock
from launcher.services import services, services_check
from launcher.supervisor import Supervisor, python

LEFTOVERS_GRACE_SECONDS = 5.0
# After this, the operator is told what is missing, and the programs keep trying.
READY_PATIENCE_SECONDS = 60.0
PROBE_SECONDS = 0.5
# A command that is told to stop gets this long to finish.
COMMAND_GRACE_SECONDS = 10.0
LOCK_CHECK_SECONDS = 0.5


class StartError(Exception):
    """The studio can't start; the message says what to do."""


def studio_run() -> int:
    """Serve until a signal arrives. Raises StartError or EmbeddedServiceError if the studio can't start."""
    address = f"http://{reachable_host(settings.HOST)}:{settings.PORT}"
    with run_lock(settings.DATA_DIR, {"kind": "studio", "address": address, "pid": os.getpid()}) as other:
        if other is not None:
            sys.stderr.write(_already_running(other))
            return 0
        _leftovers_end()
        _port_check(settings.HOST, settings.PORT)
        supervisor = Supervisor(
            [web(), *workers()], data_dir=settings.DATA_DIR, services_check=services_check, output=sys.stdout
        )
        supervisor.signals_handle()
        with services():
            if not _prepare(supervisor):
                return 0 if supervisor.stop_signal else 1
            supervisor.say("Starting web, workers and beat…")
            with supervisor.running():
                _until_stopped(supervisor, address)
                supervisor.say("Stopping…")
    return 0


def command_run(command: list[str]) -> int:
    """Run `manage.py command` with existing workers or its own. Returns its exit code as a shell would."""
    manage = python("manage.py", *command)
    waiting = False
    while True:
        with run_lock(settings.DATA_DIR, {"kind": "command", "pid": os.getpid()}) as other:
            if other is None:
                return _command_on_own_workers(manage)
        if other.get("kind") == "studio":
            address = str(other.get("address"))
            _studio_await(address)
            # The command prints addresses of the running studio, which may use another port than our settings.
            os.environ["PORT"] = str(urlsplit(address).port or settings.PORT)
            # Replace this process, so that the command gets the signals and sets the exit code.
            os.execv(manage[0], manage)  # noqa: S606 - a fixed program, without a shell
        if other.get("kind") == "command" and not waiting:
            sys.stderr.write("Another make video or make demo is running in this folder; waiting for it to finish.\n")
            waiting = True
        time.sleep(LOCK_CHECK_SECONDS)


def _command_on_own_workers(manage: tuple[str, ...]) -> int:
    _leftovers_end()
    log_path = settings.DATA_DIR / "workers.log"
    with log_path.open("w") as log:
        supervisor = Supervisor(workers(), data_dir=settings.DATA_DIR, services_check=services_check, output=log)
        supervisor.signals_handle()
        with services():
            if not _prepare(supervisor, "--no-static"):
                return 128 + supervisor.stop_signal if supervisor.stop_signal else 1
            with supervisor.running():
                code = _command_follow(supervisor, subprocess.Popen(manage))
    if code not in (0, 130):
        sys.stderr.write(f"The workers' log is {log_path}\n")
    return code


def _command_follow(supervisor: Supervisor, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None and supervisor.stop_signal is None:
        supervisor.round()
    # Ctrl-C also reached the command, which is in the terminal's process group. A `kill` only reached us.
    patience = COMMAND_GRACE_SECONDS if supervisor.stop_signal == signal.SIGINT else 0.0
    interrupt_at = time.monotonic() + patience
    interrupted = False
    while process.poll() is None:
        supervisor.round()
        if time.monotonic() > interrupt_at + COMMAND_GRACE_SECONDS:
            process.kill()
        elif time.monotonic() > interrupt_at and not interrupted:
            process.send_signal(signal.SIGINT)
            interrupted = True
    return 128 - process.returncode if process.returncode < 0 else process.returncode


def _until_stopped(supervisor: Supervisor, address: str) -> None:
    started_at = probed_at = time.monotonic()
    ready = complained = False
    while supervisor.stop_signal is None:
        supervisor.round()
        now = time.monotonic()
        if ready or now - probed_at < PROBE_SECONDS:
            continue
        probed_at = now
        problems = _problems(address)
        ready = not problems
        if ready:
            supervisor.say(f"mvsite is ready: {address}  (Ctrl-C stops it)")
        elif now - started_at > READY_PATIENCE_SECONDS and not complained:
            complained = True
            supervisor.say(f"Not ready yet: {' '.join(problems)} The lines above may say why; still trying.")


def _studio_await(address: str) -> None:
    """Wait for a studio that is still starting, and say so."""
    deadline = time.monotonic() + READY_PATIENCE_SECONDS
    told = False
    while (problems := _problems(address)) and is_locked(settings.DATA_DIR):
        if not told:
            told = True
            sys.stderr.write(f"Waiting for the studio at {address} to be ready…\n")
        if time.monotonic() > deadline:
            sys.stderr.write(f"It is not ready yet: {' '.join(problems)} Trying anyway.\n")
            return
        time.sleep(PROBE_SECONDS)


def _problems(address: str) -> list[str]:
    """Return the problems that /readyz reports; empty if the studio is ready."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return list(json.loads(connection.getresponse().read())["problems"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return ["The web process isn't responding."]
    finally:
        connection.close()


def _port_check(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Same as gunicorn, so that lingering connections of an earlier run don't block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(
                f"Port {port} on {host} can't be used ({os.strerror(error.errno or 0).lower()}). "
                f"Choose another one: make run PORT={port + 1 if port < 65535 else 8000}"
            ) from error


def _already_running(other: Mapping[str, object]) -> str:
    if other.get("kind") == "studio":
        return f"mvsite is already running here: {other['address']}  (process {other['pid']}; Ctrl-C there stops it)\n"
    return (
        f"A make video or make demo is running in this folder (process {other.get('pid')}). Try again after it ends.\n"
    )


def _leftovers_end() -> None:
    left = leftovers_find(settings.DATA_DIR)
    if left:
        sys.stderr.write(f"Stopping {len(left)} processes left behind by an earlier run…\n")
        processes_end(left, grace_seconds=LEFTOVERS_GRACE_SECONDS)


def _prepare(supervisor: Supervisor, *options: str) -> bool:
    """Migrate and collect in a separate process. Returns whether it succeeded and no signal asked to stop."""
    if supervisor.stop_signal is not None:
        return False
    environment = {"LOG_LEVEL": "WARNING", **os.environ}
    process = subprocess.Popen(python("-m", "launcher.prepare", *options), env=environment)
    while process.poll() is None and supervisor.stop_signal is None:
        supervisor.parent_check()
        time.sleep(0.02)
    if process.poll() is None:
        process.terminate()
    return process.wait() == 0 and supervisor.stop_signal is None
