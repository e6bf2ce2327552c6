"""Job states and the allowed moves between them.

    QUEUED → RUNNING → WAITING → RUNNING → SUCCEEDED

WAITING is for a provider, or for child jobs (`families.py`).
RUNNING goes back to QUEUED when its worker was lost, or when the provider certainly did not accept the work and it
may be sent again. Retrying moves FAILED, CANCELLED and NEEDS_ATTENTION back to QUEUED as the next attempt; adopting
a remote result moves NEEDS_ATTENTION to WAITING. SUCCEEDED is final.
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

# The job may still make progress without a person.
LIVE = frozenset({State.QUEUED, State.RUNNING, State.WAITING})
# `finished_at` is set in exactly these states. NEEDS_ATTENTION waits for a person, so it is not finished.
FINISHED = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
# A person may start the next attempt.
RETRYABLE = frozenset({State.FAILED, State.CANCELLED, State.NEEDS_ATTENTION})
# States that hold the dedupe key: a second job with the same key would repeat the work, or the charge.
ACTIVE = LIVE | {State.NEEDS_ATTENTION}


def may_move(from_state: str, to_state: str) -> bool:
    """Return whether the table allows the move."""
    return State(to_state) in MOVES[State(from_state)]


class Code(TextChoices):
    """Why a job is in its state. For explanation only: no code decides by it."""

    CREATED = "created"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    COLLECTING = "collecting"
    DONE = "done"
    RETRY_BY_PERSON = "retry_by_person"
    RETRY_LATER = "retry_later"
    WAITING_FOR_PLACE = "waiting_for_place"
    WAITING_FOR_CHILDREN = "waiting_for_children"
    NOT_NEEDED = "not_needed"
    PAUSED = "paused"
    WORKER_LOST = "worker_lost"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    CANCELLED_BY_PROVIDER = "cancelled_by_provider"
    INVALID_INPUT = "invalid_input"
    MEDIA_FAILED = "media_failed"
    PROVIDER_REJECTED = "provider_rejected"
    CONTENT_REFUSED = "content_refused"
    PROVIDER_FAILED = "provider_failed"
    PROVIDER_UNREACHABLE = "provider_unreachable"
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
