"""Back up and restore a whole installation: every row of our apps and every file."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from apps.accounts.models import User
from apps.archive.container import ROWS, archive_write, file_chunks
from apps.archive.media import media_restored, media_write, rows_insert, rows_transaction
from apps.archive.reading import BACKUP_LIMITS, archive_read
from apps.archive.rows import APPS, ASSET_LABEL, row_lines, row_read, schema_state
from apps.assets.errors import FileMissing
from apps.assets.models import Asset
from apps.core.errors import ConflictError
from apps.jobs.models import Job
from apps.projects.models import Project

KIND = "backup"


@dataclass(frozen=True)
class Backup:
    rows: int
    size_bytes: int
    missing: tuple[str, ...]


def backup_write(*, into: Path) -> Backup:
    """Write a consistent snapshot of everything. The studio can keep running meanwhile.

    A lost file is named in `missing` and its row is kept, so that one loss does not prevent all backups.
    Sessions, the admin's log and the schedule are left out: they are created again.
    """
    with tempfile.TemporaryDirectory(dir=into.parent) as folder:
        lines = Path(folder) / ROWS
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            count = _rows_write(lines)
            # A file's content never changes, so files can be read after the snapshot.
            assets = list(Asset.objects.order_by("pk"))
        with archive_write(into, {"kind": KIND, "schema": schema_state()}) as writer:
            writer.add(ROWS, file_chunks(lines))
            for asset in assets:
                try:
                    media_write(writer, asset)
                except FileMissing:
                    writer.missing.append(asset.key)
    return Backup(count, sum(asset.size_bytes for asset in assets), tuple(writer.missing))


def _rows_write(path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for model in _models():
            rows: Iterator[Model] = model._base_manager.order_by("pk").iterator(chunk_size=500)
            for line in row_lines(rows, portable=False):
                file.write(f"{line}\n")
                count += 1
    return count


def _models() -> list[type[Model]]:
    """Return all models; users and groups come first, since other rows refer to them by name."""
    ours = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return [Group, User, *(model for model in ours if model is not User)]


def backup_restore(*, path: Path) -> int:
    """Fill an empty installation and return the number of rows. All or nothing.

    For operators: it trusts the archive, which brings accounts with passwords and permissions, API tokens and jobs.
    It only checks that the entries match the manifest.

    Raises ConflictError if the installation has content, InputError for an unreadable archive.
    """
    for model in (Project, Asset, Job):
        if model._base_manager.exists():
            raise ConflictError("This installation is not empty. Restore into a new one (another MV_DATA_DIR).")
    marker = f'"model":"{ASSET_LABEL}"'.encode()
    with archive_read(path, kind=KIND, schema=schema_state(), limits=BACKUP_LIMITS) as reader:
        assets = (row_read(line).object for line in reader.lines() if marker in line)
        with media_restored(reader, (asset for asset in assets if isinstance(asset, Asset))) as stored:
            with rows_transaction():
                # The first start creates the local owner; the backup brings its own.
                for emptied in reversed(_models()):
                    emptied._base_manager.all().delete()
                count = rows_insert((row_read(line) for line in reader.lines()), stored)
                with connection.cursor() as cursor:
                    for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
                        cursor.execute(statement)
    return count
