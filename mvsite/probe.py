"""Health checks for containers.

`python -m mvsite.probe web` requests /healthz from this host's web process; `python -m mvsite.probe worker` looks for
the heartbeat of this host's worker, and `python -m mvsite.probe beat` for beat's. Exit code 0 means alive.
"""

import http.client
import socket
import sys

import redis

from apps.core.heartbeat import BEAT, heartbeats

TIMEOUT_SECONDS = 4.0


def main() -> int:
    role = sys.argv[1] if len(sys.argv) == 2 else ""
    try:
        if role == "web":
            return 0 if _web_responds() else 1
        if role in {"worker", "beat"}:
            return 0 if _alive(role) else 1
    except (OSError, http.client.HTTPException, redis.RedisError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write("Use `python -m mvsite.probe web`, `worker` or `beat`.\n")
    return 2


def _web_responds() -> bool:
    from mvsite.settings import PORT

    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_SECONDS)
    connection.request("GET", "/healthz")
    return connection.getresponse().status == 200


def _alive(role: str) -> bool:
    names = [beat.name for beat in heartbeats()]
    return BEAT in names if role == BEAT else any(name.endswith(f"@{socket.gethostname()}") for name in names)


if __name__ == "__main__":
    sys.exit(main())
