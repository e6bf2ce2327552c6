"""The media of an archive: copied in from storage, and stored again before the rows are created."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.core.serializers.base import DeserializedObject
from django.db import DatabaseError, IntegrityError, transaction

from apps.archive.container import MEDIA_PREFIX, ArchiveWriter, file_chunks
from apps.archive.reading import ArchiveReader
from apps.assets import services
from apps.assets.models import Asset
from apps.assets.services import StoredFile
from apps.assets.upkeep.background import asset_files_delete
from apps.core.errors import ConflictError, InputError


def media_write(writer: ArchiveWriter, asset: Asset) -> None:
    """Add the asset's file. Raises FileMissing, StorageUnavailable, and InputError if its checksum has changed."""
    name = f"{MEDIA_PREFIX}{asset.key}"
    with services.asset_local_copy(asset) as path:
        writer.add(name, file_chunks(path))
    if writer.entries[name]["sha256"] != asset.sha256:
        raise InputError(f"The stored file {asset.key} is damaged. Restore it from an earlier backup first.")


@contextmanager
def media_restored(reader: ArchiveReader, assets: Iterable[Asset]) -> Iterator[dict[str, StoredFile]]:
    """Store each asset's file under its key and yield {key: stored}. If the block fails, remove them again."""
    stored: dict[str, StoredFile] = {}
    missing = set(reader.manifest.missing)
    path = reader.scratch / "entry"
    try:
        for asset in assets:
            if asset.key not in missing:
                reader.extract(f"{MEDIA_PREFIX}{asset.key}", path)
                stored[asset.key] = services.file_store(path, key=asset.key, content_type=asset.content_type)
        yield stored
    except BaseException:
        known = set(Asset.objects.filter(key__in=stored).values_list("key", flat=True))
        asset_files_delete([(key, bool(file.upload.etag)) for key, file in stored.items() if key not in known])
        raise


def rows_insert(rows: Iterable[DeserializedObject], stored: Mapping[str, StoredFile]) -> int:
    """Insert the rows as written, except that assets get the location of their files in this installation."""
    count = 0
    for row in rows:
        if isinstance(row.object, Asset):
            services.asset_restore(asset=row.object, stored=stored.get(row.object.key))
        else:
            row.save(force_insert=True)
        count += 1
    return count


@contextmanager
def rows_transaction() -> Iterator[None]:
    """Run one transaction for all rows and explain its errors. Some constraints are only checked at the commit."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ConflictError(
            "A row of the archive already exists here, or conflicts with another row. Nothing was imported.",
            evidence={"error": str(error)},
        ) from error
    except DatabaseError as error:
        raise InputError(
            "A row of the archive can't be stored. Nothing was imported.", evidence={"error": str(error)}
        ) from error
