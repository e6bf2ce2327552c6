"""The media of an archive: out of storage into it, and back into storage before the rows are made."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.serializers.base import DeserializedObject
from django.db import IntegrityError

from apps.assets import services
from apps.assets.background import asset_files_delete
from apps.assets.models import Asset
from apps.assets.services import StoredFile
from apps.core.errors import ConflictError, InputError
from apps.studio.archive.container import MEDIA_PREFIX, ArchiveReader, ArchiveWriter, file_chunks


def media_write(writer: ArchiveWriter, asset: Asset) -> None:
    """Add the asset's file. Raises FileMissing, StorageUnavailable, and InputError for other bytes than stored."""
    name = f"{MEDIA_PREFIX}{asset.key}"
    with services.asset_local_copy(asset) as path:
        writer.add(name, file_chunks(path))
    if writer.entries[name]["sha256"] != asset.sha256:
        raise InputError(f"The stored file {asset.key} is damaged. Restore it from an earlier backup first.")


@contextmanager
def media_restored(reader: ArchiveReader, assets: Iterable[Asset]) -> Iterator[dict[str, StoredFile]]:
    """Store each asset's file under its key; {key: stored}. When the block fails they are removed again."""
    stored: dict[str, StoredFile] = {}
    folder = Path(settings.SCRATCH_ROOT) / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            for asset in assets:
                if asset.key in reader.manifest["missing"]:
                    continue
                path = Path(scratch) / "entry"
                reader.extract(f"{MEDIA_PREFIX}{asset.key}", path)
                stored[asset.key] = services.file_store(path, key=asset.key, content_type=asset.content_type)
        yield stored
    except BaseException:
        known = set(Asset.objects.filter(key__in=stored).values_list("key", flat=True))
        asset_files_delete([(key, bool(file.upload.etag)) for key, file in stored.items() if key not in known])
        raise


def rows_insert(rows: Iterable[DeserializedObject], stored: Mapping[str, StoredFile]) -> int:
    """Insert the rows as they were written; assets with the place that their files have here."""
    count = 0
    try:
        for row in rows:
            if isinstance(row.object, Asset):
                services.asset_restore(asset=row.object, stored=stored.get(row.object.key))
            else:
                row.save(force_insert=True)
            count += 1
    except IntegrityError as error:
        raise ConflictError("A row of the archive is here already.", evidence={"error": str(error)}) from error
    return count
