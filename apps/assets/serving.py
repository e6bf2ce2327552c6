"""HTTP responses for a stored file: the whole file, a range, headers only, or a redirect to the bucket."""

from collections.abc import Iterator
from datetime import UTC
from io import FileIO
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe
from rest_framework.request import Request

from apps.assets import services
from apps.assets.models import Asset, StoredIn
from apps.assets.store.disk import local_path
from apps.assets.store.ranges import ByteRange, RangeNotSatisfiable, range_parse

CHUNK_BYTES = 256 * 1024
# Browsers may cache the file but must revalidate before each use, so nothing private can be shown after sign-out.
# An asset's content never changes, so revalidation is a 304 without a body.
CACHE_CONTROL = "private, no-cache"


def serve_asset(request: HttpRequest | Request, asset: Asset) -> HttpResponseBase:
    """Return the response to GET or HEAD for a file that the caller may see.

    Redirects (302) to a presigned link if the file is in the bucket; otherwise sends the bytes, with support for
    Range, If-Range, If-None-Match and ETag. `?download` in the query makes a browser save it. Raises
    FileMissing, StorageUnavailable.
    """
    download = "download" in request.GET
    if asset.stored_in == StoredIn.DISK:
        try:
            return _serve_local(request, asset, download=download)
        except FileNotFoundError:
            # The file may have moved to the bucket since the row was read.
            asset.refresh_from_db()
    if request.method == "HEAD" and asset.stored_in == StoredIn.BUCKET:
        # A presigned link only works for GET.
        return _with_file_headers(HttpResponse(), asset, download=download, length=asset.size_bytes)
    url = services.asset_url(asset, download=download)
    if url is None:
        raise services.asset_unreachable(asset)
    response = HttpResponseRedirect(url)
    response["Cache-Control"] = "private, no-store"
    return response


def _serve_local(request: HttpRequest | Request, asset: Asset, *, download: bool) -> HttpResponseBase:
    if _tag_matches(request.headers.get("If-None-Match", ""), asset):
        response = HttpResponse(status=304)
        response["ETag"] = _etag(asset)
        response["Cache-Control"] = CACHE_CONTROL
        return response
    # An open file stays readable even if it is deleted meanwhile.
    file = FileIO(local_path(asset.key))
    try:
        wanted = range_parse(_range_header(request, asset), asset.size_bytes)
    except RangeNotSatisfiable:
        file.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{asset.size_bytes}"
        return response
    part = wanted or ByteRange(0, asset.size_bytes - 1)
    body: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        body = HttpResponse()
    else:
        body = StreamingHttpResponse(FilePart(file, part))
    body.status_code = 206 if wanted else 200
    if wanted:
        body["Content-Range"] = f"bytes {part.first}-{part.last}/{asset.size_bytes}"
    return _with_file_headers(body, asset, download=download, length=part.length)


def _with_file_headers(response: HttpResponseBase, asset: Asset, *, download: bool, length: int) -> HttpResponseBase:
    response["Content-Type"] = asset.content_type
    response["Content-Length"] = str(length)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(asset)
    response["Last-Modified"] = http_date(asset.created_at.timestamp())
    response["Cache-Control"] = CACHE_CONTROL
    response["X-Content-Type-Options"] = "nosniff"
    disposition = content_disposition_header(download, services.download_name(asset))
    if disposition:
        response["Content-Disposition"] = disposition
    return response


def _etag(asset: Asset) -> str:
    return f'"{asset.sha256}"'


def _tag_matches(header: str, asset: Asset) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return header.strip() == "*" or _etag(asset) in tags


def _range_header(request: HttpRequest | Request, asset: Asset) -> str:
    """Return the Range header, or "" if If-Range shows that the client's first part is of another file."""
    condition = request.headers.get("If-Range", "").strip()
    if condition and condition != _etag(asset):
        date = parse_http_date_safe(condition)
        if date is None or date != int(asset.created_at.astimezone(UTC).timestamp()):
            return ""
    return request.headers.get("Range", "")


class FilePart:
    """The bytes of one range, read in chunks. Django always calls `close` when the response ends."""

    def __init__(self, file: BinaryIO | FileIO, part: ByteRange) -> None:
        self._file = file
        self._part = part

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._part.first)
        left = self._part.length
        while left and (data := self._file.read(min(CHUNK_BYTES, left))):
            left -= len(data)
            yield data

    def close(self) -> None:
        self._file.close()
