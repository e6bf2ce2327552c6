from uuid import UUID

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import NotFound


def asset_get(*, by: User, asset_id: UUID | str, kind: str | None = None) -> Asset:
    """Return the user's asset. Raises NotFound for an unknown id, another kind, or another user's asset."""
    try:
        wanted = UUID(str(asset_id))
    except ValueError as error:
        raise NotFound(f"There is no {kind or 'file'} with that id.") from error
    assets = Asset.objects.filter(owner=by, pk=wanted)
    asset = assets.filter(kind=kind).first() if kind else assets.first()
    if asset is None:
        raise NotFound(f"There is no {kind or 'file'} with that id.")
    return asset
