from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Jobs: ring for delayed work",
        task="workers.sweep.tick",
        every_seconds=2,
        expires_seconds=10,
        description="Runs jobs whose delay is over.",
    ),
    Periodic(
        name="Jobs: poll providers",
        task="workers.polling.poll_due",
        every_seconds=3,
        expires_seconds=15,
        description="Asks providers about open work that is due.",
    ),
    Periodic(
        name="Jobs: bring back what was lost",
        task="workers.sweep.jobs",
        every_seconds=15,
        description="Jobs whose worker or message was lost, late results.",
    ),
]


def lay(apps, _schema_editor):
    schedule_install(apps, ENTRIES)


def lift(apps, _schema_editor):
    schedule_remove(apps, ENTRIES)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [migrations.RunPython(lay, lift)]
