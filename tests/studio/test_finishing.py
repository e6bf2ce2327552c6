"""The video sections of a project's page, and their dialogs."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.composition.looks import scene_look_update
from apps.composition.models import Cover, Lyrics, Output
from apps.composition.planning import project_plan
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.scenes.models import Clip
from tests.factories import make_asset, make_clip, make_composition, make_job, make_project, make_scenes
from tests.studio.pages import html_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WORDS = "[00:01.00] Neon on the water\n[00:04.00] Rain on the wire"


@pytest.fixture
def project(user):
    """Two scenes with clips over a song that is loud in its second half."""
    parts = [
        {"label": "verse", "start_seconds": 0.0, "end_seconds": 20.0, "energy": 0.2},
        {"label": "chorus", "start_seconds": 20.0, "end_seconds": 40.0, "energy": 0.9},
    ]
    made = make_project(user, song_seconds=40)
    made.song.analysis = {"sections": parts}
    made.song.save()
    for scene in make_scenes(made, "20", "20"):
        make_clip(scene)
    return made


def section(browser, project, name):
    place = "/settings" if name == "money" else ""
    html = html_of(browser.get(f"/projects/{project.pk}{place}"))
    return re.search(rf'<section[^>]* id="{name}".*?</section>', html, re.DOTALL)[0]


def send(browser, project, place, **data):
    return browser.post(f"/projects/{project.pk}/{place}", data)


def test_bar_says_done_only_without_open_gaps_and_at_the_songs_length(browser, user, project):
    make_composition(project)
    assert ">2 open gaps<" in section(browser, project, "status")
    for sequence in (1, 2):
        scene_look_update(by=user, project_id=project.pk, sequence=sequence, short_clip="slow")
    assert ">Done<" in section(browser, project, "status")
    project.scenes.filter(sequence=2).update(duration=17)
    assert ">3.0 s shorter than the song<" in section(browser, project, "status")


def test_several_shapes_become_outputs_and_are_composed_immediately(browser, project):
    send(browser, project, "outputs", aspect_ratios=["9:16", "1:1"], resolution="1080p")

    assert [output.name for output in Output.objects.all()] == ["9:16 · 1080p", "1:1 · 1080p"]
    assert Job.objects.filter(kind="compose", project_id=project.pk).count() == 2
    assert section(browser, project, "outputs").count("Making") == 2
    assert "is being composed" not in html_of(browser.get(f"/projects/{project.pk}"))


def test_new_outputs_are_previewed_on_a_clips_poster_where_scenes_have_no_image(browser, project, user):
    poster = make_asset(user, kind="image", width=640, height=360)
    Clip.objects.filter(scene__project=project).update(poster=poster)
    assert str(poster.pk) in html_of(browser.get(f"/projects/{project.pk}/outputs"))


def test_hook_cut_starts_at_given_time(browser, project):
    send(browser, project, "outputs", aspect_ratios="9:16", resolution="720p", hook_seconds="20", hook_start="0:10.5")

    assert (Output.objects.get().hook_seconds, Output.objects.get().hook_start) == (20, Decimal("10.5"))


def test_new_outputs_have_the_projects_size_unless_another_is_chosen(browser, project):
    project.resolution = "720p"
    project.save()
    assert re.search(r'value="720p"\s+selected', html_of(browser.get(f"/projects/{project.pk}/outputs")))


def test_tile_says_from_where_to_where_a_cut_goes(browser, project):
    send(browser, project, "outputs", aspect_ratios="9:16", resolution="720p", hook_seconds="5", hook_start="0:09.8")
    assert "from 0:10.000 to 0:15.000" in section(browser, project, "outputs")
    assert "from 0:10.0" in Output.objects.get().name


def test_loudest_part_is_suggested_for_hook(browser, project):
    html = html_of(browser.get(f"/projects/{project.pk}/outputs"))

    assert "15 s from 0:20 · chorus" in html


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"resolution": "720p"}, "shapes-error", "Choose at least one shape."),
        ({"aspect_ratios": "1:1", "resolution": "720p", "hook_seconds": "190"}, "hook_seconds-error", "5 to 120"),
        ({"aspect_ratios": "1:1", "resolution": "720p", "hook_start": "0:10"}, "hook_seconds-error", "how long"),
        (
            {"aspect_ratios": "1:1", "resolution": "720p", "hook_seconds": "15", "hook_start": "later"},
            "hook_start-error",
            "0:41.5",
        ),
    ],
)
def test_invalid_output_shows_error_at_its_field(browser, project, data, field, words):
    response = send(browser, project, "outputs", **data)

    assert response.status_code == 400
    assert re.search(rf'id="(id_)?{field}"[^>]*>[^<]*{re.escape(words)}', html_of(response))
    assert not Output.objects.exists()


def test_output_shows_whether_it_is_ready_stale_or_failed(browser, project):
    output = Output.objects.create(project=project, name="Square", aspect_ratio="1:1", resolution="720p")
    assert "Not made yet" in section(browser, project, "outputs")
    make_composition(project, output=output)
    assert ">Done<" in section(browser, project, "outputs")
    make_clip(project.scenes.get(sequence=1))
    assert "Make only this one again" in section(browser, project, "outputs")
    facts = {"project_id": project.pk, "parameters": {"output_id": str(output.pk)}, "error": "The disk is full."}
    make_job(project.owner, kind="compose", state=State.FAILED, **facts)
    assert "The disk is full." in section(browser, project, "outputs")
    assert "Retry" in section(browser, project, "outputs")
    assert "The disk is full." not in section(browser, project, "final")
    send(browser, project, f"outputs/{output.pk}/remove")
    assert not Output.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_failed_composition_can_be_reencoded_by_one_click(browser, project):
    wanted, words = {"parameters": {"output_id": None}, "project_id": project.pk}, "Re-encode everything"
    assert words not in section(browser, project, "final")
    failed = make_job(project.owner, kind="compose", state=State.FAILED, error="The proof failed.", **wanted)
    Job.objects.filter(pk=failed.pk).update(code="media_failed")
    assert words in section(browser, project, "final")
    send(browser, project, "compose", reencode="1")
    job = Job.objects.filter(kind="compose").latest("created_at")
    assert (job.parameters["plan"]["reencode"], job.parameters["options"]) == (True, {"reencode": True})
    assert words not in section(browser, project, "final")


@pytest.mark.django_db(transaction=True)
def test_removing_output_stops_its_composition(browser, project):
    send(browser, project, "outputs", aspect_ratios="1:1", resolution="720p")
    send(browser, project, f"outputs/{Output.objects.get().pk}/remove")

    assert Job.objects.get(kind="compose").state == State.CANCELLED


def test_duplicate_output_is_rejected_with_reason(browser, project):
    for _ in range(2):
        response = send(browser, project, "outputs", aspect_ratios="1:1", resolution="720p")

    assert "There is already an output named" in html_of(response)


def test_output_can_be_changed_on_the_page_and_made_again_at_once(browser, project):
    send(browser, project, "lyrics", text=WORDS)
    output = Output.objects.create(project=project, name="Up", aspect_ratio="9:16", resolution="720p", framing="fit")
    place = f"outputs/{output.pk}"
    assert 'value="fit"' in html_of(browser.get(f"/projects/{project.pk}/{place}"))
    chosen = {"framing": "fill", "style": "karaoke", "track": "burned", "preset": ""}
    send(browser, project, place, **chosen)
    output.refresh_from_db()
    assert (output.framing, output.captions) == ("fill", {"style": "karaoke", "track": "burned"})
    assert "karaoke burned into the picture" in section(browser, project, "outputs")
    assert not Job.objects.filter(kind="compose").exists()
    send(browser, project, place, **chosen | {"style": "", "track": "", "again": "1"})
    output.refresh_from_db()
    assert output.captions == {}
    assert Job.objects.get(kind="compose").parameters["output_id"] == str(output.pk)


def test_cut_gets_another_start_and_length_and_wrong_ones_are_told_at_their_field(browser, project):
    cut = {"hook_seconds": 15, "hook_start": 3}
    output = Output.objects.create(project=project, name="Hook", aspect_ratio="1:1", resolution="720p", **cut)
    place = f"outputs/{output.pk}"
    assert 'value="0:03.000"' in html_of(browser.get(f"/projects/{project.pk}/{place}"))
    send(browser, project, place, framing="fit", hook_seconds="20", hook_start="0:12.5")
    output.refresh_from_db()
    assert (output.hook_seconds, output.hook_start) == (20, Decimal("12.5"))
    refused = send(browser, project, place, framing="fit", hook_seconds="200", hook_start="soon")
    assert refused.status_code == 400
    assert "5 to 120" in html_of(refused) and "0:41.5" in html_of(refused)


def test_what_can_be_made_is_offered_until_it_is_there(browser, project):
    offered = section(browser, project, "outputs")
    for words in ("9:16", "4:5", "Hook, 15 s", "Hook, 30 s"):
        assert f"Make {words}" in offered
    assert "Make 16:9" not in offered
    assert re.search(r'value="9:16"\s+checked', html_of(browser.get(f"/projects/{project.pk}/outputs?shape=9:16")))
    hook = html_of(browser.get(f"/projects/{project.pk}/outputs?hook=15&shape=9:16"))
    assert 'value="15"' in hook and 'value="0:20.000"' in hook
    send(browser, project, "outputs", aspect_ratios="9:16", resolution="720p")
    assert "Make 9:16" not in section(browser, project, "outputs")
    for odd in ("?shape=<script>&hook=nine", "?hook=900", "?shape=2:1"):
        assert browser.get(f"/projects/{project.pk}/outputs{odd}").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_everything_that_changed_is_made_again_by_one_click(browser, project):
    output = Output.objects.create(project=project, name="Square", aspect_ratio="1:1", resolution="720p")
    for made in (None, output):
        make_composition(project, output=made)
    again = f'action="/projects/{project.pk}/videos/again"'
    assert again not in section(browser, project, "final")
    make_clip(project.scenes.get(sequence=1))
    assert "Make the film and 1 other again" in section(browser, project, "final")
    send(browser, project, "videos/again")
    jobs = Job.objects.filter(kind="compose").order_by("created_at")
    assert [job.parameters["output_id"] for job in jobs] == [None, str(output.pk)]
    assert again not in section(browser, project, "final")


@pytest.mark.django_db(transaction=True)
def test_a_cut_that_became_too_long_keeps_nothing_else_from_being_made_again(browser, project):
    make_composition(project)
    fields = {"project": project, "resolution": "720p"}
    square = Output.objects.create(name="Square", aspect_ratio="1:1", **fields)
    Output.objects.create(name="Hook", aspect_ratio="9:16", hook_seconds=30, **fields)
    project.scenes.update(duration=4)

    tiles = section(browser, project, "outputs")
    assert "The film lasts 8.00 seconds, too short for a cut of 30 seconds." in tiles and "Can&#x27;t be made" in tiles
    told = html_of(browser.post(f"/projects/{project.pk}/videos/again", headers=HTMX))

    assert "“Hook” wasn&#x27;t started. The film lasts 8.00 seconds" in told
    made = [job.parameters["output_id"] for job in Job.objects.filter(kind="compose")]
    assert sorted(map(str, made)) == sorted(["None", str(square.pk)])


def test_film_too_short_for_a_hook_says_so_before_one_is_added(browser, project):
    assert "hook_seconds" in html_of(browser.get(f"/projects/{project.pk}/outputs"))
    project.scenes.update(duration=2)
    html = html_of(browser.get(f"/projects/{project.pk}/outputs"))
    assert "The film lasts 4.00 seconds" in html and "hook_seconds" not in html


def test_page_says_what_to_do_before_there_is_anything(browser, user, project):
    empty = make_project(user)
    assert "Nothing to deliver yet." in section(browser, empty, "final")
    make_scenes(empty, "4", "4")
    assert "2 of 2 scenes without a clip" in section(browser, empty, "final")
    assert "Compose the film" in section(browser, project, "final")


def test_scene_that_waits_for_a_person_shows_on_the_badges(browser, project):
    composed = make_composition(project)
    scene = project.scenes.get(sequence=1)
    facts = {"owner": project.owner, "kind": "video", "queue": "media", "project_id": project.pk}
    scene.job = Job.objects.create(**facts, scene_id=scene.pk, state="needs_attention", error="Was it paid?")
    scene.save()
    project.final_video = composed.asset
    project.save()
    assert "1 scene needs you" in section(browser, project, "status")
    assert "Needs you" in html_of(browser.get("/"))


def test_bar_says_how_long_the_film_is_not_the_song(browser, project):
    project.scenes.update(duration=12)
    assert "0:24" in section(browser, project, "status")


def test_bar_offers_to_compose_where_that_would_change_something(browser, project):
    button = f'action="/projects/{project.pk}/compose"'

    def bar(place):
        return re.search(r'<section[^>]* id="status".*?</section>', html_of(browser.get(place)), re.DOTALL)[0]

    storyboard = f"/quick-gen/{project.pk}"
    assert button in bar(storyboard)
    # Deliver has one such button, beside the film.
    assert button not in bar(f"/projects/{project.pk}")
    make_composition(project)
    assert button not in bar(storyboard)
    make_clip(project.scenes.get(sequence=1))
    assert button in bar(storyboard)


@pytest.mark.django_db(transaction=True)
def test_package_is_packed_and_downloaded_on_the_page(browser, project):
    assert "Create the package" in section(browser, project, "package")
    assert send(browser, project, "export").url == f"/projects/{project.pk}"
    send(browser, project, "export")
    job = Job.objects.get(kind="export")
    assert "progress" in section(browser, project, "package")
    archive = make_asset(project.owner, kind="archive", content_type="application/zip")
    files = [{"name": "clips/scene_001.mp4", "bytes": 2_000_000}, {"name": "timeline.otio", "bytes": 900}]
    result = {"archive_id": str(archive.pk), "archive_url": "/x", "bytes": 9, "files": files}
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, result=result, finished_at=timezone.now())
    shown = section(browser, project, "package")
    assert "Ready" in shown and "2 files" in shown and "timeline.otio" in shown and str(archive.pk) in shown
    make_clip(project.scenes.get(sequence=1))
    assert "Changed since" in section(browser, project, "package")
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, result={}, error="A clip is missing.")
    assert "A clip is missing." in section(browser, project, "package")


def test_versions_are_compared_with_what_changed_between_them(browser, project):
    first = make_composition(project)
    make_clip(project.scenes.get(sequence=2))
    second = make_composition(project)
    html = html_of(browser.get(f"/projects/{project.pk}/versions/compare"))
    assert re.search(r"From A to B:</strong>\s*Another clip in scene 2\.", html), html[html.index("version-changes") :][
        :300
    ]
    assert html.index(str(first.asset_id)) < html.index(str(second.asset_id))
    turned = html_of(browser.get(f"/projects/{project.pk}/versions/compare?a={second.pk}&b={first.pk}"))
    assert turned.index(str(first.asset_id)) < turned.index(str(second.asset_id)), "the older one is always A"
    assert browser.get(f"/projects/{project.pk}/versions/compare?a=nonsense").status_code == 400
    assert browser.get(f"/projects/{project.pk}/versions/compare?a={first.pk}&b={first.pk}").status_code == 200


def test_versions_show_changes_and_are_restored_immediately(browser, project):
    first = make_composition(project)
    make_clip(project.scenes.get(sequence=2))
    second = make_composition(project)
    versions = section(browser, project, "versions")
    assert "Another clip in scene 2." in versions
    assert "The first version." in versions
    assert versions.count("Changed since") == 1
    send(browser, project, f"versions/{first.pk}/bring-back")

    project.refresh_from_db()
    assert project.final_video == first.asset
    html = html_of(browser.get(f"/projects/{project.pk}/versions/{second.pk}"))
    assert "960 of 960 planned frames" in html
    assert "960 frames, sound identical to the master." in html


def test_look_applies_to_later_compositions(browser, project):
    make_composition(project)
    send(browser, project, "look", transition="crossfade", transition_seconds="0.5", clip_sound="20")
    shots = project_plan(project).plan.shots

    assert [shot.transition_frames for shot in shots] == [0, 12]
    assert shots[0].gain_db == pytest.approx(-13.98, abs=0.01)
    assert "Crossfade of 0.5 s, clip sound at 20 %" in section(browser, project, "assembly")
    assert "Changed since" in section(browser, project, "final")
    send(browser, project, "look")
    assert "Flavor's default" in section(browser, project, "assembly")


def test_api_and_page_set_the_same_look(browser, project):
    url = f"/api/mv/projects/{project.pk}/look"
    browser.patch(url, {"transition": "flash", "fade_out_seconds": 2}, "application/json")
    assert "Flash, fades out over 2 s" in section(browser, project, "assembly")
    assert browser.patch(url, {"transition": None}, "application/json").json()["fade_out_seconds"] == 2.0
    assert browser.patch(url, {"transition": "wipe"}, "application/json").status_code == 400


def test_lyrics_can_be_added_by_file_or_text_and_removed(browser, project):
    send(browser, project, "lyrics", text=WORDS)
    assert "pasted.txt · 2 lines" in section(browser, project, "assembly")
    assert "Line by line, as a track viewers can switch on" in section(browser, project, "assembly")
    send(browser, project, "lyrics")
    assert Lyrics.objects.get().text == WORDS
    send(browser, project, "lyrics/remove")
    assert not Lyrics.objects.exists()


def test_lyrics_dialog_shows_lines(browser, project):
    send(browser, project, "lyrics", text="[00:01.00] Neon & rain\n[00:04.00] <b>on</b> the wire")
    page = browser.get(f"/projects/{project.pk}/lyrics").content.decode()

    assert "0:01  Neon &amp; rain\n0:04  &lt;b&gt;on&lt;/b&gt; the wire" in page
    assert "{{" not in page


@pytest.mark.parametrize(("data", "field"), [({}, "id_file"), ({"text": "words"}, "id_text")])
def test_invalid_lyrics_show_error_at_their_field(browser, project, data, field):
    response = send(browser, project, "lyrics", **data)

    assert response.status_code == 400
    assert re.search(rf'field-error" id="{field}-', html_of(response))


def test_projects_show_the_cover_or_else_the_film_or_the_clips_of_own_footage(browser, project, user):
    def image():
        return make_asset(user, kind="image", width=640, height=360)

    def shown():
        return re.search(r'<img src="[^"]*?([0-9a-f-]{36})', html_of(browser.get("/")))[1]

    clip, film, cover = image(), image(), image()
    Clip.objects.filter(scene__project=project).update(poster=clip)
    assert shown() == str(clip.pk)
    make_composition(project, poster=film)
    assert shown() == str(film.pk)
    Cover.objects.create(project=project, picture=image(), poster=cover, seconds=3)
    assert shown() == str(cover.pk)
    assert str(cover.pk) in section(browser, project, "final")
    assert str(cover.pk) in section(browser, project, "cover")
    send(browser, project, "cover/remove")
    assert shown() == str(film.pk)
