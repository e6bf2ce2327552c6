"""The admin's view of jobs: filters, inline history, and the same actions as on the pages."""

from functools import partial
from typing import Protocol
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import StudioError
from apps.jobs import services
from apps.jobs.excess import job_excess_settle
from apps.jobs.models import Job, JobEvent, LedgerEntry, Pause, RemoteRun, RunStatus, SpendingAccount


class JobService(Protocol):
    """A service function that acts on one job."""

    def __call__(self, *, by: User, job_id: UUID, any_owner: bool) -> Job: ...


class ReadOnlyAdmin(admin.ModelAdmin[Model]):
    """Read-only, because only services write these rows."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline[Model, Job]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class JobEventInline(ReadOnlyInline):
    model = JobEvent
    fields = ("created_at", "from_state", "to_state", "code", "message")
    readonly_fields = ("created_at", "from_state", "to_state", "code", "message")


class RemoteRunInline(ReadOnlyInline):
    model = RemoteRun
    fields = ("attempt", "provider", "model", "status", "remote_id", "submitted_at", "polls", "message")
    readonly_fields = ("attempt", "provider", "model", "status", "remote_id", "submitted_at", "polls", "message")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ["id", "kind", "state", "code", "provider", "owner", "progress_percentage", "cost", "created_at"]
    list_filter = ["state", "kind", "provider", "code"]
    list_select_related = ["owner"]
    search_fields = ["id", "project_id", "remote_runs__remote_id"]
    date_hierarchy = "created_at"
    inlines = [JobEventInline, RemoteRunInline]
    actions = ["cancel", "retry", "check_now", "count_excess", "dismiss_excess"]

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, jobs: "QuerySet[Job]") -> None:
        self._each(request, jobs, services.job_cancel)

    @admin.action(description="Retry")
    def retry(self, request: HttpRequest, jobs: "QuerySet[Job]") -> None:
        self._each(request, jobs, services.job_retry)

    @admin.action(description="Count the provider's charge above the reservation as spent")
    def count_excess(self, request: HttpRequest, jobs: "QuerySet[Job]") -> None:
        self._each(request, jobs, partial(job_excess_settle, counts=True))

    @admin.action(description="Dismiss the provider's charge above the reservation")
    def dismiss_excess(self, request: HttpRequest, jobs: "QuerySet[Job]") -> None:
        self._each(request, jobs, partial(job_excess_settle, counts=False))

    @admin.action(description="Check with the provider now")
    def check_now(self, request: HttpRequest, jobs: "QuerySet[Job]") -> None:
        runs = RemoteRun.objects.filter(job__in=jobs, status=RunStatus.SUBMITTED)
        count = runs.update(next_poll_at=timezone.now())
        self.message_user(request, f"Open requests that will be checked within seconds: {count}.")

    def _each(self, request: HttpRequest, jobs: "QuerySet[Job]", service: JobService) -> None:
        by = request.user
        done = 0
        for job in jobs:
            try:
                if isinstance(by, User):
                    service(by=by, job_id=job.pk, any_owner=True)
                    done += 1
            except StudioError as error:
                self.message_user(request, f"{job.pk}: {error.message}", messages.WARNING)
        self.message_user(request, f"Jobs updated: {done}.")


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "owner", "project_id", "kind", "provider", "automatic", "lifted_at", "reason"]
    list_filter = ["automatic", "kind", "provider"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "amount", "provider", "job", "attempt", "project_id", "basis"]
    list_filter = ["kind", "provider"]
    list_select_related = ["job"]
    date_hierarchy = "created_at"


@admin.register(SpendingAccount)
class SpendingAccountAdmin(ReadOnlyAdmin):
    list_display = ["scope", "cap", "reserved", "spent"]
    search_fields = ["scope"]
