"""Rows of the job engine. `services.py` is the only writer of `Job.state`."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.jobs.kinds import Kind, Queue
from apps.jobs.states import ACTIVE, FINISHED, LIVE, Code, State

ACTIVE_STATES = sorted(ACTIVE)
FINISHED_STATES = sorted(FINISHED)
LIVE_STATES = sorted(LIVE)
# How every reason of a pause begins, and with it the message of a job that waits for one.
PAUSED = "Paused"


class Job(models.Model):
    """One unit of asynchronous work. The row is the source of truth; a message only wakes a worker.

    `attempt` counts the tries a person asked for, with at most one paid request in each. `claim` is the fencing
    token: it increases with every claim, and a worker with an old number can't change anything. `project_id` and
    `scene_id` are labels for filters; domain rows point at jobs, not the other way round. `parent` is the job whose
    work it is a piece of: users see the parent. All that wait for it are in `Awaited`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=32, choices=Kind.choices)
    queue = models.CharField(max_length=32, choices=Queue.choices)
    provider = models.CharField(max_length=32, blank=True)
    project_id = models.UUIDField(null=True, blank=True)
    scene_id = models.UUIDField(null=True, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")

    # Among one owner's queued jobs, the larger number runs first; see `priorities.py`.
    priority = models.IntegerField(default=0)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    code = models.CharField(max_length=32, blank=True)
    attempt = models.PositiveIntegerField(default=1)
    claim = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)  # automatic tries used up in this attempt
    worker = models.CharField(max_length=200, blank=True)

    # Frozen when the job is created, so that editing a YAML file never changes what was bought.
    parameters = models.JSONField(default=dict)
    flavor = models.CharField(max_length=100, blank=True)
    config_hash = models.CharField(max_length=64, blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    error_evidence = models.JSONField(default=dict, blank=True)  # for the operator, never for the owner

    progress_percentage = models.FloatField(default=0)
    progress_message = models.CharField(max_length=300, blank=True)
    quoted_cost = models.DecimalField(max_digits=12, decimal_places=4, default=Decimal(0))
    cost = models.DecimalField(max_digits=12, decimal_places=4, default=Decimal(0))

    dedupe_key = models.CharField(max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=200, blank=True)
    idempotency_fingerprint = models.CharField(max_length=64, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    run_after = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Set if the job came with a project's archive: a record of work done elsewhere, which never runs here.
    imported_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=FINISHED_STATES, finished_at__isnull=False)
                | (~Q(state__in=FINISHED_STATES) & Q(finished_at__isnull=True)),
                name="job_finished_at_set_exactly_when_finished",
            ),
            models.UniqueConstraint(
                fields=["dedupe_key"],
                condition=Q(state__in=ACTIVE_STATES) & ~Q(dedupe_key=""),
                name="job_one_active_per_dedupe_key",
            ),
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"], condition=~Q(idempotency_key=""), name="job_idempotency_key_once"
            ),
            models.CheckConstraint(
                condition=Q(progress_percentage__gte=0, progress_percentage__lte=100), name="job_progress_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "dispatched_at"], condition=Q(state=State.QUEUED), name="job_queued"),
            # What an owner's next messages are for, in order, and how many are on their way (`lanes.py`).
            models.Index(
                fields=["owner", "queue", "-priority", "created_at"],
                condition=Q(state=State.QUEUED, dispatched_at=None),
                name="job_backlog",
            ),
            models.Index(
                fields=["owner", "queue"], condition=Q(state=State.QUEUED, dispatched_at__isnull=False), name="job_sent"
            ),
            models.Index(fields=["heartbeat_at"], condition=Q(state=State.RUNNING), name="job_running"),
            models.Index(fields=["dispatched_at"], condition=Q(state=State.WAITING), name="job_waiting"),
            models.Index(fields=["owner", "-created_at", "-id"], name="job_owner_newest"),
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="job_owner_state_newest"),
            models.Index(fields=["project_id", "-created_at"], name="job_project_newest"),
            # Few jobs are live, and lists of projects ask of each whether it has one.
            models.Index(fields=["project_id"], condition=Q(state__in=LIVE_STATES), name="job_live_in_project"),
            models.Index(fields=["scene_id", "-created_at"], name="job_scene_newest"),
        ]

    @property
    def is_live(self) -> bool:
        """The job may still make progress without a person."""
        return self.finished_at is None and self.state != State.NEEDS_ATTENTION

    @property
    def doing(self) -> str:
        """What it does, as a page says it."""
        return self.progress_message or ("Waiting for a worker" if self.state == State.QUEUED else "Starting")

    @property
    def is_paused(self) -> bool:
        """A pause keeps workers from starting it; its message says which (`pauses.py`)."""
        return self.state == State.QUEUED and self.progress_message.startswith(PAUSED)

    @property
    def waits_for_children(self) -> bool:
        """Other jobs do its work; for display."""
        return self.state == State.WAITING and self.code == Code.WAITING_FOR_CHILDREN


class Awaited(models.Model):
    """`parent` waits for `child`, which is `weight` of its work. A child may have several parents of its owner, since
    equal work is done once. A parent's next round of waiting replaces its rows."""

    parent = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="awaited")
    child = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="awaited_by")
    weight = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["parent", "child"], name="awaited_once")]


class Pause(models.Model):
    """Queued jobs of this owner, project, kind and provider don't start. What a pause leaves open, it doesn't limit;
    without an owner, it holds everybody's jobs.

    `reason` is what waiting jobs show. An `automatic` pause came after equal failures; lifting it keeps the row, so
    that earlier failures don't count again.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="pauses")
    project_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=32, choices=Kind.choices, blank=True)
    provider = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=300)
    automatic = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "project_id", "kind", "provider"], nulls_distinct=False, name="pause_once"
            ),
            models.CheckConstraint(condition=Q(reason__startswith=PAUSED), name="pause_reason_says_paused"),
        ]


class JobEvent(models.Model):
    """One entry in a job's history, committed together with the change it records."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    created_at = models.DateTimeField(auto_now_add=True)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16, blank=True)
    code = models.CharField(max_length=32, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]


class RunStatus(models.TextChoices):
    """What we know about one paid request. The first two are written before and after the call."""

    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    NOT_ACCEPTED = "not_accepted"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    COLLECTED = "collected"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RemoteRun(models.Model):
    """One attempt's paid request to a provider: the intent, frozen before the call, and what became of it."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="remote_runs")
    attempt = models.PositiveIntegerField()
    provider = models.CharField(max_length=32)
    capability = models.CharField(max_length=32)
    status = models.CharField(max_length=16, choices=RunStatus.choices, default=RunStatus.SUBMITTING)
    key = models.CharField(max_length=100, unique=True)  # the idempotency key, and our mark
    payload = models.JSONField()
    model = models.CharField(max_length=200, blank=True)
    mark = models.CharField(max_length=200, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    raw = models.JSONField(default=dict, blank=True)
    message = models.TextField(blank=True)
    submitting_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True, blank=True)  # from here on, the provider may have the request
    submitted_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    polls = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    collect_lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["job", "attempt"], name="remote_run_one_per_attempt"),
            models.UniqueConstraint(
                fields=["provider", "remote_id"], condition=~Q(remote_id=""), name="remote_run_remote_id_once"
            ),
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="remote_run_status_known"),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.SUBMITTED) | ~Q(remote_id=""), name="remote_run_submitted_has_remote_id"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_poll_at"], condition=Q(status=RunStatus.SUBMITTED), name="remote_run_due_for_poll"
            ),
            models.Index(
                fields=["collect_lease_until"],
                condition=Q(status=RunStatus.SUCCEEDED),
                name="remote_run_to_collect",
            ),
            models.Index(
                fields=["submitting_at"],
                condition=Q(status__in=[RunStatus.SUBMITTING, RunStatus.UNKNOWN], finished_at=None),
                name="remote_run_unsettled",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """The provider is working on it, as far as we know."""
        return self.status == RunStatus.SUBMITTED


class SpendingAccount(models.Model):
    """The running totals of one scope: a project, a user, or a user's day. Locked while money moves.

    `scope` is "project:<uuid>", "user:<id>" or "day:<user id>:<yyyy-mm-dd>". `cap` in US dollars, null = none.
    """

    scope = models.CharField(max_length=100, primary_key=True)
    cap = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    reserved = models.DecimalField(max_digits=12, decimal_places=4, default=Decimal(0))
    spent = models.DecimalField(max_digits=12, decimal_places=4, default=Decimal(0))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reserved__gte=0), name="spending_account_reserved_not_negative"),
            models.CheckConstraint(condition=Q(spent__gte=0), name="spending_account_spent_not_negative"),
        ]


class LedgerKind(models.TextChoices):
    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"
    # What a provider charged above the reservation. It counts as spent only once a person accepts it.
    EXCESS = "excess"
    ACCEPT = "accept"
    DISMISS = "dismiss"


class LedgerEntry(models.Model):
    """One movement of money for one attempt of a job. Rows are added, never changed."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="ledger")
    attempt = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=LedgerKind.choices)
    amount = models.DecimalField(max_digits=12, decimal_places=4)
    basis = models.CharField(max_length=300, blank=True)
    bought_seconds = models.FloatField(null=True, blank=True)
    project_id = models.UUIDField(null=True, blank=True)
    provider = models.CharField(max_length=32, blank=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "attempt"], condition=Q(kind=LedgerKind.RESERVE), name="ledger_one_reserve_per_attempt"
            ),
            # Either settled or released, and only once.
            models.UniqueConstraint(
                fields=["job", "attempt"],
                condition=Q(kind__in=[LedgerKind.SETTLE, LedgerKind.RELEASE]),
                name="ledger_one_end_per_attempt",
            ),
            models.UniqueConstraint(
                fields=["job", "attempt"], condition=Q(kind=LedgerKind.EXCESS), name="ledger_one_excess_per_attempt"
            ),
            models.UniqueConstraint(
                fields=["job", "attempt"],
                condition=Q(kind__in=[LedgerKind.ACCEPT, LedgerKind.DISMISS]),
                name="ledger_one_answer_per_excess",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="ledger_amount_not_negative"),
        ]
        indexes = [models.Index(fields=["project_id", "kind"], name="ledger_project")]
