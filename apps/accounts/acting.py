"""Who acts."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated

from apps.accounts.models import User


def acting_user(request: Any) -> User:
    """The signed-in user of a page's or an API call's request. Raises NotAuthenticated (401) for anyone else."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
