"""Lays the beat schedule down from migrations. Operators edit it in the admin; deploying never undoes that."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """One line of the schedule. `name` is what the admin shows and what keeps the line unique.

    A message that nobody took within `expires_seconds` is dropped (default: one interval), so that the
    rounds missed while the workers were down do not pile up behind each other.
    """

    name: str
    task: str
    every_seconds: int
    queue: str = "housekeeping"
    expires_seconds: int | None = None
    description: str = ""


def schedule_lay(apps: Any, entries: Iterable[Periodic]) -> None:
    """Add `entries` that are not there yet. Call it from a `RunPython` with the migration's `apps`.

    The migration must depend on `("django_celery_beat", "0019_alter_periodictasks_options")` or later. An entry
    that exists by name is left as it is: an operator may have changed it.
    """
    interval_model = apps.get_model("django_celery_beat", "IntervalSchedule")
    task_model = apps.get_model("django_celery_beat", "PeriodicTask")
    for entry in entries:
        wanted = {"every": entry.every_seconds, "period": "seconds"}
        # Not get_or_create: the admin may hold the same interval twice.
        interval = interval_model.objects.filter(**wanted).first() or interval_model.objects.create(**wanted)
        task_model.objects.get_or_create(
            name=entry.name,
            defaults={
                "task": entry.task,
                "interval": interval,
                "queue": entry.queue,
                "expire_seconds": entry.expires_seconds or entry.every_seconds,
                "description": entry.description,
            },
        )
    _beat_notify(apps)


def schedule_lift(apps: Any, entries: Iterable[Periodic]) -> None:
    """Take `entries` away again: the reverse of `schedule_lay`."""
    names = [entry.name for entry in entries]
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=names).delete()
    _beat_notify(apps)


def _beat_notify(apps: Any) -> None:
    # Migrations send no signals, and a running beat reads the schedule again only when this row moves.
    changes = apps.get_model("django_celery_beat", "PeriodicTasks")
    changes.objects.update_or_create(ident=1, defaults={"last_update": timezone.now()})
