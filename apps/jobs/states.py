"""The law of job states: which move is allowed from which. Pure, and the documentation of the engine.

    QUEUED → RUNNING → WAITING → RUNNING → SUCCEEDED

RUNNING goes back to QUEUED when its worker was lost, or when the work surely was not accepted and may be
sent again. A person's retry takes FAILED, CANCELLED and NEEDS_ATTENTION back to QUEUED as the next attempt;
adopting a remote result takes NEEDS_ATTENTION to WAITING. Nothing leaves SUCCEEDED.
"""

from django.db.models import TextChoices


class State(TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NEEDS_ATTENTION = "needs_attention"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.FAILED, State.CANCELLED}),
    State.RUNNING: frozenset(
        {State.QUEUED, State.WAITING, State.SUCCEEDED, State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION}
    ),
    State.WAITING: frozenset({State.RUNNING, State.QUEUED, State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset({State.QUEUED}),
    State.NEEDS_ATTENTION: frozenset({State.QUEUED, State.WAITING, State.CANCELLED}),
}

# Work may still happen by itself.
LIVE = frozenset({State.QUEUED, State.RUNNING, State.WAITING})
# `finished_at` is set exactly in these. NEEDS_ATTENTION waits for a person, so it is not finished.
FINISHED = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
# A person may start the next attempt.
RETRYABLE = frozenset({State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION})
# Holds the dedupe key: a second job of the same key would double the work, or the charge.
ACTIVE = LIVE | {State.NEEDS_ATTENTION}


def may_move(from_state: str, to_state: str) -> bool:
    """Whether the table allows the move."""
    return State(to_state) in MOVES[State(from_state)]


class Code(TextChoices):
    """Why a job is where it is. Explains; never drives the machine."""

    CREATED = "created"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    COLLECTING = "collecting"
    DONE = "done"
    RETRY_BY_PERSON = "retry_by_person"
    RETRY_LATER = "retry_later"
    WAITING_FOR_PLACE = "waiting_for_place"
    WORKER_LOST = "worker_lost"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    CANCELLED_BY_PROVIDER = "cancelled_by_provider"
    INVALID_INPUT = "invalid_input"
    MEDIA_FAILED = "media_failed"
    PROVIDER_REJECTED = "provider_rejected"
    PROVIDER_FAILED = "provider_failed"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    NOT_CONFIGURED = "not_configured"
    BUDGET_EXCEEDED = "budget_exceeded"
    COST_ABOVE_RESERVED = "cost_above_reserved"
    COST_CONFIRMED = "cost_confirmed"
    COST_DISMISSED = "cost_dismissed"
    SUBMIT_UNKNOWN = "submit_unknown"
    RESULT_LOST = "result_lost"
    ADOPTED = "adopted"
    LATE_RESULT_KEPT = "late_result_kept"
    DEADLINE = "deadline"
    DISK_FULL = "disk_full"
    INTERNAL_ERROR = "internal_error"
