"""Number formats on pages."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from apps.jobs import labels as job_labels
from apps.providers.registry import provider_label
from apps.studio import words

register = template.Library()

# Time left is shown only while the pace is meaningful: below this, preparation dominates; above, what is left is
# storing and uploading.
LEAST_SHARE, MOST_SHARE = 0.05, 0.9
LEAST_ELAPSED_SECONDS = 5


@register.filter
def clock(seconds: float | Decimal | None) -> str:
    """Format seconds as `0:41.500`; "" for None."""
    if seconds is None:
        return ""
    milliseconds = round(float(seconds) * 1000)
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
def counted(number: int) -> str:
    """Format a count with thousands separators: `1,234`."""
    return f"{number:,}"


@register.filter
def job_word(state: str) -> words.Word:
    return words.JOB_WORDS[state]


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
def percent(value: float) -> int:
    return int(value)


@register.filter
def time_left(job: Any) -> str:
    """Return `about 40 s left`, from the elapsed time; "" where that would be a guess: near either end, in the first
    seconds, and after an automatic retry from the start."""
    if not job or job.started_at is None or job.failures or not job.is_live:
        return ""
    share = job.progress_percentage / 100
    elapsed = (timezone.now() - job.started_at).total_seconds()
    if not LEAST_SHARE <= share < MOST_SHARE or elapsed < LEAST_ELAPSED_SECONDS:
        return ""
    return job_labels.time_left(elapsed / share * (1 - share))


@register.filter
def took(job: Any) -> float | None:
    """Return seconds from the first worker's start to the end, or until now; None before the start."""
    if job.started_at is None or job.finished_at is None:
        return None
    return float((job.finished_at - job.started_at).total_seconds())
