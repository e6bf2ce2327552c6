"""Links to one file that work without an account: signed by this installation, valid until they expire."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils import timezone

from apps.assets.models import Asset
from apps.core.errors import NotFound

SALT = "apps.assets.links"


def signed_link(asset: Asset, *, lifetime_seconds: int) -> str | None:
    """Return a link under PUBLIC_URL, or None if that isn't set. The link ends with the file's name, for players."""
    if not settings.PUBLIC_URL:
        return None
    expires_at = int(timezone.now().timestamp()) + lifetime_seconds
    token = signing.dumps([str(asset.pk), expires_at], salt=SALT)
    return f"{settings.PUBLIC_URL}/api/assets/shared/{token}/{asset.key.rsplit('/', 1)[-1]}"


def linked_asset(token: str) -> Asset:
    """Return the asset that a link's token names. Raises NotFound if it is forged or expired or the file is gone."""
    try:
        asset_id, expires_at = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NotFound("This link is not valid.") from error
    asset = Asset.objects.filter(pk=UUID(asset_id)).first()
    if asset is None or timezone.now().timestamp() > expires_at:
        raise NotFound("This link has expired.")
    return asset
