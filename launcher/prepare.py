"""Updates the database and the static files before anything else starts: `python -m launcher.prepare`.

`--no-static` skips the static files, for hosts that don't serve pages.
"""

import hashlib
import os
import sys

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

# A number that only we use: the first eight bytes of sha256("mvsite migrate"), as a PostgreSQL bigint.
MIGRATE_LOCK = int.from_bytes(hashlib.sha256(b"mvsite migrate").digest()[:8], "big", signed=True)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
    try:
        django.setup()
        database_migrate()
        if "--no-static" not in sys.argv[1:]:
            static_collect()
        environment_warnings_print()
    except ImproperlyConfigured as error:
        _say(str(error))
        return 2
    except OperationalError as error:
        _say(f"Can't connect to the database: {str(error).strip()}\nStart it, or correct DATABASE_URL.")
        return 1
    return 0


def database_migrate() -> None:
    """Apply missing migrations. If several hosts start at the same time, one does it and the others wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATE_LOCK])
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            _say(f"Updating the database ({len(plan)} steps)…")
            call_command("migrate", interactive=False, verbosity=0)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATE_LOCK])


def environment_warnings_print() -> None:
    """Print the warnings of the environment checks."""
    for message in run_checks(tags=["environment"]):
        _say(message.msg)


def static_collect() -> None:
    """Collect the static files if any of them changed since the last time."""
    stamp = settings.STATIC_ROOT / ".collected"
    wanted = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    _say("Collecting static files…")
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted)


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(None):
            digest.update(f"{name}\0{storage.size(name)}\0{storage.get_modified_time(name)}\n".encode())
    return digest.hexdigest()


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
