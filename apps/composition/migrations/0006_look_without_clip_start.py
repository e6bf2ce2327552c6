from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("composition", "0005_clip_start_moves_to_scene")]

    operations = [
        migrations.RemoveConstraint(model_name="scenelook", name="look_clip_start_is_not_negative"),
        migrations.RemoveField(model_name="scenelook", name="clip_start"),
    ]
