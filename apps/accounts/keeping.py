"""Keeps what a user typed into a form if the session ended in the meantime.

The sign-in form carries it, signed, and the page fills it in again. Files are lost, because a browser sends them once.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict

SALT = "kept form"
SESSION_KEY = "kept_form"
# Long enough to look up a password; after that, the form starts empty.
KEPT_SECONDS = 3600
MOST_BYTES = 200_000
SECRET_FIELDS = frozenset({"csrfmiddlewaretoken", "password"})


def login_required_keeping(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Like `login_required`, but keeps the form. The view gets it back from `kept_fields`."""
    guarded = login_required(view)

    @wraps(view)
    def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if request.method != "POST" or request.user.is_authenticated:
            return guarded(request, *arguments, **named)
        context = {"form": AuthenticationForm(request), "next": request.path, "kept": _signed(request)}
        return render(request, "accounts/sign_in.html", context, status=403)

    return wrapped


def kept_take(request: HttpRequest) -> None:
    """Move the kept fields from the sign-in form into the new session, ignoring them if the signature isn't valid."""
    try:
        request.session[SESSION_KEY] = signing.loads(request.POST.get("kept", ""), salt=SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return


def kept_fields(request: HttpRequest) -> MultiValueDict[str, str]:
    """Return what was typed into this page's form before the session ended, once; empty if there was nothing."""
    kept = request.session.get(SESSION_KEY)
    if not kept or kept["path"] != request.path:
        return MultiValueDict()
    del request.session[SESSION_KEY]
    return MultiValueDict(kept["fields"])


def _signed(request: HttpRequest) -> str:
    fields = {name: values for name, values in request.POST.lists() if name not in SECRET_FIELDS}
    if sum(len(str(values)) for values in fields.values()) > MOST_BYTES:
        return ""
    return signing.dumps({"path": request.path, "fields": fields}, salt=SALT, compress=True)
