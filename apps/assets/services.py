"""What the rest of the code does with stored files, without knowing whether they are in a bucket or on disk."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypedDict
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.assets import links
from apps.assets.describing import fact_fields
from apps.assets.errors import FileMissing, StorageUnavailable
from apps.assets.media_types import PROBED_PREFIXES, media_type
from apps.assets.models import Asset, AssetKind, StoredIn
from apps.assets.store import scratch, storage
from apps.assets.store.digest import FileDigest, file_digest
from apps.assets.store.disk import file_place, file_sync, local_path, media_folder_id
from apps.assets.store.keys import key_checked, main_asset_id, safe_name, upload_key
from apps.assets.store.local_files import local_file_hold
from apps.assets.store.locks import key_lock
from apps.assets.upkeep.background import RETRY_FIRST_SECONDS, asset_files_delete, asset_local_copy_drop
from apps.assets.uploading.uploads import ReceivedFile, upload_received
from apps.core.errors import ConflictError, InputError, NotFound
from apps.core.json import JsonObject
from engines.media.facts import MediaFacts
from engines.media.untrusted import probe_untrusted

logger = structlog.get_logger(__name__)

# A page stays open for a while; a provider's queue and run may take most of a day.
PAGE_LINK_SECONDS = 3600
PROVIDER_LINK_SECONDS = 24 * 3600
# How exactly it is recorded when a file's last link expires.
LINK_EXPIRY_STEP = timedelta(minutes=10)


class AssetUrls(TypedDict):
    """The link fields of a result. `cloud_urls` is by part."""

    cloud_urls: dict[str, str]
    cloud_url: str | None
    local_video_url: str
    video_url: str


@dataclass(frozen=True)
class StoredFile:
    """A file already in storage that has no row yet: the argument of `asset_create`.

    Without a row it is an orphan, and the sweep removes it after the grace period.
    """

    key: str
    content_type: str
    digest: FileDigest
    facts: MediaFacts | None
    media_folder: str
    identity: tuple[int, int, int]
    upload: storage.Upload


def file_store(
    path: Path,
    *,
    key: str,
    content_type: str,
    facts: MediaFacts | None = None,
    digest: FileDigest | None = None,
    on_progress: Callable[[float], None] | None = None,
    fence: Callable[[], None] | None = None,
    key_is_new: bool = False,
) -> StoredFile:
    """Hash and probe `path`, move it to its key, and upload it to the bucket if there is one.

    Call it outside a transaction, since it may take minutes. `path` is gone afterwards. If the bucket fails,
    this still succeeds: the file stays on the disk and the upload is retried in the background. Anything a dead
    attempt left under the key is replaced; a key that a row owns raises ConflictError. `on_progress` gets the
    share uploaded, 0 to 1. `fence` is for a key that another attempt at the same work also uses: it is called
    right before anything is replaced, and raises if this attempt is over. `key_is_new`: an id in it was just
    generated, so nobody else can use it and nothing needs to be locked. Raises InputError or MediaToolError for
    files that aren't media.
    """
    key_checked(key)
    if facts is None and content_type.startswith(PROBED_PREFIXES):
        facts = probe_untrusted(path)
    bucket_wanted = bool(settings.STORAGE_BUCKET)
    if digest is None or (bucket_wanted and not digest.etag):
        digest = file_digest(path, with_etag=bucket_wanted)
    if not digest.size_bytes:
        raise InputError("The file is empty and can't be stored.", code="empty_file")
    file_sync(path)
    place = file_place(path, key) if key_is_new else _place_locked(path, key, fence)
    identity = storage.file_identity(place)
    upload = storage.Upload()
    if bucket_wanted:
        upload = storage.object_upload(
            place, key=key, content_type=content_type, digest=digest, on_progress=on_progress, fence=fence
        )
    return StoredFile(
        key=key,
        content_type=content_type,
        digest=digest,
        facts=facts,
        media_folder=media_folder_id(),
        identity=identity,
        upload=upload,
    )


def _place_locked(path: Path, key: str, fence: Callable[[], None] | None) -> Path:
    with transaction.atomic():
        key_lock(key)
        if Asset.objects.filter(key=key).exists():
            raise ConflictError("A file is already stored under that key.", evidence={"key": key})
        if fence is not None:
            fence()
        return file_place(path, key)


def asset_create(
    *,
    owner: User,
    stored: StoredFile,
    kind: str,
    original_name: str = "",
    part_of: Asset | None = None,
    metadata: JsonObject | None = None,
) -> Asset:
    """Create the row of a stored file. Call it inside the transaction that needs the row.

    After the commit, the local copy is deleted if its object is verified; otherwise the upload is retried in
    the background. Raises ConflictError if another attempt has replaced the file since.
    """
    key_lock(stored.key)
    asset = _asset_of(owner, stored, kind, original_name=original_name, part_of=part_of, metadata=metadata)
    asset.save(force_insert=True)
    _drop_local_copy_later(asset)
    return asset


def asset_create_with_parts(
    *,
    owner: User,
    stored: StoredFile,
    kind: str,
    parts: Sequence[tuple[StoredFile, str]],
    metadata: JsonObject | None = None,
) -> Asset:
    """Create the row of a stored file and of the files next to it, given with their kinds; like `asset_create`."""
    key_lock(stored.key, *(part.key for part, _ in parts))
    asset = _asset_of(owner, stored, kind, metadata=metadata)
    rows = [asset, *(_asset_of(owner, part, part_kind, part_of=asset) for part, part_kind in parts)]
    Asset.objects.bulk_create(rows)
    for row in rows:
        _drop_local_copy_later(row)
    return asset


def _asset_of(
    owner: User,
    stored: StoredFile,
    kind: str,
    *,
    original_name: str = "",
    part_of: Asset | None = None,
    metadata: JsonObject | None = None,
) -> Asset:
    _check_unchanged(stored)
    return Asset(
        id=main_asset_id(stored.key) or uuid4(),
        owner=owner,
        kind=AssetKind(kind),
        key=stored.key,
        sha256=stored.digest.sha256,
        size_bytes=stored.digest.size_bytes,
        content_type=stored.content_type,
        original_name=original_name[:255],
        part_of=part_of,
        metadata=metadata or {},
        media_folder=stored.media_folder,
        **(fact_fields(stored.facts) if stored.facts else {}),
        **_place_fields(stored.upload),
    )


def _drop_local_copy_later(asset: Asset) -> None:
    if asset.stored_in == StoredIn.BUCKET:
        transaction.on_commit(partial(asset_local_copy_drop, asset.id))


def asset_from_upload(*, by: User, upload: "UploadedFile[Any]", kind: str) -> Asset:
    """Store a user's audio, video or image file and create its row.

    The file is streamed, and its type is detected from its content. Raises UploadTooLarge (413) or InputError
    (400) with a message for the field `file`.
    """
    with upload_received(upload, kind) as received:
        stored = upload_store(by=by, received=received, kind=kind)
    with transaction.atomic():
        return asset_create(owner=by, stored=stored, kind=kind, original_name=upload.name or "")


def upload_store(*, by: User, received: ReceivedFile, kind: str) -> StoredFile:
    """Store a received file under a new key of the user's. Raises like `file_store`."""
    content_type, suffix = media_type(received.facts)
    return file_store(
        received.path,
        key=upload_key(by.pk, uuid4(), kind, suffix),
        content_type=content_type,
        facts=received.facts,
        digest=received.digest,
    )


def asset_restore(*, asset: Asset, stored: StoredFile | None) -> None:
    """Insert a row from an archive for its file stored here. Call it inside a transaction.

    Without a file (it was already lost) the row says that it should be on this disk, so that the nightly check
    reports it. Raises InputError if the file doesn't match the row.
    """
    if stored is None:
        asset.stored_in, asset.media_folder = StoredIn.DISK, media_folder_id()
        asset.save(force_insert=True)
        return
    if (asset.sha256, asset.size_bytes) != (stored.digest.sha256, stored.digest.size_bytes):
        raise InputError("A file in the archive doesn't match its row.", evidence={"key": asset.key})
    asset.media_folder = stored.media_folder
    for name, value in _place_fields(stored.upload).items():
        setattr(asset, name, value)
    asset.save(force_insert=True)
    _drop_local_copy_later(asset)


def _check_unchanged(stored: StoredFile) -> None:
    try:
        identity = storage.file_identity(local_path(stored.key))
    except FileNotFoundError as error:
        message = "The stored file has disappeared from the media folder."
        raise FileMissing(message, evidence={"key": stored.key}) from error
    if identity != stored.identity:
        raise ConflictError("Another attempt has replaced this file.", evidence={"key": stored.key})


def _place_fields(upload: storage.Upload) -> dict[str, Any]:
    if upload.verified_at:
        return {"stored_in": StoredIn.BUCKET, "etag": upload.etag, "verified_at": upload.verified_at}
    if not upload.error:
        return {"stored_in": StoredIn.DISK}
    return {
        "stored_in": StoredIn.DISK,
        "upload_pending": True,
        "upload_attempts": 1,
        "upload_error": upload.error,
        "next_upload_at": timezone.now() + timedelta(seconds=RETRY_FIRST_SECONDS),
    }


@contextlib.contextmanager
def asset_local_copy(asset: Asset, *, check: Callable[[], None] | None = None) -> Iterator[Path]:
    """Yield a readable file with the asset's bytes; it is protected from deletion while the block runs.

    If the file is on this machine's disk, this is the stored file itself, so never write to it; otherwise it is a
    shared scratch copy, fetched once. `check` is called while fetching and may raise. Raises StorageUnavailable,
    FileMissing.
    """
    place = local_path(asset.key)
    with local_file_hold(place) as held:
        if held:
            yield place
            return
    # The caller's row may be stale: the file may have moved to the bucket since it was read.
    asset.refresh_from_db(fields=["stored_in", "media_folder"])
    if asset.stored_in == StoredIn.DISK:
        raise asset_unreachable(asset)
    with scratch.cached_copy(asset, check=check) as copy:
        yield copy


def asset_unreachable(asset: Asset) -> Exception:
    if asset.media_folder == media_folder_id():
        logger.error("asset_file_missing", asset_id=str(asset.id), key=asset.key)
        return FileMissing("The file is missing from storage. Ask the operator to restore it from a backup.")
    return StorageUnavailable(
        "The file is still being uploaded from the machine that created it. Try again in a minute.",
        evidence={"key": asset.key, "media_folder": asset.media_folder},
    )


def asset_url(asset: Asset, *, lifetime_seconds: int = PAGE_LINK_SECONDS, download: bool = False) -> str | None:
    """Return a presigned link (GET only), or None if this installation serves the file."""
    name = download_name(asset) if download else ""
    return storage.object_url(asset, lifetime_seconds=lifetime_seconds, download_name=name)


def asset_view_url(asset: Asset, *, lifetime_seconds: int = PAGE_LINK_SECONDS) -> str:
    """Return a URL that the signed-in owner's browser can show: presigned, or this installation's own."""
    if asset.kind == AssetKind.IMAGE and not asset.shown_by_browsers:
        return picture_url(asset.pk)
    return asset_url(asset, lifetime_seconds=lifetime_seconds) or f"/api/assets/{asset.id}/content"


def picture_url(asset_id: UUID) -> str:
    """Return the URL of a picture as browsers show it; a HEIC or TIFF comes as a JPEG."""
    return f"/api/mv/get_character_reference/{asset_id}"


def asset_public_url(asset: Asset, *, lifetime_seconds: int = PROVIDER_LINK_SECONDS) -> str | None:
    """Return a link that a provider can fetch without an account: presigned, or signed under PUBLIC_URL.

    None if neither is reachable from outside; then the bytes must be sent with the request.
    """
    link = asset_url(asset, lifetime_seconds=lifetime_seconds) or links.signed_link(
        asset, lifetime_seconds=lifetime_seconds
    )
    if link:
        # The nightly check reports links that expire soon; a few minutes don't matter to it.
        expires_at = timezone.now() + timedelta(seconds=lifetime_seconds)
        if asset.link_expires_at is None or expires_at - asset.link_expires_at > LINK_EXPIRY_STEP:
            Asset.objects.filter(pk=asset.pk).update(link_expires_at=expires_at)
    return link


def download_name(asset: Asset) -> str:
    """Return the name under which a browser saves the file."""
    suffix = Path(asset.key).suffix
    stem = safe_name(Path(asset.original_name).stem, fallback=f"{asset.kind}_{str(asset.id)[:8]}")
    return f"{stem}{suffix}"


def asset_delete(*, by: User, asset: Asset) -> None:
    """Delete the row now and, after the commit, the file and the object with its parts.

    Raises NotFound if it is another user's, ProtectedError while another row needs it. Files that can't be
    deleted at that moment (bucket unavailable, file held by a reader) are left to the sweeps.
    """
    if asset.owner_id != by.pk:
        raise NotFound("There is no file with that id.")
    doomed = [asset, *asset.parts.all()]
    keys = [(each.key, each.stored_in == StoredIn.BUCKET) for each in doomed]
    asset.delete()
    transaction.on_commit(partial(asset_files_delete, keys))


def asset_urls(asset: Asset, *, lifetime_seconds: int = PAGE_LINK_SECONDS) -> AssetUrls:
    """Return the link fields of a result.

    Presigned links expire, so create them when a result is shown and don't store them.
    """
    cloud_urls = {}
    for part in [asset, *asset.parts.all()]:
        if url := asset_url(part, lifetime_seconds=lifetime_seconds):
            cloud_urls[asset.kind if part is asset else Path(part.key).stem] = url
    cloud_url = cloud_urls.get(asset.kind)
    local_video_url = f"/api/mv/get_video/{asset.id}"
    return {
        "cloud_urls": cloud_urls,
        "cloud_url": cloud_url,
        "local_video_url": local_video_url,
        "video_url": cloud_url or local_video_url,
    }
