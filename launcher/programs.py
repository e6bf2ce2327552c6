"""What the supervisor starts: web, a worker per queue, beat. The Docker images run the same command lines."""

from engines.cores import usable_cores
from launcher.supervisor import Program, python

IO_THREADS = 16
# SIGTERM then means: finish within the soft limit, hand the rest back, end. And Django's checks, which each worker
# would repeat at its start, have their place in `make check`.
WORKER_ENVIRONMENT = {"REMAP_SIGTERM": "SIGQUIT", "CELERY_SKIP_CHECKS": "true"}


def web() -> Program:
    return Program("web", python("-m", "gunicorn", "-c", "mvsite/gunicorn_conf.py", "mvsite.wsgi"))


def workers() -> list[Program]:
    return [
        _worker("io", "threads", IO_THREADS),
        # ffmpeg and rendering fill a core each.
        _worker("media", "prefork", usable_cores()),
        # Two, so that a long sweep does not hold up the polling.
        _worker("housekeeping", "threads", 2),
        Program("beat", _celery("beat", "--pidfile=", "--loglevel=WARNING")),
    ]


def _worker(queue: str, pool: str, concurrency: int) -> Program:
    options = ["-Q", queue, "-n", f"{queue}@%h", f"--pool={pool}", f"--concurrency={concurrency}"]
    command = _celery("worker", *options, "--without-gossip", "--without-mingle", "--loglevel=WARNING")
    # Its own words on that speak of pressing Ctrl-C twice, which is the supervisor's business.
    return Program(queue, command, mute="worker: ", environment=WORKER_ENVIRONMENT)


def _celery(*arguments: str) -> tuple[str, ...]:
    return python("-m", "celery", "-q", "-A", "mvsite", *arguments)
