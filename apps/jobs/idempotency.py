"""The caller's `Idempotency-Key` of a call that creates a job: a repeated request gets the first one's job.

The key is stored with the job, in the same transaction (`jobs.services.job_create`).
"""

import hashlib
import json
from dataclasses import dataclass

from apps.accounts.models import User
from apps.core.idempotency import key_checked, key_reused
from apps.core.json import JsonObject
from apps.jobs.models import Job


@dataclass(frozen=True)
class Idempotency:
    """A caller's `Idempotency-Key` and a hash of the request it came with."""

    key: str
    fingerprint: str


def idempotency_of(key: str, *, kind: str, body: JsonObject) -> Idempotency | None:
    """Return the caller's key with the request's fingerprint, or None without a key. Raises InputError if the key
    isn't valid."""
    if not key_checked(key):
        return None
    return Idempotency(key=key, fingerprint=fingerprint_of(kind, body))


def fingerprint_of(kind: str, body: JsonObject) -> str:
    """Return a hash of a request, to tell a repeat from a different request with the same key."""
    text = json.dumps([kind, body], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def idempotent_job(*, by: User, idempotency: Idempotency | None) -> Job | None:
    """Return the job already created with this key, if any. Raises ConflictError if another request used the key."""
    if idempotency is None:
        return None
    job = Job.objects.filter(owner=by, idempotency_key=idempotency.key).first()
    if job is not None and job.idempotency_fingerprint != idempotency.fingerprint:
        raise key_reused()
    return job
