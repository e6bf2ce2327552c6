from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Jobs: compare rows that must agree",
        task="workers.sweep.sanity",
        every_seconds=24 * 3600,
        description="Compares accounts with the ledger, reservations with requests, and jobs with what they wait for.",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("jobs", "0019_families"), ("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [
        migrations.RunPython(
            lambda apps, _: schedule_install(apps, ENTRIES), lambda apps, _: schedule_remove(apps, ENTRIES)
        )
    ]
