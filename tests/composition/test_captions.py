"""Captions of a project: chosen in its look, drawn from the song's words or its own, and given as files."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.composition.handoff.export import project_markers
from apps.composition.models import ProjectLook
from apps.composition.planning import project_plan
from apps.songs.lyrics.services import lyrics_put
from engines.lyrics.encodings import Decoded
from tests.composition.test_projects import multipart, post, run, url
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)
# The project uses its song from second 1 on.
RAIN = "\u0645\u0637\u0631 \u0646\u0648\u0631"
SONG_WORDS = f"[00:01.50]Neon <00:02.00>rain <00:02.50>down<00:03.00>\n[00:03.50]{RAIN}\n[00:05.00]"


@pytest.fixture
def sung(project):
    lyrics_put(by=project.owner, audio_id=project.song.asset_id, source=Decoded(SONG_WORDS, ""), language="en")
    return project


def choose(api, project, **captions):
    return api.patch(url(project, "look"), {"captions": captions}, content_type="application/json")


def test_words_of_the_song_are_captions_once_they_are_chosen(api, sung):
    assert api.get(url(sung, "look")).json()["captions"]["style"] == "none"
    assert project_plan(sung).plan.soft_lyrics == ""
    assert choose(api, sung, style="big_word", track="both").status_code == 200
    plan = project_plan(sung).plan
    assert plan.soft_lyrics.startswith("1\n00:00:00,500 --> 00:00:02,000\nNeon rain down\n")
    assert (plan.soft_language, plan.burned_lyrics.count("Dialogue:")) == ("en", 5)
    marked = [(mark.frame, mark.frames, mark.text) for mark in project_markers(sung, plan) if mark.kind == "lyrics"]
    assert marked == [(12, 36, "Neon rain down"), (60, 36, RAIN)]
    # A copy of the words, or a file, is the project's own and takes their place.
    api.generic("PUT", url(sung, "lyrics"), *multipart(api, {"text": "[00:02.00]other words\n[00:04.00]"}))
    assert "other words" in project_plan(sung).plan.soft_lyrics
    api.delete(url(sung, "lyrics"))
    assert "Neon" in project_plan(sung).plan.soft_lyrics


def test_only_given_values_change_and_wrong_ones_are_refused(api, sung):
    choose(api, sung, style="karaoke", track="both", font="noto sans italic")
    look = choose(api, sung, track="soft").json()["captions"]
    assert look == {"style": "karaoke", "track": "soft", "font": "Noto Sans Italic", "preset": "clean"}
    assert choose(api, sung, font=None).json()["captions"]["font"] == ""
    for wrong in ({"style": "wavy"}, {"track": "air"}, {"preset": "huge"}, {"font": "Comic Sans"}, {"size": 3}):
        refused = choose(api, sung, **wrong)
        assert (refused.status_code, *refused.json()["errors"]["captions"]) == (400, *wrong), refused.content
    assert "Choose one of Noto Sans," in str(choose(api, sung, font="Comic Sans").json())


@pytest.mark.usefixtures("own_segments")
def test_a_soft_track_and_another_style_of_it_encode_nothing(api, sung):
    assert run(post(api, url(sung, "compose"))).result["proof"]["encoded_segments"] > 0
    choose(api, sung, style="line", track="soft")
    job = run(post(api, url(sung, "compose")))
    assert (job.result["proof"]["passed"], job.result["proof"]["encoded_segments"]) == (True, 0)
    # The last scene shows no words, so burning them in encodes the others only.
    lyrics_put(by=sung.owner, audio_id=sung.song.asset_id, source=Decoded("[00:01.20]Neon\n[00:01.90]", ""))
    choose(api, sung, track="burned")
    assert run(post(api, url(sung, "compose"))).result["proof"]["encoded_segments"] == 1
    none = run(post(api, url(sung, "compose"), captions={"style": "none"}))
    assert (none.parameters["options"], none.result["proof"]["encoded_segments"]) == (
        {"captions": {"style": "none"}},
        0,
    )


def test_the_words_are_files_timed_to_the_video(api, sung):
    choose(api, sung, style="karaoke", preset="bold", track="burned")
    files = {form: api.get(url(sung, f"captions.{form}")) for form in ("srt", "vtt", "lrc", "ass")}
    texts = {form: b"".join(file.streaming_content).decode() for form, file in files.items()}
    assert "00:00:00,500 --> 00:00:02,000\nNeon rain down" in texts["srt"]
    assert "Neon <00:00:01.000>rain <00:00:01.500>down" in texts["vtt"]
    assert "[00:00.50]Neon rain down" in texts["lrc"]
    # Other programs know the fonts by their own names.
    assert "Default,Noto Sans," in texts["ass"] and "{\\kf50}Neon" in texts["ass"] and "mvsite" not in texts["ass"]
    assert files["srt"].headers["Content-Disposition"] == 'attachment; filename="Night_Drive.srt"'


def test_fonts_cover_the_words_and_are_shown_on_the_film(api, sung):
    state = api.get(url(sung, "captions")).json()
    assert (state["lines"], state["language"], state["missing_characters"]) == (2, "en", [])
    assert [font["name"] for font in state["fonts"]][:2] == ["Noto Sans", "Noto Sans Arabic"]
    sample = api.get(state["fonts"][1]["sample_url"])
    assert (sample.headers["Content-Type"], sample.getvalue()[:4]) == ("image/png", b"\x89PNG")
    plain, drawn = (
        api.get(url(sung, f"captions/preview?style={style}&aspect_ratio=9:16")) for style in ("none", "line")
    )
    assert plain.headers["Content-Type"] == drawn.headers["Content-Type"] == "image/jpeg"
    assert plain.getvalue() != drawn.getvalue()
    assert api.get(url(sung, "captions/preview?font=Comic")).status_code == 400


@pytest.fixture
def migrated_again():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("composition"))


def test_lyrics_of_an_earlier_release_look_as_they_did(user, migrated_again):
    states = MigrationExecutor(connection).migrate([("composition", "0006_look_without_clip_start")])
    lyrics, looks = (states.apps.get_model("composition", name) for name in ("Lyrics", "ProjectLook"))
    expected = {}
    for text, (burn, soft, preset), captions in (
        ("[00:01.00]a <00:02.00>b", (True, True, "bold"), ("karaoke", "both", "bold")),
        ("[00:01.00]a b", (True, False, "cinema"), ("line", "burned", "cinema")),
        ("[00:01.00]a <00:02.00>b", (False, True, "clean"), ("line", "soft", "clean")),
        ("[00:01.00]a b", (False, False, "clean"), ("none", "soft", "clean")),
    ):
        made = make_project(user)
        lyrics.objects.create(project_id=made.pk, text=text, burn=burn, soft=soft, preset=preset)
        expected[made.pk] = dict(zip(("style", "track", "preset"), captions, strict=True)) | {"font": ""}
    looks.objects.create(project_id=made.pk, options={"transition": "flash"})
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("composition"))
    kept = {look.project_id: look.options for look in ProjectLook.objects.all()}
    assert {key: options["captions"] for key, options in kept.items()} == expected
    assert kept[made.pk]["transition"] == "flash"
