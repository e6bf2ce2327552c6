"""How lyrics appear becomes the captions of the project's look."""

import re

from django.db import migrations

# Words with times of their own, in any of the formats: these lit up when they were burned in.
_WORD_TIMES = re.compile(r"<\d+:\d\d|\S.*\[\d+:\d\d[.:]\d|\\[kK][fo]?\d|<(?:\w+:)?span[^>]*\bbegin=")


def captions_from_lyrics(apps, schema_editor):  # noqa: ARG001 - as Django calls it
    look_model = apps.get_model("composition", "ProjectLook")
    for lyrics in apps.get_model("composition", "Lyrics").objects.iterator():
        style = "karaoke" if _WORD_TIMES.search(lyrics.text) else "line"
        if not lyrics.burn:
            style = "line" if lyrics.soft else "none"
        track = "soft" if not lyrics.burn else "both" if lyrics.soft else "burned"
        look, _ = look_model.objects.get_or_create(project_id=lyrics.project_id)
        look.options = {
            **look.options,
            "captions": {"style": style, "track": track, "font": "", "preset": lyrics.preset},
        }
        look.save()


def lyrics_from_captions(apps, schema_editor):  # noqa: ARG001 - as Django calls it
    look_model = apps.get_model("composition", "ProjectLook")
    for lyrics in apps.get_model("composition", "Lyrics").objects.iterator():
        look = look_model.objects.filter(project_id=lyrics.project_id).first()
        captions = look.options.pop("captions", {}) if look else {}
        shown = captions.get("style", "none") != "none"
        lyrics.burn = shown and captions.get("track") != "soft"
        lyrics.soft = shown and captions.get("track") != "burned"
        lyrics.preset = captions.get("preset", "clean")
        lyrics.save()
        if look:
            look.save()


class Migration(migrations.Migration):
    dependencies = [
        ("composition", "0006_look_without_clip_start"),
    ]

    operations = [
        migrations.RunPython(captions_from_lyrics, lyrics_from_captions),
        migrations.RemoveField(model_name="lyrics", name="burn"),
        migrations.RemoveField(model_name="lyrics", name="soft"),
        migrations.RemoveField(model_name="lyrics", name="preset"),
    ]
