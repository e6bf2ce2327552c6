"""The two ways to start everything: the studio until it is stopped, or one command on its own workers."""

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
from launcher.services import services, services_look
from launcher.supervisor import Supervisor, python

LEFTOVERS_GRACE_SECONDS = 5.0
# After it the operator is told what is missing; the programs go on trying.
READY_PATIENCE_SECONDS = 60.0
PROBE_SECONDS = 0.5
# A command that is told to stop may finish what it writes.
COMMAND_GRACE_SECONDS = 10.0
LOCK_LOOK_SECONDS = 0.5


class StartError(Exception):
    """The studio cannot start; the message says what to do."""


def studio_run() -> int:
    """Serve until a signal comes. Raises StartError or EmbeddedServiceError when that is not possible here."""
    address = f"http://{reachable_host(settings.HOST)}:{settings.PORT}"
    with run_lock(settings.DATA_DIR, {"kind": "studio", "address": address, "pid": os.getpid()}) as other:
        if other is not None:
            sys.stderr.write(_runs_already(other))
            return 0
        _leftovers_end()
        _port_check(settings.HOST, settings.PORT)
        supervisor = Supervisor(
            [web(), *workers()], data_dir=settings.DATA_DIR, services_look=services_look, output=sys.stdout
        )
        supervisor.signals_take()
        with services():
            if not _prepare(supervisor):
                return 0 if supervisor.stop_signal else 1
            supervisor.say("Starting web, workers and beat …")
            with supervisor.running():
                _until_stopped(supervisor, address)
                supervisor.say("Stopping …")
    return 0


def command_run(command: list[str]) -> int:
    """Run `manage.py command` on workers that are there or made for it; answers its exit code as a shell would."""
    manage = python("manage.py", *command)
    waiting = False
    while True:
        with run_lock(settings.DATA_DIR, {"kind": "command", "pid": os.getpid()}) as other:
            if other is None:
                return _command_on_own_workers(manage)
        if other.get("kind") == "studio":
            address = str(other.get("address"))
            _studio_await(address)
            # The command names pages of the studio that runs, which may be on another port than ours would be.
            os.environ["PORT"] = str(urlsplit(address).port or settings.PORT)
            # It replaces this process, so that signals and the exit code are its own.
            os.execv(manage[0], manage)  # noqa: S606 - a fixed program, no shell wanted
        if other.get("kind") == "command" and not waiting:
            sys.stderr.write("Another make video or make demo runs in this folder; waiting for it to end.\n")
            waiting = True
        time.sleep(LOCK_LOOK_SECONDS)


def _command_on_own_workers(manage: tuple[str, ...]) -> int:
    _leftovers_end()
    log_path = settings.DATA_DIR / "workers.log"
    with log_path.open("w") as log:
        supervisor = Supervisor(workers(), data_dir=settings.DATA_DIR, services_look=services_look, output=log)
        supervisor.signals_take()
        with services():
            if not _prepare(supervisor, "--no-static"):
                return 128 + supervisor.stop_signal if supervisor.stop_signal else 1
            with supervisor.running():
                code = _command_follow(supervisor, subprocess.Popen(manage))
    if code not in (0, 130):
        sys.stderr.write(f"What the workers said is in {log_path}\n")
    return code


def _command_follow(supervisor: Supervisor, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None and supervisor.stop_signal is None:
        supervisor.round()
    # Ctrl-C reached the command too, being in the terminal's group; a `kill` reached only us.
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
            supervisor.say(f"Not ready yet: {' '.join(problems)} The lines above may say why; trying on.")


def _studio_await(address: str) -> None:
    """Give a studio that is just starting the time it needs, and say so."""
    deadline = time.monotonic() + READY_PATIENCE_SECONDS
    told = False
    while (problems := _problems(address)) and is_locked(settings.DATA_DIR):
        if not told:
            told = True
            sys.stderr.write(f"Waiting for the studio at {address} to be ready …\n")
        if time.monotonic() > deadline:
            sys.stderr.write(f"It is not ready yet: {' '.join(problems)} Trying anyway.\n")
            return
        time.sleep(PROBE_SECONDS)


def _problems(address: str) -> list[str]:
    """What /readyz names as missing; nothing when all is well."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return list(json.loads(connection.getresponse().read())["problems"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return ["The web process does not answer."]
    finally:
        connection.close()


def _port_check(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As gunicorn does: connections of an earlier run that still linger are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(
                f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0).lower()}). "
                f"Choose another one: make run PORT={port + 1 if port < 65535 else 8000}"
            ) from error


def _runs_already(other: Mapping[str, object]) -> str:
    if other.get("kind") == "studio":
        return f"mvsite runs here already: {other['address']}  (process {other['pid']}; Ctrl-C there stops it)\n"
    return f"A make video or make demo is at work in this folder (process {other.get('pid')}). Run it after that.\n"


def _leftovers_end() -> None:
    left = leftovers_find(settings.DATA_DIR)
    if left:
        sys.stderr.write(f"Ending {len(left)} processes that an earlier run left behind …\n")
        processes_end(left, grace_seconds=LEFTOVERS_GRACE_SECONDS)


def _prepare(supervisor: Supervisor, *options: str) -> bool:
    """Migrate and collect, in a process of its own; answers whether that went well and nobody said stop."""
    if supervisor.stop_signal is not None:
        return False
    environment = {"LOG_LEVEL": "WARNING", **os.environ}
    process = subprocess.Popen(python("-m", "launcher.prepare", *options), env=environment)
    while process.poll() is None and supervisor.stop_signal is None:
        supervisor.parent_look()
        time.sleep(0.02)
    if process.poll() is None:
        process.terminate()
    return process.wait() == 0 and supervisor.stop_signal is None
