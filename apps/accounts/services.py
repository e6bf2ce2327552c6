"""API tokens and the local owner."""

import hashlib
import secrets
from datetime import timedelta

import structlog
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import ApiToken, User
from apps.core.errors import InputError, NotFound

log = structlog.get_logger(__name__)

TOKEN_PREFIX = "mv_"  # noqa: S105 - lets secret scanners recognize a leaked token
SHOWN_CHARACTERS = 9
TOKENS_PER_OWNER = 50
# The time of last use is only shown to people, so writing it on every call would load the database for nothing.
LAST_USED_EVERY = timedelta(minutes=1)
LOCAL_OWNER_NAME = "local"


def token_create(*, by: User, name: str) -> tuple[ApiToken, str]:
    """Create a token for `by`. Returns its row and the token itself, which can't be read again.

    Raises InputError if the name is empty or too long, or if `by` already has TOKENS_PER_OWNER live tokens.
    """
    name = name.strip()
    if not 0 < len(name) <= 100:
        raise InputError("Name the token after its program.", errors={"name": "Use 1 to 100 characters."})
    if by.api_tokens.filter(revoked_at__isnull=True).count() >= TOKENS_PER_OWNER:
        raise InputError(f"You already have {TOKENS_PER_OWNER} tokens. Revoke one you no longer use.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(owner=by, name=name, prefix=token[:SHOWN_CHARACTERS], digest=_digest(token))
    log.info("api_token_created", token_id=row.pk, user_id=by.pk)
    return row, token


def token_revoke(*, by: User, token_id: int) -> None:
    """Revoke a token of `by` permanently. Does nothing if it is already revoked. Raises NotFound."""
    row = by.api_tokens.filter(pk=token_id).first()
    if row is None:
        raise NotFound("There is no such token.")
    by.api_tokens.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=timezone.now())
    log.info("api_token_revoked", token_id=row.pk, user_id=by.pk)


def token_owner(token: str) -> User | None:
    """Return the owner of a live token, recording its use, or None if it is unknown, revoked or its owner inactive."""
    row = (
        ApiToken.objects.select_related("owner")
        .filter(digest=_digest(token), revoked_at__isnull=True, owner__is_active=True)
        .first()
    )
    if row is None:
        return None
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > LAST_USED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.owner


def local_owner_get() -> User:
    """Return the owner of a single-user installation, creating it on first use. Safe for two simultaneous requests."""
    owner = User.objects.filter(username=LOCAL_OWNER_NAME).first()
    if owner is not None:
        return owner
    try:
        with transaction.atomic():
            # Without a usable password, nobody can sign in as this user from elsewhere.
            return User.objects.create(
                username=LOCAL_OWNER_NAME, password=make_password(None), is_staff=True, is_superuser=True
            )
    except IntegrityError:
        return User.objects.get(username=LOCAL_OWNER_NAME)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
