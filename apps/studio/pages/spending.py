"""Spending: what was spent, and the caps on it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.accounts.acting import acting_user
from apps.accounts.keeping import kept_fields, login_required_keeping
from apps.accounts.models import User
from apps.jobs.models import SpendingAccount
from apps.jobs.money import cap_set, daily_cap_scope, day_scope, user_scope
from apps.studio.forms import DollarsField


class CapsForm(forms.Form):
    """US dollars; empty removes the cap."""

    total = DollarsField(required=False)
    daily = DollarsField(required=False)


@login_required_keeping
@require_http_methods(["GET", "HEAD", "POST"])
def spending(request: HttpRequest) -> HttpResponse:
    by = acting_user(request)
    accounts = _accounts(by)
    initial = _caps(by, accounts) | kept_fields(request).dict()
    form = CapsForm(request.POST) if request.method == "POST" else CapsForm(initial=initial)
    if form.is_bound and form.is_valid():
        cap_set(scope=user_scope(by.pk), cap=form.cleaned_data["total"])
        cap_set(scope=daily_cap_scope(by.pk), cap=form.cleaned_data["daily"])
        return redirect("studio:spending")
    today = accounts.get(day_scope(by.pk, timezone.now().date()))
    context = {"form": form, "all_time": accounts.get(user_scope(by.pk)), "today": today}
    return render(request, "studio/spending.html", context, status=400 if form.errors else 200)


def caps_in_force(by: User) -> dict[str, Any]:
    """Return the user's caps in US dollars, `total` and `daily`, where they are set, with `spent_today`."""
    accounts = _accounts(by)
    today = accounts.get(day_scope(by.pk, timezone.now().date()))
    return {**_caps(by, accounts), "spent_today": today.spent if today else Decimal(0)}


def _accounts(by: User) -> dict[str, SpendingAccount]:
    scopes = [user_scope(by.pk), daily_cap_scope(by.pk), day_scope(by.pk, timezone.now().date())]
    return {account.scope: account for account in SpendingAccount.objects.filter(scope__in=scopes)}


def _caps(by: User, accounts: Mapping[str, SpendingAccount]) -> dict[str, Any]:
    scopes = {"total": user_scope(by.pk), "daily": daily_cap_scope(by.pk)}
    caps = {name: accounts[scope].cap for name, scope in scopes.items() if scope in accounts}
    return {name: cap.quantize(Decimal("0.01")) for name, cap in caps.items() if cap is not None}
