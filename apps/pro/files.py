"""The files of an order: uploads, assets by id, or links. All are probed before anything is stored."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from apps.accounts.models import User
from apps.assets.media_types import media_type
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.digest import FileDigest
from apps.assets.store.keys import upload_key
from apps.assets.uploading.uploads import spool_path, upload_received
from apps.core.errors import InputError, NotFound
from apps.core.guarded_fetch import fetch_url
from apps.core.http_failures import HttpFailure
from apps.providers.request_types import MediaInput
from engines.media.facts import MediaFacts
from engines.media.untrusted import probe_untrusted

# The user waits for the response; a file that takes longer should be uploaded instead.
LINK_TIME_LIMIT_SECONDS = 60.0

GivenFile = UploadedFile | str  # type: ignore[type-arg]  # takes none at run time


@dataclass(frozen=True)
class OrderFile:
    """A file of the order: an existing asset, or a received file that is stored when the order is placed."""

    name: str
    kind: AssetKind
    duration_seconds: float
    fps: str
    asset: Asset | None = None
    path: Path | None = None
    facts: MediaFacts | None = None
    digest: FileDigest | None = None
    original_name: str = ""

    def described(self) -> MediaInput:
        """Return what is known about it, for a quote; the path is only a display name."""
        facts = self.asset or self.facts
        return MediaInput(
            path=Path(self.original_name or self.name),
            content_type=self.asset.content_type if self.asset else "",
            duration_seconds=self.duration_seconds,
            width=getattr(facts, "width", None),
            height=getattr(facts, "height", None),
            fps=self.fps,
        )


@contextmanager
def order_files(by: User, given: dict[str, tuple[AssetKind, GivenFile]]) -> Iterator[dict[str, OrderFile]]:
    """Open and probe every file of the order. Received files are deleted after the block unless they were stored.

    Raises InputError naming the field of the first unusable file.
    """
    with ExitStack() as stack:
        yield {name: _opened(stack, by, name, kind, source) for name, (kind, source) in given.items()}


def _opened(stack: ExitStack, by: User, name: str, kind: AssetKind, source: GivenFile) -> OrderFile:
    try:
        if not isinstance(source, str):
            received = stack.enter_context(upload_received(source, kind))
            file = _received(name, kind, received.path, received.facts)
            return replace(file, digest=received.digest, original_name=source.name or "")
        if _is_link(source):
            return _linked(stack, name, kind, source)
        return _of_asset(name, kind, asset_get(by=by, asset_id=source, kind=kind))
    except (InputError, HttpFailure) as error:
        # A dead link is the caller's mistake too.
        raise InputError(f"{name}: {error.message}", code=error.code, errors={name: [error.message]}) from error
    except NotFound as error:
        raise NotFound(f"{name}: {error.message}") from error


def _linked(stack: ExitStack, name: str, kind: AssetKind, url: str) -> OrderFile:
    path = spool_path()
    stack.callback(path.unlink, missing_ok=True)
    limit_bytes = settings.UPLOAD_LIMITS[kind][0]
    fetch_url(url, into=path, max_bytes=limit_bytes, time_limit_seconds=LINK_TIME_LIMIT_SECONDS)
    facts = probe_untrusted(path)
    if facts.kind != kind:
        raise InputError(f"The link leads to {facts.kind}, not to {kind}.", code="wrong_kind")
    return _received(name, kind, path, facts)


def _received(name: str, kind: AssetKind, path: Path, facts: MediaFacts) -> OrderFile:
    return OrderFile(
        name=name,
        kind=kind,
        duration_seconds=facts.duration_seconds or 0.0,
        fps=str(facts.fps) if facts.fps else "",
        path=path,
        facts=facts,
    )


def _of_asset(name: str, kind: AssetKind, asset: Asset) -> OrderFile:
    return OrderFile(name=name, kind=kind, duration_seconds=asset.duration_seconds or 0.0, fps=asset.fps, asset=asset)


def order_file_store(by: User, file: OrderFile) -> Callable[[], Asset]:
    """Move a received file into storage; the returned function creates its row inside the caller's transaction."""
    if file.asset is not None:
        asset = file.asset
        return lambda: asset
    if file.path is None or file.facts is None:
        raise InputError("The file no longer exists. Upload it again.", errors={file.name: ["gone"]})
    content_type, suffix = media_type(file.facts)
    key = upload_key(by.pk, uuid4(), file.kind, suffix)
    stored = file_store(file.path, key=key, content_type=content_type, facts=file.facts, digest=file.digest)
    return lambda: _row(by, file, stored)


def _row(by: User, file: OrderFile, stored: StoredFile) -> Asset:
    return asset_create(owner=by, stored=stored, kind=file.kind, original_name=file.original_name)


def given_file(value: Any) -> GivenFile | None:
    """Parse a form field as an upload, an asset id or a link; None for anything else."""
    if isinstance(value, UploadedFile):
        return value
    text = str(value or "").strip()
    if _is_link(text):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _is_link(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))
