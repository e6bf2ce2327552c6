from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Storage: uploads that failed, copies that were left",
        task="workers.housekeeping.storage_work",
        every_seconds=60,
        description="Sends what is due to the machines that have the files.",
    ),
    Periodic(
        name="Storage: nightly sweep and check",
        task="workers.housekeeping.storage_night",
        every_seconds=24 * 3600,
        expires_seconds=12 * 3600,
        description="Removes orphans of every machine and compares rows with files and objects.",
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0002_checks"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, _: schedule_install(apps, ENTRIES),
            lambda apps, _: schedule_remove(apps, ENTRIES),
        )
    ]
