"""API token authentication: `Authorization: Bearer <token>` or `Authorization: Token <token>`."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import User
from apps.accounts.services import token_owner

SCHEMES = {b"bearer", b"token"}


class TokenAuthentication(BaseAuthentication):
    """Authenticates by API token. Ignores headers with another scheme; an invalid token is 401."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in SCHEMES:
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Send one token: Authorization: Bearer <token>.")
        owner = token_owner(words[1].decode("latin-1"))
        if owner is None:
            raise AuthenticationFailed("The API token isn't valid. Create a new one on your account page.")
        return owner, "token"

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the interface's signature
        return 'Bearer realm="mvsite"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the token in the OpenAPI schema."""

    target_class = "apps.accounts.authentication.TokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "description": "An API token from the account page."}
