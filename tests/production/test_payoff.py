"""What pays off, with numbers worked out by hand."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.jobs.models import Job, RemoteRun
from apps.production.payoff import shot_kind
from apps.scenes.models import Origin
from tests.factories import make_clip, make_job, make_project, make_scenes
from tests.studio.pages import html_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


def attempt(scene, *, model="", provider="replicate", state="succeeded", cost="0.50", wait=60, flavor="default"):
    """Return a finished job for a clip of the scene, as a worker leaves it."""
    owner = scene.project.owner
    settings = {"providers": {provider: {"model": model}}}
    job = make_job(
        owner,
        kind="video",
        provider=provider,
        state=state,
        flavor=flavor,
        cost=Decimal(cost),
        project_id=scene.project_id,
        scene_id=scene.pk,
        parameters={"frozen": {"values": {"settings": settings}}},
    )
    Job.objects.filter(pk=job.pk).update(created_at=job.finished_at - timedelta(seconds=wait))
    return job


@pytest.fixture
def films(user):
    """Two models: "swift" makes three clips and fails once, "grand" makes two; a draft clip beside them."""
    project = make_project(user)
    wide, close, sung = make_scenes(project, "4", "6", "5")
    wide.prompt, close.prompt = "Wide shot of a street", "A close-up of a hand"
    wide.save(), close.save()
    sung.lipsync = True
    sung.save()
    # swift: 4 × $0.50; one kept for 4 s, one rejected, one beside; waits of 60, 120 and 30 s.
    make_clip(wide, job=attempt(wide, model="swift"))
    make_clip(wide, current=False, rejected=True, job=attempt(wide, model="swift", wait=120))
    make_clip(sung, current=False, job=attempt(sung, model="swift", wait=30))
    attempt(wide, model="swift", state="failed")
    # grand: 2 × $1.20; one kept for 6 s through its lip-synced version, one as its own for 5 s.
    source = make_clip(close, current=False, job=attempt(close, model="grand:v2", cost="1.20", flavor="cinematic"))
    make_clip(close, origin=Origin.LIPSYNCED, parent=source)
    make_clip(sung, job=attempt(sung, model="grand:v2", cost="1.20"))
    return project


def rows_of(answer, *names):
    return {tuple(row[name] for name in names): row for row in answer["rows"]}


def test_keep_rate_cost_failures_and_waits_are_those_of_the_rows(api, films, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        answer = api.get("/api/mv/payoff").json()

    rows = rows_of(answer, "model", "shot")
    swift = rows["swift", "wide"]
    assert (swift["jobs"], swift["clips"], swift["kept"], swift["rejected"], swift["failed"]) == (3, 2, 1, 1, 1)
    assert (swift["keep_rate"], swift["cost"], swift["kept_seconds"]) == (0.5, "1.5000", 4.0)
    assert (swift["cost_per_kept_second"], swift["wait_seconds"]) == ("0.3750", 90.0)
    assert rows["swift", "performance"]["cost_per_kept_second"] is None
    assert rows["grand", "close-up"]["flavor"] == "cinematic"
    assert rows["grand", "close-up"]["cost_per_kept_second"] == "0.2000"
    assert rows["grand", "performance"]["kept_seconds"] == 5.0
    total = answer["total"]
    assert (total["jobs"], total["clips"], total["kept"], total["failed"]) == (6, 5, 3, 1)
    assert (total["cost"], total["kept_seconds"], total["cost_per_kept_second"]) == ("4.4000", 15.0, "0.2933")
    assert answer["complete"]


def test_more_rows_ask_no_more_questions(api, films, django_assert_max_num_queries):
    for scene in make_scenes(make_project(films.owner), *["4"] * 12):
        make_clip(scene, job=attempt(scene, model="swift"))
    with django_assert_max_num_queries(9):
        assert api.get("/api/mv/payoff").json()["total"]["kept"] == 15


def test_parts_and_the_model_that_was_sent_count(api, films):
    scene = films.scenes.get(sequence=1)
    shot = attempt(scene, model="asked", cost="0")
    RemoteRun.objects.create(
        job=shot, attempt=1, provider="replicate", key="k", payload={}, model="sent", submitting_at=timezone.now()
    )
    make_clip(scene, job=shot)
    for _ in range(2):
        make_job(films.owner, kind="video_part", state="succeeded", cost="0.25", parameters={"shot_id": str(shot.pk)})
    row = rows_of(api.get("/api/mv/payoff").json(), "model")[("sent",)]
    assert (row["cost"], row["cost_per_kept_second"]) == ("0.5000", "0.1250")


def test_what_the_judge_cost_is_in_the_sums_and_in_a_row_of_its_own(api, films):
    wide = films.scenes.get(sequence=1)
    judged = {"scene_id": str(wide.pk), "frozen": {"values": {"settings": {"providers": {"chat": {"model": "eyes"}}}}}}
    waits = api.get("/api/mv/payoff").json()["total"]["wait_seconds"]
    make_job(films.owner, kind="judge", provider="chat", state="succeeded", flavor="default", cost=Decimal("0.30"),
             project_id=films.pk, parameters=judged)  # fmt: skip
    answer = api.get("/api/mv/payoff").json()
    row = rows_of(answer, "work")[("judge",)]
    assert (row["model"], row["shot"], row["cost"], row["clips"]) == ("eyes", "wide", "0.3000", 0)
    assert (row["keep_rate"], row["cost_per_kept_second"]) == (None, None)
    total = answer["total"]
    assert (total["clips"], total["kept"], total["cost"]) == (5, 3, "4.7000")
    assert total["cost_per_kept_second"] == "0.3133"
    # How long a judge takes isn't mixed with the wait for clips.
    assert row["wait_seconds"] is not None and total["wait_seconds"] == waits
    assert "judge,chat,eyes" in api.get("/api/mv/payoff.csv").getvalue().decode()
    assert "eyes (judge)" in html_of(api.get("/account/spending/payoff"))


def test_csv_has_the_same_rows_and_everybody_sees_only_their_own(api, films, client, other_user):
    attempt(films.scenes.get(sequence=1), model="=cmd()", state="failed")
    answer = api.get("/api/mv/payoff.csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    swift = next(row for row in rows if (row["model"], row["shot"]) == ("swift", "wide"))
    assert (swift["kept_seconds"], swift["cost_per_kept_second"], swift["keep_rate"]) == ("4.0", "0.3750", "0.5")
    assert "'=cmd()" in {row["model"] for row in rows}
    client.force_login(other_user)
    assert client.get("/api/mv/payoff").json()["rows"] == []
    assert "No clip was made" in html_of(client.get("/account/spending/payoff"))


@pytest.mark.parametrize("days", ["0", "-1", "soon", "99999"])
def test_odd_periods_are_refused_by_the_api_and_ignored_by_the_page(api, films, days):
    assert api.get(f"/api/mv/payoff?days={days}").status_code == 400
    assert "swift" in html_of(api.get(f"/account/spending/payoff?days={days}"))


def test_the_page_shows_the_numbers_with_bars(api, films):
    Job.objects.filter(parameters__frozen__values__settings__providers__replicate__model="grand:v2").update(
        created_at=timezone.now() - timedelta(days=40)
    )
    html = html_of(api.get("/account/spending/payoff"))
    assert "swift" in html and "grand" in html and "3 of 5" in html and "$0.293" in html
    assert "33 %" in html and "close-up" in html and 'width="33.3"' in html
    recent = html_of(api.get("/account/spending/payoff?days=30"))
    assert "grand" not in recent and "payoff.csv?days=30" in recent
    assert "What pays off" in html_of(api.get("/account/spending"))


@pytest.mark.parametrize(
    ("said", "prompt", "kind"),
    [
        ("", "Extreme close-up of an eye", "close-up"),
        ("detail shot", "a wide street", "insert"),
        ("", "aerial view of a bay", "wide"),
        ("", "she walks", "other"),
        ("", "", "other"),
    ],
)
def test_a_shot_is_named_by_what_is_said_of_its_framing(said, prompt, kind):
    assert shot_kind(said, prompt) == kind
