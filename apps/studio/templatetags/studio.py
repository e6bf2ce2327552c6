"""Number formats on pages."""

from decimal import Decimal
from typing import Any

from django import template

from apps.jobs import labels as job_labels
from apps.jobs.estimates import job_time_left
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.providers.registry import provider_label
from apps.scenes.models import Clip
from apps.scenes.verdicts import Verdict
from apps.studio import words

register = template.Library()


@register.filter
def clock(seconds: float | Decimal | None) -> str:
    """Format seconds as `0:41.500`; "" for None."""
    if seconds is None:
        return ""
    # Halves go up, as static/js/clock.js writes them: beats lie on half milliseconds.
    milliseconds = (round(float(seconds) * 1_000_000) + 500) // 1000
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"


@register.filter
def clock_short(seconds: float | Decimal | None) -> str:
    """Format seconds as `3:12`, for lengths that don't need precision; "" for None."""
    if seconds is None:
        return ""
    whole = round(float(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def megabytes(size_bytes: int | None) -> str:
    """Format a video's size as `12.4 MB`, or `1.3 GB`; "" for None."""
    if size_bytes is None:
        return ""
    size = size_bytes / 1_000_000
    return f"{size:.1f} MB" if size < 1000 else f"{size / 1000:.1f} GB"


@register.filter
def money(amount: Decimal | None) -> str:
    """Format US dollars as `$1.20`; zero is a free draft."""
    if not amount:
        return "free draft"
    return f"${amount:,.2f}" if amount >= Decimal("0.01") else "under $0.01"


@register.filter
def dollars(amount: Decimal | None) -> str:
    """Format US dollars as `$0.00`, zero included."""
    return f"${amount or 0:,.2f}"


@register.filter
def second_price(amount: Decimal | None) -> str:
    """Format what a second costs, which may be a fraction of a cent: `$0.062`."""
    if amount is None:
        return "nothing kept"
    return f"${amount:,.3f}" if amount else "free"


@register.filter
def counted(number: int) -> str:
    """Format a count with thousands separators: `1,234`."""
    return f"{number:,}"


@register.filter
def job_word(state: str) -> words.Word:
    return words.JOB_WORDS[state]


@register.filter
def state_word(job: Job) -> words.Word:
    """Return the word for the job's state. One whose parts are being made is being made, not checked."""
    return words.JOB_WORDS[State.RUNNING if job.waits_for_children else job.state]


@register.filter
def kind_label(kind: str) -> str:
    return job_labels.kind_label(kind)


@register.filter
def provider_word(name: str) -> str:
    return provider_label(name)


@register.filter
def capability_word(name: str) -> str:
    return words.CAPABILITY_WORDS[name]


@register.filter
def error_of(form: Any, name: str) -> str:
    """Return the form's first error about a field; "" without one."""
    return str(next(iter(form.errors.get(name, ())), ""))


@register.filter
def verdict(clip: Clip) -> Verdict | None:
    """Return what a judge said of the clip; None if nobody judged it."""
    return Verdict.find(clip)


@register.filter
def percent(value: float) -> int:
    return int(value)


@register.filter
def time_left(job: Any) -> str:
    """Return `about 40 s left`; "" where that isn't known."""
    return job_time_left(job) if job else ""


@register.filter
def took(job: Any) -> float | None:
    """Return seconds from the first worker's start to the end, or until now; None before the start."""
    if job.started_at is None or job.finished_at is None:
        return None
    return float((job.finished_at - job.started_at).total_seconds())
