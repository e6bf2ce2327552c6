"""Where in its clip a scene starts belongs to the scene."""

from django.db import migrations


def move(apps, _schema_editor):
    for look in apps.get_model("composition", "SceneLook").objects.filter(clip_start__gt=0):
        apps.get_model("scenes", "Scene").objects.filter(pk=look.scene_id).update(clip_in=look.clip_start)


def move_back(apps, _schema_editor):
    looks = apps.get_model("composition", "SceneLook").objects
    # Only the columns that are needed: some that later releases added may be gone already.
    used = apps.get_model("scenes", "Scene").objects.filter(clip_in__gt=0).order_by()
    for scene_id, clip_in in used.values_list("pk", "clip_in"):
        looks.update_or_create(scene_id=scene_id, defaults={"clip_start": clip_in})


class Migration(migrations.Migration):
    dependencies = [
        ("composition", "0004_lyrics_encoding"),
        ("scenes", "0008_clip_use"),
    ]

    operations = [migrations.RunPython(move, move_back)]
