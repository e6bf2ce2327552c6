"""The video sections of a project's page, and their dialogs."""

import re
from decimal import Decimal

import pytest
from django.db import transaction

from apps.composition.models import Lyrics, Output
from apps.composition.planning import project_plan
from apps.jobs import services
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob
from apps.jobs.states import State
from apps.projects.models import FrameRate
from apps.providers.base import Quote
from tests.factories import make_clip, make_composition, make_job, make_project, make_scenes
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
    html = html_of(browser.get(f"/projects/{project.pk}"))
    return re.search(rf'<section[^>]* id="{name}".*?</section>', html, re.DOTALL)[0]


def send(browser, project, place, **data):
    return browser.post(f"/projects/{project.pk}/{place}", data)


def test_several_shapes_become_outputs_and_are_composed_immediately(browser, project):
    send(browser, project, "outputs", aspect_ratios=["9:16", "1:1"], resolution="1080p")

    assert [output.name for output in Output.objects.all()] == ["9:16 · 1080p", "1:1 · 1080p"]
    assert Job.objects.filter(kind="compose", project_id=project.pk).count() == 2
    assert section(browser, project, "outputs").count("Making") == 2
    assert "is being composed" not in html_of(browser.get(f"/projects/{project.pk}"))


def test_hook_cut_starts_at_given_time(browser, project):
    send(browser, project, "outputs", aspect_ratios="9:16", resolution="720p", hook_seconds="20", hook_start="0:10.5")

    assert (Output.objects.get().hook_seconds, Output.objects.get().hook_start) == (20, Decimal("10.5"))


def test_loudest_part_is_suggested_for_hook(browser, project):
    html = html_of(browser.get(f"/projects/{project.pk}/outputs"))

    assert "15 s from 0:20 · chorus" in html


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"resolution": "720p"}, "shapes-error", "Choose at least one shape."),
        ({"aspect_ratios": "1:1", "resolution": "720p", "hook_seconds": "90"}, "hook_seconds-error", "15 to 30"),
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
    assert "Compose again" in section(browser, project, "outputs")
    facts = {"project_id": project.pk, "parameters": {"output_id": str(output.pk)}, "error": "The disk is full."}
    make_job(project.owner, kind="compose", state=State.FAILED, **facts)
    assert "The disk is full." in section(browser, project, "outputs")
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


def test_versions_show_changes_and_are_restored_immediately(browser, project):
    first = make_composition(project)
    make_clip(project.scenes.get(sequence=2))
    second = make_composition(project)
    versions = section(browser, project, "versions")
    assert "A new clip in scene 2." in versions
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
    assert browser.patch(url, {"transition": None}, "application/json").json() == {"fade_out_seconds": 2.0}
    assert browser.patch(url, {"transition": "wipe"}, "application/json").status_code == 400


def test_lyrics_can_be_added_by_file_or_text_and_removed(browser, project):
    send(browser, project, "lyrics", text=WORDS, burn="on", soft="on", preset="bold")
    assert "2 lines, burned in (bold) and as a track viewers can switch on" in section(browser, project, "assembly")
    send(browser, project, "lyrics", soft="on", preset="clean")
    assert Lyrics.objects.get().text == WORDS
    assert not Lyrics.objects.get().burn
    send(browser, project, "lyrics/remove")
    assert not Lyrics.objects.exists()


def test_lyrics_dialog_shows_lines(browser, project):
    send(browser, project, "lyrics", text="[00:01.00] Neon & rain\n[00:04.00] <b>on</b> the wire", preset="clean")
    page = browser.get(f"/projects/{project.pk}/lyrics").content.decode()

    assert "0:01  Neon &amp; rain\n0:04  &lt;b&gt;on&lt;/b&gt; the wire" in page
    assert "{{" not in page


@pytest.mark.parametrize(
    ("data", "field"), [({"preset": "clean"}, "id_file"), ({"text": "words", "preset": "clean"}, "id_text")]
)
def test_invalid_lyrics_show_error_at_their_field(browser, project, data, field):
    response = send(browser, project, "lyrics", **data)

    assert response.status_code == 400
    assert re.search(rf'field-error" id="{field}-', html_of(response))


def test_budget_can_be_set_removed_and_is_shown(browser, project):
    send(browser, project, "budget", budget="$12.5", confirm_above="0.50")
    assert "$12.50 left of the budget" in section(browser, project, "money")
    assert "more than $0.50" in section(browser, project, "money")
    refused = html_of(send(browser, project, "budget", budget="-1", confirm_above="abc"))
    assert 'id="id_budget-error"' in refused
    assert 'id="id_confirm_above-error"' in refused
    send(browser, project, "budget", budget="", confirm_above="")
    project.refresh_from_db()
    assert (project.budget, project.confirm_above) == (None, None)


def test_settings_change_title_and_providers_unless_stale(browser, project, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    data = {"idea": "rain", "flavor": "default", "aspect_ratio": "9:16", "resolution": "1080p", "version": "1"}
    send(browser, project, "settings", **data, title="Night Courier", by_video="replicate")
    project.refresh_from_db()
    assert (project.title, project.aspect_ratio, project.providers) == ("Night Courier", "9:16", {"video": "replicate"})
    late = send(browser, project, "settings", **data, title="Another")
    assert "changed in the meantime" in html_of(late)
    assert 'value="Another"' in html_of(late)


@pytest.mark.parametrize(("page", "reloaded"), [("quick-gen", True), ("edit", True), ("projects", False)])
def test_saved_settings_load_another_page_again_and_a_budget_only_its_pieces(browser, project, page, reloaded):
    headers = HTMX | {"HX-Current-URL": f"http://testserver/{page}/{project.pk}?x=1"}
    saved = browser.post(f"/projects/{project.pk}/budget", {"budget": "12"}, headers=headers)
    assert saved.status_code == 200 and "HX-Refresh" not in saved.headers
    assert f'hx-post="/{page}/{project.pk}"' in html_of(saved)
    data = {"title": "a", "idea": "rain", "flavor": "default", "aspect_ratio": "9:16", "resolution": "720p"}
    project.refresh_from_db()
    data |= {"fps": project.fps, "version": str(project.version)}
    settings = browser.post(f"/projects/{project.pk}/settings", data, headers=headers)
    assert settings.status_code == 200 and ("HX-Refresh" in settings.headers) == reloaded, html_of(settings)


def test_every_frame_rate_can_be_chosen_in_the_settings(browser, project):
    data = {"title": "a", "idea": "rain", "flavor": "default", "aspect_ratio": "9:16", "resolution": "720p"}
    for version, rate in enumerate(FrameRate.values, start=1):
        send(browser, project, "settings", **data, version=str(version), fps=rate)
        project.refresh_from_db()
        assert project.fps == rate
    assert 'value="60" selected>60</option>' in html_of(browser.get(f"/projects/{project.pk}/settings"))


def test_dialog_error_replaces_the_form(browser, project):
    response = browser.post(f"/projects/{project.pk}/budget", {"budget": "abc"}, headers=HTMX)

    assert (response.status_code, response.headers["HX-Retarget"]) == (200, "#dialogs")
    assert "<dialog" in html_of(response)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("decision", "spent"), [("count", "$8.00"), ("dismiss", "$1.00")])
def test_excess_cost_is_shown_until_settled(browser, user, project, staff, decision, spent):
    job = paid_job(user, project, cost=Decimal(8))

    assert "more than was reserved" in section(browser, project, "money")
    assert f"/jobs/{job.pk}" in section(browser, project, "money")
    browser.force_login(staff)
    assert "$7.00 more than was reserved" in html_of(browser.get("/operator"))
    browser.force_login(user)
    assert "Count as spent" in html_of(browser.get(f"/jobs/{job.pk}"))
    browser.post(f"/jobs/{job.pk}/excess", {"decision": decision})
    assert "more than was reserved" not in section(browser, project, "money")
    assert spent in section(browser, project, "money")


def paid_job(user, project, *, cost):
    """A job quoted at $1 whose provider charged more."""
    quote = Quote(Decimal(1), "one answer at $1")
    with transaction.atomic():
        new = NewJob(kind=Kind.SCENES, quote=quote, provider="chat", project_id=project.pk)
        job = services.job_create(by=user, new=new)
    services.job_succeed(services.job_claim(job_id=job.pk, claim_from=State.QUEUED, worker="test"), cost=cost)
    return job
