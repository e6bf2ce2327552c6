"""Black bars with words in them were not recognized: clips without bars are looked at again when they are needed."""

from django.db import migrations


def forget(apps, _):
    apps.get_model("composition", "ClipFraming").objects.filter(content=None).delete()


class Migration(migrations.Migration):
    dependencies = [("composition", "0009_covers_and_output_captions")]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
