from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Projects: go on generating",
        task="workers.followup.advance",
        every_seconds=15,
        description="Looks at every project that is being made, in case a message was lost.",
    ),
]


def lay(apps, _schema_editor):
    schedule_install(apps, ENTRIES)


def lift(apps, _schema_editor):
    schedule_remove(apps, ENTRIES)


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0002_generating_since"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(lay, lift)]
