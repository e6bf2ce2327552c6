"""Forget the changes that generated work made: undo no longer takes it away."""

from django.db import migrations
from django.db.models import Q

GENERATED = (
    Q(label__startswith="generated clip of scene")
    | Q(label__startswith="lip-synced clip of scene")
    | Q(label__startswith="copied clip of scene")
    | Q(label__startswith="image of scene")
)


def forget(apps, _schema_editor):
    changes = apps.get_model("scenes", "Change").objects
    changes.filter(GENERATED).delete()
    for written in changes.filter(label="write scenes").order_by("id"):
        if any(values is not None for values in written.before.values()):
            continue
        # The first scenes: nothing before them can be undone any more.
        changes.filter(project_id=written.project_id, pk__lte=written.pk).delete()
    changes.filter(label="write scenes").update(label="replaced the scenes by newly written ones")


class Migration(migrations.Migration):
    dependencies = [("scenes", "0008_clip_use")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
