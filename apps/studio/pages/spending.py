"""Spending: what was spent, and the caps on it."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.accounts.acting import acting_user
from apps.accounts.keeping import kept_fields, login_required_keeping
from apps.jobs.money import cap_set, daily_cap_scope, user_scope
from apps.production.spending import spent_by_day, spent_by_project, user_spending
from apps.studio.forms import DollarsField, dollars_typed

_SAVED = "saved"


class CapsForm(forms.Form):
    """US dollars; empty removes the cap."""

    total = DollarsField(required=False)
    daily = DollarsField(required=False)


@login_required_keeping
@require_http_methods(["GET", "HEAD", "POST"])
def spending(request: HttpRequest) -> HttpResponse:
    by = acting_user(request)
    now = user_spending(by)
    initial = {"total": dollars_typed(now.total), "daily": dollars_typed(now.daily)} | kept_fields(request).dict()
    form = CapsForm(request.POST) if request.method == "POST" else CapsForm(initial=initial)
    if form.is_bound and form.is_valid():
        cap_set(scope=user_scope(by.pk), cap=form.cleaned_data["total"])
        cap_set(scope=daily_cap_scope(by.pk), cap=form.cleaned_data["daily"])
        return redirect(f"{reverse('studio:spending')}?{_SAVED}")
    context = {
        "form": form,
        "now": now,
        "days": spent_by_day(by),
        "projects": spent_by_project(by),
        "saved": _SAVED in request.GET,
    }
    return render(request, "studio/spending.html", context, status=400 if form.errors else 200)
