"""Installs the beat schedule from migrations. Operators can edit it in the admin, and deploying keeps their changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """One entry of the schedule. `name` is unique and shown in the admin.

    A message that no worker took within `expires_seconds` is dropped (default: one interval), so that rounds missed
    while the workers were down don't pile up.
    """

    name: str
    task: str
    every_seconds: int
    queue: str = "housekeeping"
    expires_seconds: int | None = None
    description: str = ""


def schedule_install(apps: Any, entries: Iterable[Periodic]) -> None:
    """Add the `entries` that don't exist yet. Call it from a `RunPython` with the migration's `apps`.

    The migration must depend on `("django_celery_beat", "0019_alter_periodictasks_options")` or later. An existing
    entry of the same name is not changed, because an operator may have edited it.
    """
    interval_model = apps.get_model("django_celery_beat", "IntervalSchedule")
    task_model = apps.get_model("django_celery_beat", "PeriodicTask")
    for entry in entries:
        wanted = {"every": entry.every_seconds, "period": "seconds"}
        # Not get_or_create: operators may have created the same interval twice.
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


def schedule_remove(apps: Any, entries: Iterable[Periodic]) -> None:
    """Remove `entries`: the reverse of `schedule_install`."""
    names = [entry.name for entry in entries]
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=names).delete()
    _beat_notify(apps)


def _beat_notify(apps: Any) -> None:
    # Migrations send no signals, and a running beat only reloads the schedule when this row changes.
    changes = apps.get_model("django_celery_beat", "PeriodicTasks")
    changes.objects.update_or_create(ident=1, defaults={"last_update": timezone.now()})
