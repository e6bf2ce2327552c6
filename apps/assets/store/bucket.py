"""The bucket: S3 or a compatible server, through django-storages and boto3.

Only `storage.py` and the operator's tools use this module. Every failure is a `StorageUnavailable` with a
message that suggests the likely fix.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.conf import settings
from storages.backends.s3 import S3Storage
from urllib3.exceptions import HTTPError

from apps.assets.errors import StorageUnavailable
from apps.assets.store.digest import MULTIPART_THRESHOLD_BYTES, PART_BYTES

# A server that does not accept a connection within 5 s is down; 30 s without a byte means a dead connection.
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30
# Some servers send nothing while they assemble the parts of a large upload.
SEND_READ_TIMEOUT_SECONDS = 180
# Attempts per request. The background retries take over after that, so the job doesn't have to wait.
ATTEMPTS = 3
PARALLEL_PARTS = 4
DOWNLOAD_CHUNK_BYTES = 1024 * 1024
# SigV4's limit; botocore signs longer lifetimes, which servers then reject.
LONGEST_LIFETIME_SECONDS = 7 * 24 * 3600
REASONS = {
    "AccessDenied": "The key lacks permission. Grant it s3:GetObject, PutObject, DeleteObject, ListBucket and "
    "AbortMultipartUpload on the bucket.",
    "InvalidAccessKeyId": "The server does not know AWS_ACCESS_KEY_ID. Check it.",
    "SignatureDoesNotMatch": "The signature was rejected. Check AWS_SECRET_ACCESS_KEY, STORAGE_REGION, and the "
    "endpoint's scheme and host.",
    "NoSuchBucket": "The bucket does not exist. Create it or correct STORAGE_BUCKET.",
    "PermanentRedirect": "The bucket is in another region. Correct STORAGE_REGION.",
    "AuthorizationHeaderMalformed": "The bucket is in another region. Correct STORAGE_REGION.",
    "RequestTimeTooSkewed": "This machine's clock is more than 15 minutes off. Set it.",
    "ExpiredToken": "The temporary credentials have expired. Renew them.",
    "SlowDown": "The server is throttling requests. They will be retried later.",
}
LIBRARY_ERRORS = (
    *(ClientError, BotoCoreError, Boto3Error, HTTPClientError, HTTPError),
    *(ConnectionError, TimeoutError),
)


@dataclass(frozen=True)
class ObjectFacts:
    key: str
    size_bytes: int
    etag: str
    modified_at: datetime
    metadata: dict[str, str]


@dataclass(frozen=True)
class PutCondition:
    """Which existing object a write may replace: exactly this one, or with None, no object at all.

    A server without conditional writes ignores this, or rejects it; the background then uploads the file again.
    """

    seen: ObjectFacts | None

    def add_header(self, params: dict[str, Any], **_: object) -> None:
        params["headers"].update({"If-Match": f'"{self.seen.etag}"'} if self.seen else {"If-None-Match": "*"})


@dataclass(frozen=True)
class UnfinishedUpload:
    key: str
    upload_id: str
    started_at: datetime


@dataclass(frozen=True)
class BucketSettings:
    name: str
    endpoint_url: str
    public_endpoint_url: str
    region: str


def bucket_get() -> "Bucket | None":
    """Return the configured bucket, or None if files stay on the disk."""
    if not settings.STORAGE_BUCKET:
        return None
    return _bucket(
        BucketSettings(
            name=settings.STORAGE_BUCKET,
            endpoint_url=settings.STORAGE_ENDPOINT_URL,
            public_endpoint_url=settings.STORAGE_PUBLIC_ENDPOINT_URL,
            region=settings.STORAGE_REGION,
        ),
        os.getpid(),
    )


@functools.lru_cache(maxsize=4)
def _bucket(facts: BucketSettings, _process: int) -> "Bucket":
    # One per process: a forked worker that used its parent's connections would read the parent's responses.
    return Bucket(facts)


def _storage(
    facts: BucketSettings, endpoint_url: str, *, read_timeout_seconds: int = READ_TIMEOUT_SECONDS
) -> S3Storage:
    """Return a django-storages backend with every default that doesn't suit us replaced.

    `client_config` overrides the backend's own signature and addressing options, so it contains all of them. AWS
    is addressed by host and region; other servers by path and without the checksum headers that R2, B2, Ceph
    and older MinIO reject.
    """
    own_server = bool(endpoint_url)
    checksums: Literal["when_required", "when_supported"] = "when_required" if own_server else "when_supported"
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if own_server else "virtual"},
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=2 * PARALLEL_PARTS,
    )
    return S3Storage(
        bucket_name=facts.name,
        endpoint_url=endpoint_url or None,
        region_name=facts.region or ("us-east-1" if own_server else None),
        client_config=config,
        default_acl=None,
        custom_domain=None,
        querystring_auth=True,
    )


@contextlib.contextmanager
def _explained(action: str, key: str = "") -> Iterator[None]:
    """Turn every failure of the libraries into one clear message; the evidence keeps the original."""
    try:
        yield
    except LIBRARY_ERRORS as error:
        # boto3's transfers wrap the server's error in one of their own.
        refusal = error if isinstance(error, ClientError) else error.__context__
        code = str(refusal.response.get("Error", {}).get("Code", "")) if isinstance(refusal, ClientError) else ""
        raise StorageUnavailable(
            _sentence(action, code)
            if code
            else f"The bucket could not {action}: {type(error).__name__}. Check STORAGE_ENDPOINT_URL and the network.",
            evidence={"key": key, "code": code, "error": str(error)},
        ) from error


def _sentence(action: str, code: str) -> str:
    return f"The bucket refused to {action} ({code}). {REASONS.get(code, 'Run `manage.py check_storage`.')}"


class Bucket:
    """One bucket. Each object is written once, under a key that is never reused."""

    def __init__(self, facts: BucketSettings) -> None:
        self.facts = facts
        self._storage = _storage(facts, facts.endpoint_url)
        self._sender = _storage(facts, facts.endpoint_url, read_timeout_seconds=SEND_READ_TIMEOUT_SECONDS)
        # A signature covers the host, so links need a client configured with the public one.
        self._signer = _storage(facts, facts.public_endpoint_url) if facts.public_endpoint_url else self._storage

    @property
    def client(self) -> Any:
        """boto3's client; django-storages keeps one per thread."""
        return self._storage.connection.meta.client

    def uses_temporary_keys(self) -> bool:
        """Whether links stop working when a session ends, before their own expiry."""
        credentials = boto3.Session().get_credentials()
        return bool(credentials and credentials.token)

    def put(
        self,
        path: Path,
        key: str,
        *,
        content_type: str,
        sha256: str,
        condition: PutCondition | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        """Upload the file, in parts if it is large. A failed upload's parts are removed from the server.

        Precondition: nothing else writes this key, or `condition` says which object may be replaced. Uploading
        the same file again is harmless. Returning doesn't prove that the object is correct: see
        `storage.object_verified`.
        """
        with _explained("store a file", key):
            self._sending_client(condition).upload_file(
                str(path),
                self.facts.name,
                key,
                ExtraArgs={"ContentType": content_type, "Metadata": {"sha256": sha256}},
                Callback=on_bytes,
                Config=TransferConfig(
                    multipart_threshold=MULTIPART_THRESHOLD_BYTES,
                    multipart_chunksize=PART_BYTES,
                    max_concurrency=PARALLEL_PARTS,
                    preferred_transfer_client="classic",
                ),
            )

    def put_bytes(self, key: str, content: bytes) -> None:
        """Store a small temporary object, replacing any existing one."""
        with _explained("store a file", key):
            self.client.put_object(Bucket=self.facts.name, Key=key, Body=content)

    def get_bytes(self, key: str) -> bytes | None:
        """Return a small object, or None if there is no such object."""
        with _explained("read a file", key):
            try:
                return bytes(self.client.get_object(Bucket=self.facts.name, Key=key)["Body"].read())
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                    return None
                raise

    def _sending_client(self, condition: PutCondition | None) -> Any:
        """Return the client for uploads. boto3's transfers take no conditions, so a separate client adds the header."""
        if condition is None:
            return self._sender.connection.meta.client
        storage = _storage(self.facts, self.facts.endpoint_url, read_timeout_seconds=SEND_READ_TIMEOUT_SECONDS)
        client = storage.connection.meta.client
        for operation in ("PutObject", "CompleteMultipartUpload"):
            client.meta.events.register(f"before-call.s3.{operation}", condition.add_header)
        return client

    def head(self, key: str) -> ObjectFacts | None:
        """Return the server's facts about the object, or None if there is no such object."""
        with _explained("look up a file", key):
            try:
                response = self.client.head_object(Bucket=self.facts.name, Key=key)
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                    return None
                raise
        return ObjectFacts(
            key=key,
            size_bytes=response["ContentLength"],
            etag=response.get("ETag", "").strip('"'),
            modified_at=response["LastModified"],
            metadata=response.get("Metadata", {}),
        )

    def chunks(self, key: str, *, start: int = 0) -> Iterator[bytes]:
        """Yield the object's bytes from `start`. Raises StorageUnavailable if the connection breaks."""
        with _explained("read a file", key):
            response = self.client.get_object(Bucket=self.facts.name, Key=key, Range=f"bytes={start}-")
            with contextlib.closing(response["Body"]) as body:
                yield from body.iter_chunks(DOWNLOAD_CHUNK_BYTES)

    def url(self, key: str, *, lifetime_seconds: int, download_name: str = "") -> str:
        """Return a link that anyone can GET (not HEAD) until it expires."""
        parameters = {}
        if download_name:
            parameters["ResponseContentDisposition"] = f'attachment; filename="{download_name}"'
        lifetime = min(lifetime_seconds, LONGEST_LIFETIME_SECONDS)
        with _explained("sign a link", key):
            return str(self._signer.url(key, parameters=parameters, expire=lifetime, http_method="GET"))

    def delete(self, key: str) -> None:
        """Delete the object, if it exists."""
        with _explained("delete a file", key):
            self.client.delete_object(Bucket=self.facts.name, Key=key)

    def objects(self, prefix: str = "") -> Iterator[ObjectFacts]:
        """Yield every object in key order, a thousand per request."""
        with _explained("list its files", prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.facts.name, Prefix=prefix)
            for page in pages:
                for entry in page.get("Contents", []):
                    yield ObjectFacts(
                        entry["Key"], entry["Size"], entry["ETag"].strip('"'), entry["LastModified"], metadata={}
                    )

    def unfinished_uploads(self) -> Iterator[UnfinishedUpload]:
        """Yield multipart uploads that were never finished. Their parts cost money until they are aborted."""
        with _explained("list unfinished uploads"):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.facts.name)
            for page in pages:
                for entry in page.get("Uploads", []):
                    yield UnfinishedUpload(entry["Key"], entry["UploadId"], entry["Initiated"])

    def upload_abort(self, upload: UnfinishedUpload) -> None:
        with _explained("abort an unfinished upload", upload.key):
            self.client.abort_multipart_upload(Bucket=self.facts.name, Key=upload.key, UploadId=upload.upload_id)
