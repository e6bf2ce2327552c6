"""The Pro editor from the page to a downloaded result, with the strict fake, a real worker and real beat."""

import subprocess
import sys
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps as installed
from playwright.sync_api import expect

from apps.assets.models import Asset
from apps.core.schedule import schedule_install
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.scenes.models import LipsyncLook
from apps.songs.sung import voice_stored
from engines.listening.voice import VoiceActivity, VoiceSpan
from launcher.programs import BEAT_ENVIRONMENT
from tests.browser.made import project_on_disk
from tests.fakes import media
from tests.jobs.remote.conftest import make_fake, no_delays, sync_so  # noqa: F401 - fixtures
from tests.jobs.remote.driving import drive
from tests.scenes.preflights import face, seen
from tests.waiting import wait_for
from tests.worker import ROOT, celery_worker, kill_tree, worker_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pro")
    (folder / "clip.mp4").write_bytes(media.video(4.0))
    (folder / "voice.wav").write_bytes(media.sound(3.0))
    (folder / "other.wav").write_bytes(media.sound(3.0))
    (folder / "fake.mp4").write_bytes(b"no video at all")
    return folder


@contextmanager
def beat(**environment):
    """Run the real beat on the test's database, with the schedule that the migrations install."""
    from importlib import import_module

    for module in ("apps.jobs.migrations.0002_schedule", "apps.pro.migrations.0001_schedule"):
        schedule_install(installed, import_module(module).ENTRIES)
    command = [sys.executable, "-m", "celery", "-A", "mvsite", "beat", "--pidfile=", "--max-interval", "1"]
    environment = {**worker_environment(**environment), **BEAT_ENVIRONMENT}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield
    finally:
        kill_tree(process)


def remote(fake) -> dict[str, Any]:
    return {
        "SYNC_BASE_URL": fake.base_url,
        "SYNC_API_KEY": fake.key,
        "MV_ALLOWED_FETCH_HOSTS": fake.url.removeprefix("http://"),
        "MV_JOB_HEARTBEAT_SECONDS": "1",
        "MV_JOB_SILENT_SECONDS": "3",
    }


def forgive_refusals(page):
    """The browser logs rejected requests; these are expected."""
    page.problems[:] = [line for line in page.problems if "status of 400" not in line]


def fill(page, files):
    page.goto("/pro")
    page.get_by_label("Video file").set_input_files(files / "clip.mp4")
    expect(page.locator("[data-pro-stage]")).to_be_visible()
    page.get_by_label("Add an audio file").set_input_files(files / "voice.wav")
    expect(page.locator("[data-pro-audios] li")).to_have_count(1)


def two_faces():
    """What a worker would have seen in the clip, which shows none."""
    return seen(face(0, 20, height=60), face(1, 200, height=60), width=320, height=180)


def draw(page, start, end):
    """Draw a segment with the mouse, in fractions of the track."""
    box = page.locator("[data-pro-track]").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (start + end) / 2 * box["width"], middle)
    page.mouse.move(box["x"] + end * box["width"], middle)
    page.mouse.up()


def test_order_completes_even_if_worker_is_killed(page, sync_so, files):  # noqa: F811
    sync_so.latency_seconds = 6
    fill(page, files)
    page.get_by_label("Snap to voice").uncheck()
    draw(page, 0.1, 0.5)
    expect(page.locator("[data-pro-submit]")).to_be_enabled()
    expect(page.locator("[data-pro-submit]")).to_contain_text("$0.")
    with beat(**remote(sync_so)):
        with celery_worker(pool="threads", **remote(sync_so)) as worker:
            page.locator("[data-pro-submit]").click()
            page.wait_for_url("**/pro/*-*")
            job = Job.objects.get()
            wait_for(lambda: Job.objects.filter(state=State.WAITING).exists(), seconds=120, what="the submit")
            kill_tree(worker)
        with celery_worker(pool="threads", **remote(sync_so)):
            expect(page.locator("[data-compare] video")).to_have_count(2, timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().stat().st_size > 1000
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED
    assert sync_so.count("POST /v2/generate") == 1
    page.go_back()
    expect(page.locator(".pro-segment")).to_have_count(1)
    expect(page.locator("[data-pro-submit]")).to_be_enabled()


def test_problems_are_shown_on_segment_while_editing(page, sync_so, files):  # noqa: F811
    fill(page, files)
    page.get_by_role("button", name="Add segment").click()
    page.get_by_label("End, seconds").fill("9")
    page.get_by_label("End, seconds").press("Tab")
    expect(page.locator("[data-problems] li")).to_contain_text("past the end of the video")
    expect(page.locator(".pro-segment")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-pro-submit]")).to_be_disabled()
    page.get_by_label("End, seconds").fill("2")
    page.get_by_label("End, seconds").press("Tab")
    expect(page.locator("[data-pro-submit]")).to_be_enabled()
    expect(page.locator("[data-problems] li")).to_have_count(0)
    forgive_refusals(page)


def test_segments_can_be_moved_and_removed_by_keyboard(page, sync_so, files):  # noqa: F811
    fill(page, files)
    page.get_by_role("button", name="Add segment").click()
    block = page.locator(".pro-segment")
    block.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_label("Start, seconds")).to_have_value("0.417")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.get_by_label("End, seconds")).to_have_value("2.459")
    page.keyboard.press("Delete")
    expect(block).to_have_count(0)


def test_crop_is_off_by_default_and_sends_times_only_when_on(page, sync_so, files):  # noqa: F811
    fill(page, files)
    page.get_by_role("button", name="Add segment").click()
    crop = page.get_by_label("Crop Audio")
    expect(crop).not_to_be_checked()
    with page.expect_request("**/pro-sync-process?dry_run=1") as checked:
        crop.check()
    assert b'"audioInput":{"refId":"voice1","startTime":0,"endTime":3}' in checked.value.post_data_buffer


def test_two_faces_sing_to_two_sounds_in_one_order(page, sync_so, no_delays, files):  # noqa: F811
    fill(page, files)
    page.get_by_label("Add an audio file").set_input_files(files / "other.wav")
    expect(page.locator("[data-pro-audios] li")).to_have_count(2)
    LipsyncLook.objects.create(asset=Asset.objects.get(kind="video"), found=two_faces())
    page.get_by_label("Snap to voice").uncheck()
    for start, end in ((0.02, 0.2), (0.25, 0.45)):
        draw(page, start, end)
    page.locator("[data-field=ref]").last.select_option(label="other.wav")
    for number in (1, 2):
        page.get_by_role("button", name="Choose who sings", exact=True).first.click()
        expect(page.locator(".pro-face")).to_have_count(2)
        page.get_by_role("button", name=f"Face {number} of 2, from the left").click()
    expect(page.locator(".pro-face")).to_have_count(0)
    expect(page.get_by_role("button", name="Sings: the face at")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("button", name="Sings: the face at")).to_have_count(2)
    expect(page.locator("[data-pro-submit]")).to_contain_text("$0.")
    page.locator("[data-pro-submit]").click()
    page.wait_for_url("**/pro/*-*")
    drive(Job.objects.get())
    (sent,) = sync_so.generations.values()
    chosen = [
        (one["audioInput"]["refId"], one["optionsOverride"]["active_speaker_detection"])
        for one in sent.payload["segments"]
    ]
    first, second = ({"auto_detect": False, "coordinates": [x, 80]} for x in (44, 224))
    assert chosen == [("voice1", {**first, "frame_number": 3}), ("voice2", {**second, "frame_number": 24})]


def test_work_survives_reload_and_expired_session(page, sync_so, files):  # noqa: F811
    fill(page, files)
    page.get_by_role("button", name="Add segment").click()
    page.get_by_label("Model").select_option("sync-3")
    expect(page.locator("[data-pro-submit]")).to_be_enabled()
    page.goto("/jobs")
    page.goto("/pro")
    expect(page.locator(".pro-segment")).to_have_count(1)
    expect(page.get_by_label("Model")).to_have_value("sync-3")
    expect(page.locator("[data-pro-submit]")).to_be_enabled()
    signed_in = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Crop Audio").check()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.context.add_cookies(signed_in)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-pro-submit]")).to_be_enabled()
    expect(page.get_by_label("Crop Audio")).to_be_checked()
    page.problems[:] = [line for line in page.problems if "status of 401" not in line]


def test_scene_opens_with_sung_part_that_handles_snap_to(page, user):
    project = project_on_disk(user, scenes=2)
    spans = tuple(VoiceSpan(start, end) for start, end in ((0.2, 0.4), (2.5, 3.5)))
    project.song.analysis["voice"] = voice_stored(VoiceActivity(spans, sings=True))
    project.song.save()
    page.goto(f"/pro?project={project.pk}&scene=2")
    with page.expect_request("**/pro-sync-process?dry_run=1") as checked:
        page.get_by_role("button", name="Use the singing part", exact=True).click()
    assert b'name="sequence"' in checked.value.post_data_buffer
    for label, value in (("Start", "0.500"), ("End", "1.500"), ("From", "2.500"), ("To", "3.500")):
        expect(page.get_by_label(f"{label}, seconds")).to_have_value(value)
    expect(page.locator("[data-pro-submit]")).to_have_text("Generate · free draft")
    page.get_by_label("End, seconds").fill("1.2")
    page.get_by_label("End, seconds").press("Tab")
    grip = page.locator(".pro-segment i").last.bounding_box()
    seconds = page.locator("[data-pro-track]").bounding_box()["width"] / 2
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.298 * seconds, y, steps=4)
    page.mouse.up()
    expect(page.get_by_label("End, seconds")).to_have_value("1.500")
    # A moved segment still plays the matching part of the song.
    page.locator(".pro-segment").press("ArrowLeft")
    expect(page.get_by_label("From, seconds")).to_have_value("2.458")


def test_lost_upload_resumes_automatically_and_after_reload(page, files):
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url.rpartition("/api/")[2])))
    page.route(
        "**/api/uploads/*", lambda route: route.abort() if route.request.method == "PATCH" else route.continue_()
    )
    page.goto("/pro")
    page.get_by_label("Video file").set_input_files(files / "clip.mp4")
    expect(page.locator("[data-pro-file=video] [data-words]")).to_contain_text("It will resume automatically")
    page.reload()
    page.unroute_all()
    page.get_by_label("Video file").set_input_files(files / "clip.mp4")
    expect(page.locator("[data-pro-stage]")).to_be_visible()
    assert [path for method, path in asked if method == "POST" and path == "uploads"] == ["uploads"]
    page.problems[:] = [line for line in page.problems if "net::ERR_FAILED" not in line]


def test_non_video_file_shows_error_at_its_field(make_page, sync_so, files):  # noqa: F811
    page = make_page()
    page.goto("/pro")
    page.get_by_label("Video file").set_input_files(files / "fake.mp4")
    expect(page.locator("#pro-video-error")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    forgive_refusals(page)


def slow_price(page, milliseconds=600):
    """Delay the price, as a busy server would."""

    def late(route):
        page.wait_for_timeout(milliseconds)
        route.continue_()

    page.route("**/pro-sync-process?dry_run=1", late)


def test_generate_right_after_typing_waits_for_price(page, files, user):
    fill(page, files)
    page.get_by_label("Provider").select_option("draft")
    page.get_by_role("button", name="Add segment").click()
    expect(page.locator("[data-pro-submit]")).to_contain_text("free draft")
    slow_price(page)
    page.get_by_label("End, seconds").fill("1.5")
    page.locator("[data-pro-submit]").click()
    page.wait_for_url("**/pro/*-*")

    (segment,) = Job.objects.get().parameters["order"]["segments"]
    assert segment["end_seconds"] == 1.5


def test_generate_right_after_typing_confirms_higher_price(page, sync_so, files):  # noqa: F811
    fill(page, files)
    page.get_by_role("button", name="Add segment").click()
    submit = page.locator("[data-pro-submit]")
    end = page.get_by_label("End, seconds")
    end.fill("9")
    end.press("Enter")
    expect(page.locator("[data-problems] li")).to_contain_text("past the end of the video")
    expect(submit).to_be_disabled()
    slow_price(page)
    end.fill("2")
    box = submit.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("[data-pro-quote]")).to_contain_text("Click Generate to confirm")
    assert not Job.objects.exists()
    submit.click()
    page.wait_for_url("**/pro/*-*")
    assert Job.objects.count() == 1
    forgive_refusals(page)
