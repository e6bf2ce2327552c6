from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Pro editor: check open jobs",
        task="workers.pro.check_pro_job_completion",
        every_seconds=60,
        description="Asks the services about every open Pro job, a hundred in one request.",
    )
]


def lay(apps, _schema_editor):
    schedule_install(apps, ENTRIES)


def lift(apps, _schema_editor):
    schedule_remove(apps, ENTRIES)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_schedule"), ("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [migrations.RunPython(lay, lift)]
