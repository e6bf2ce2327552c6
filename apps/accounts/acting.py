"""The user a request acts for."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated

from apps.accounts.models import User


def acting_user(request: Any) -> User:
    """Return the signed-in user of a page or API request. Raises NotAuthenticated (401) if it is anonymous."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
