"""Connect: each provider with its key, its models and the caps in force."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.catalog.connecting import (
    Connection,
    Field,
    KeyTest,
    OfferedHere,
    connection_enter,
    connection_forget,
    connection_of,
    connection_test,
    connections,
    models_by_provider,
)
from apps.catalog.selectors import models_checked_at
from apps.core.errors import InputError
from apps.core.htmx import is_htmx
from apps.credentials.store import values_may_be_entered
from apps.production.spending import user_spending
from apps.providers.registry import provider_get


@dataclass(frozen=True)
class Card:
    """A connection as the page shows it. `errors` are by setting; `test` is the result of a test that just ran."""

    connection: Connection
    models: Sequence[OfferedHere]
    errors: dict[str, str]
    error: str = ""
    test: KeyTest | None = None

    @property
    def entries(self) -> list[tuple[Field, str]]:
        """Return the settings that can be entered here, each with its error."""
        return [(one, self.errors.get(one.name, "")) for one in self.connection.fields if one.enterable]


@login_required
@require_safe
def connect(request: HttpRequest) -> HttpResponse:
    return _page(request, {})


@login_required
@require_POST
def connect_test(request: HttpRequest, provider: str) -> HttpResponse:
    """Test the key with one free call."""
    return _response(request, provider, test=connection_test(by=acting_user(request), provider_name=provider))


# Not `login_required_keeping`: it would write the key into the sign-in form.
@login_required
@require_POST
def connect_enter(request: HttpRequest, provider: str) -> HttpResponse:
    """Store what was entered, and test it."""
    by = acting_user(request)
    values = {name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    try:
        connection_enter(by=by, provider_name=provider, values=values)
    except InputError as error:
        errors = {name: texts[0] for name, texts in error.errors.items()}
        return _response(request, provider, errors=errors, error=error.message, status=400)
    test = None if provider_get(provider).missing_configuration() else connection_test(by=by, provider_name=provider)
    return _response(request, provider, test=test)


@login_required
@require_POST
def connect_forget(request: HttpRequest, provider: str, name: str) -> HttpResponse:
    """Remove what was entered."""
    connection_forget(by=acting_user(request), provider_name=provider, name=name)
    return _response(request, provider) if is_htmx(request) else redirect("studio:connect")


def _response(
    request: HttpRequest,
    provider: str,
    *,
    errors: dict[str, str] | None = None,
    error: str = "",
    test: KeyTest | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the provider's card, alone for htmx, with the result."""
    connection = connection_of(provider_get(provider))
    card = Card(connection, models_by_provider().get(provider, ()), errors or {}, error, test)
    if not is_htmx(request):
        return _page(request, {provider: card}, status=status)
    return render(request, "studio/connect_card.html", {"card": card, **_rights(acting_user(request))})


def _page(request: HttpRequest, shown: dict[str, Card], *, status: int = 200) -> HttpResponse:
    by = acting_user(request)
    models = models_by_provider()
    cards = [shown.get(one.provider.name) or Card(one, models.get(one.provider.name, ()), {}) for one in connections()]
    context = {
        "cards": cards,
        "caps": user_spending(by),
        "models_checked_at": models_checked_at(),
        **_rights(by),
    }
    return render(request, "studio/connect.html", context, status=status)


def _rights(by: User) -> dict[str, bool]:
    return {"may_test": by.is_staff, "may_enter": by.is_staff and values_may_be_entered()}
