from django.db import migrations, models

TYPES = [
    "parameters",
    "scene_prompts",
    "video_params",
    "image_params",
    "image_prompts",
    "lipsync_params",
    "transcription_params",
    "vocals_params",
    "compose_params",
]


class Migration(migrations.Migration):
    dependencies = [("flavors", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="flavoredit", name="flavor_edit_known_config_type"),
        migrations.AlterField(
            model_name="flavoredit",
            name="config_type",
            field=models.CharField(choices=[(name, name) for name in TYPES], max_length=30),
        ),
        migrations.AddConstraint(
            model_name="flavoredit",
            constraint=models.CheckConstraint(
                condition=models.Q(("config_type__in", TYPES)), name="flavor_edit_known_config_type"
            ),
        ),
    ]
