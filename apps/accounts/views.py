"""Sign-in, sign-out and the account page."""

from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.accounts.keeping import kept_take
from apps.accounts.services import token_create, token_revoke
from apps.accounts.sign_in_limit import sign_in_attempt, sign_in_succeeded
from apps.core.errors import InputError

NEW_TOKEN = "new_api_token"  # noqa: S105 - a session key


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    next_url = _safe_next(request)
    if request.user.is_authenticated and request.method != "POST":
        return redirect(next_url)
    form = AuthenticationForm(request, data=request.POST or None)
    context = {"form": form, "next": next_url, "kept": request.POST.get("kept", "")}
    if request.method != "POST":
        return render(request, "accounts/sign_in.html", context)
    address, username = request.META.get("REMOTE_ADDR", ""), request.POST.get("username", "")
    if wait := sign_in_attempt(address=address, username=username):
        context |= {"form": AuthenticationForm(request), "wait_minutes": -(-wait // 60)}
        response = render(request, "accounts/sign_in.html", context, status=429)
        response["Retry-After"] = str(wait)
        return response
    if not form.is_valid():
        return render(request, "accounts/sign_in.html", context, status=400)
    sign_in_succeeded(address=address, username=username)
    login(request, form.get_user())
    kept_take(request)
    return redirect(next_url)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("accounts:sign-in")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def account(request: HttpRequest) -> HttpResponse:
    return _account_page(request, new_token=request.session.pop(NEW_TOKEN, ""))


@login_required
@require_POST
def token_add(request: HttpRequest) -> HttpResponse:
    try:
        _, token = token_create(by=acting_user(request), name=request.POST.get("name", ""))
    except InputError as error:
        return _account_page(request, error=error, status=400)
    # The next page shows it once, so that a reload doesn't create a second token.
    request.session[NEW_TOKEN] = token
    return redirect("accounts:account")


@login_required
@require_POST
def token_end(request: HttpRequest, token_id: int) -> HttpResponse:
    token_revoke(by=acting_user(request), token_id=token_id)
    return redirect("accounts:account")


def _account_page(
    request: HttpRequest, *, new_token: str = "", error: InputError | None = None, status: int = 200
) -> HttpResponse:
    tokens = acting_user(request).api_tokens.filter(revoked_at__isnull=True)
    name_error = error.errors.get("name", error.message) if error else ""
    context = {
        "tokens": tokens,
        "new_token": new_token,
        "name": request.POST.get("name", ""),
        "name_error": name_error,
    }
    return render(request, "accounts/account.html", context, status=status)


def _safe_next(request: HttpRequest) -> str:
    """Return where to go after signing in, which must be a page of this site."""
    target = request.POST.get("next") or request.GET.get("next") or "/"
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if allowed else "/"
