from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Models: weekly check",
        task="workers.housekeeping.models_check",
        every_seconds=7 * 24 * 3600,
        expires_seconds=24 * 3600,
        description="Asks each configured provider whether it still runs the models of the flavors. Free of charge.",
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, _: schedule_install(apps, ENTRIES),
            lambda apps, _: schedule_remove(apps, ENTRIES),
        )
    ]
