from django.db import migrations, models


def forget_clips(apps, _schema_editor):
    """What was found in clips is now kept moment by moment; they are looked at again when that is needed."""
    apps.get_model("scenes", "LipsyncLook").objects.filter(asset__kind="video").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("scenes", "0006_scene_providers"),
    ]

    operations = [
        migrations.RunPython(forget_clips, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(
            model_name="lipsynclook",
            name="frame",
        ),
        migrations.AddField(
            model_name="lipsynclook",
            name="frames",
            field=models.JSONField(default=dict),
        ),
    ]
