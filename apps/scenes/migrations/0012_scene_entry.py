from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scenes", "0011_scene_subjects")]

    operations = [
        migrations.AddField(
            model_name="scene",
            name="entry",
            field=models.CharField(
                choices=[("cut", "Cut"), ("continue", "Continue"), ("bridge", "Bridge"), ("match", "Match")],
                default="cut",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="scene",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry__in", ["cut", "continue", "bridge", "match"])), name="scene_entry_is_known"
            ),
        ),
    ]
