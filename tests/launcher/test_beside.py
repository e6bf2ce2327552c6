"""`make video` and `make demo` next to a running studio, which is found by its lock, whatever its port."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from launcher.run_lock import run_lock
from tests.server import closed_port

pytestmark = pytest.mark.processes

PROJECT = Path(__file__).resolve().parents[2]
SAY_ADDRESS = "from django.conf import settings; print(settings.STUDIO_URL)"


@pytest.fixture
def studio():
    """A studio's /readyz. `problems` has the list to return each time; the last one repeats."""

    class Server(ThreadingHTTPServer):
        problems: list[list[str]] = [[]]

    class Handler(BaseHTTPRequestHandler):
        server: Server

        def do_GET(self):
            asked = self.server.problems
            body = json.dumps({"problems": asked.pop(0) if len(asked) > 1 else asked[0]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Quiet."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run_beside(data_dir, facts, **environment):
    environment = {**os.environ, "MV_DATA_DIR": str(data_dir), "PORT": str(closed_port()), **environment}
    environment.pop("HOST", None)
    environment.pop("PUBLIC_URL", None)
    command = [sys.executable, "-m", "launcher.run", "--command", "shell", "-v", "0", "-c", SAY_ADDRESS]
    with run_lock(data_dir, facts) as other:
        assert other is None
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=150, check=False
        )
    assert done.returncode == 0, done.stderr
    return done


def facts_of(server):
    return {"kind": "studio", "address": f"http://127.0.0.1:{server.server_port}", "pid": os.getpid()}


def test_a_studio_on_another_port_is_used_immediately(studio, tmp_path):
    done = run_beside(tmp_path, facts_of(studio))
    assert done.stdout.strip() == f"http://127.0.0.1:{studio.server_port}"
    assert "Waiting" not in done.stderr


def test_a_starting_studio_is_waited_for_with_a_message(studio, tmp_path):
    studio.problems = [["Postgres."], ["The workers."], []]
    done = run_beside(tmp_path, facts_of(studio))
    waits = [line for line in done.stderr.splitlines() if "Waiting" in line]
    assert waits == [f"Waiting for the studio at http://127.0.0.1:{studio.server_port} to be ready…"]
    assert studio.problems == [[]]
