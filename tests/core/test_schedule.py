import pytest
from django.apps import apps
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ROUND = Periodic(name="Test: a round", task="tests.round", every_seconds=7)

pytestmark = pytest.mark.django_db


def test_an_entry_is_installed_once_with_its_queue_and_expiry():
    schedule_install(apps, [ROUND])
    schedule_install(apps, [ROUND])
    task = PeriodicTask.objects.get(name=ROUND.name)
    assert (task.task, task.queue, task.expire_seconds, task.enabled) == ("tests.round", "housekeeping", 7, True)
    assert (task.interval.every, task.interval.period) == (7, "seconds")


def test_an_operators_changes_are_kept():
    schedule_install(apps, [ROUND])
    PeriodicTask.objects.filter(name=ROUND.name).update(enabled=False)
    schedule_install(apps, [ROUND])
    assert not PeriodicTask.objects.get(name=ROUND.name).enabled


def test_a_duplicate_interval_does_no_harm():
    IntervalSchedule.objects.create(every=7, period="seconds")
    IntervalSchedule.objects.create(every=7, period="seconds")
    schedule_install(apps, [ROUND])
    assert PeriodicTask.objects.filter(name=ROUND.name).count() == 1


def test_a_running_beat_is_notified_of_installs_and_removals():
    schedule_install(apps, [ROUND])
    laid_at = PeriodicTasks.last_change()
    schedule_remove(apps, [ROUND])
    assert not PeriodicTask.objects.filter(name=ROUND.name).exists()
    assert PeriodicTasks.last_change() > laid_at
