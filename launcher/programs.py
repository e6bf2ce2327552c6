"""The programs the supervisor starts: web, a worker per queue, and beat. The Docker image uses the same commands."""

from engines.cores import usable_cores
from launcher.forking import POSSIBLE
from launcher.supervisor import Program, python

IO_THREADS = 16
# With this, SIGTERM means: finish within the soft limit, return the other tasks to the queue, then exit. Django's
# checks would otherwise run in every worker as it starts; `make check` runs them.
WORKER_ENVIRONMENT = {"REMAP_SIGTERM": "SIGQUIT", "CELERY_SKIP_CHECKS": "true"}
# Beat sends tasks by their names, so it needs none of the studio's code: 70 MB instead of 180, where it can't share it.
BEAT_ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "mvsite.beat_settings", "CELERY_SKIP_CHECKS": "true"}


def web() -> Program:
    return Program("web", python("-m", "gunicorn", "-c", "mvsite/gunicorn_conf.py", "mvsite.wsgi"), preloaded=True)


def workers() -> list[Program]:
    return [
        _worker("io", "threads", IO_THREADS),
        # Each ffmpeg or rendering process uses a full core.
        _worker("media", "prefork", usable_cores(), also=("segments", "joins")),
        # Two, so that a long sweep does not delay polling.
        _worker("housekeeping", "threads", 2),
        _beat(),
    ]


def _worker(queue: str, pool: str, concurrency: int, *, also: tuple[str, ...] = ()) -> Program:
    options = ["-Q", ",".join((queue, *also)), "-n", f"{queue}@%h", f"--pool={pool}", f"--concurrency={concurrency}"]
    command = _celery("worker", *options, "--without-gossip", "--without-mingle", "--loglevel=WARNING")
    # Muted because Celery would talk about pressing Ctrl-C twice, which the supervisor handles.
    return Program(queue, command, mute="worker: ", environment=WORKER_ENVIRONMENT, preloaded=True)


def _beat() -> Program:
    command = _celery("beat", "--pidfile=", "--loglevel=WARNING")
    return Program("beat", command, environment={} if POSSIBLE else BEAT_ENVIRONMENT, preloaded=True)


def _celery(*arguments: str) -> tuple[str, ...]:
    return python("-m", "celery", "-q", "-A", "mvsite", *arguments)
