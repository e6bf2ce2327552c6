from django.db import migrations

from apps.core.schedule import Periodic, schedule_install, schedule_remove

ENTRIES = [
    Periodic(
        name="Scenes: take the media of deleted scenes",
        task="workers.followup.clean_deleted_scenes",
        every_seconds=6 * 3600,
        description="A week after a scene was deleted, its clips and files go.",
    ),
]


def lay(apps, _schema_editor):
    schedule_install(apps, ENTRIES)


def lift(apps, _schema_editor):
    schedule_remove(apps, ENTRIES)


class Migration(migrations.Migration):
    dependencies = [
        ("scenes", "0002_scene_points_at_its_own_clip"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(lay, lift)]
