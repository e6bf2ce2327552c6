"""The Edit page's timeline, by mouse and keyboard."""

import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Route, expect

from apps.jobs.models import Job
from apps.projects.models import Project
from apps.projects.services import project_update
from apps.songs.models import Song
from apps.songs.stored import grid_stored
from engines.listening.grid import BeatGrid, segment_at
from tests.browser.made import project_on_disk
from tests.browser.waiting import until
from tests.factories import make_clip, make_job
from tests.scenes.preflights import run_preflights

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Frames are decoded and searched for faces, which is slow on a busy machine.
PREFLIGHT_MILLISECONDS = 30_000


def unusable(page):
    """Return accessibility violations, including those in an open dialog."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']} {rule['nodes'][0]['html'][:160]}" for rule in found]


def lengths(project):
    return [float(scene.duration) for scene in project.scenes.filter(deleted_at=None).order_by("sequence")]


def settled(page, project, expected):
    """Wait until the server has these lengths."""
    for _ in range(600):
        if lengths(project) == expected:
            return
        page.wait_for_timeout(100)
    assert lengths(project) == expected


def drag_cut(page, index, seconds, *, key=None):
    page.locator("[data-scroll]").scroll_into_view_if_needed()
    box = page.locator(".cut").nth(index).bounding_box()
    blocks = page.locator(".block")
    # Every scene of these projects starts out two seconds long.
    wide = page.locator("[data-inner]").bounding_box()["width"] / (2 * blocks.count())
    x, y = box["x"] + box["width"] / 2, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.down()
    if key:
        page.keyboard.down(key)
    page.mouse.move(x + seconds * wide, y, steps=8)
    page.mouse.up()
    if key:
        page.keyboard.up(key)


def test_alt_drag_ignores_beats(edit, project):
    with edit.expect_response(lambda response: response.request.method == "PATCH"):
        drag_cut(edit, 0, 0.3, key="Alt")

    assert lengths(project)[0] == pytest.approx(2.3, abs=0.05)
    assert lengths(project)[0] not in {2.0, 2.5}
    assert sum(lengths(project)) == 8


def test_dragged_cut_snaps_to_beat_and_can_be_undone(edit, project):
    """The neighbor gives its time; the arrow keys also move the cut by beats."""
    drag_cut(edit, 0, 0.54)
    settled(edit, project, [2.5, 1.5, 2.0, 2.0])
    edit.keyboard.press("Control+z")
    settled(edit, project, [2.0, 2.0, 2.0, 2.0])
    edit.locator(".timeline-tools").get_by_role("button", name="Redo").click()
    settled(edit, project, [2.5, 1.5, 2.0, 2.0])
    expect(edit.locator(".block").first).to_have_attribute("aria-label", re.compile("0:02.500"))
    edit.locator(".cut").first.focus()
    edit.keyboard.press("ArrowRight")
    edit.keyboard.press("ArrowRight")  # before the first response
    settled(edit, project, [3.5, 0.5, 2.0, 2.0])


def test_scene_splits_at_playhead(edit, project):
    edit.locator("[data-scroll]").scroll_into_view_if_needed()
    wave = edit.locator("[data-wave]").bounding_box()
    edit.mouse.click(wave["x"] + wave["width"] / 8, wave["y"] + 60)
    edit.get_by_role("button", name="Split").click()

    settled(edit, project, [1.0, 1.0, 2.0, 2.0, 2.0])
    expect(edit.locator(".block")).to_have_count(5)


def test_scenes_can_be_reordered_by_keyboard_and_drag(edit, project):
    first = project.scenes.get(sequence=1).pk
    edit.locator(".block").first.focus()
    edit.keyboard.press("Alt+ArrowRight")
    expect(edit.locator(".block").nth(1)).to_have_attribute("data-id", str(first))

    edit.locator("[data-scroll]").scroll_into_view_if_needed()
    box = edit.locator(".block").nth(1).bounding_box()
    edit.mouse.move(box["x"] + 40, box["y"] + 40)
    edit.mouse.down()
    edit.mouse.move(box["x"] + 40 + 2 * box["width"], box["y"] + 40, steps=8)
    edit.mouse.up()
    expect(edit.locator(".block").nth(3)).to_have_attribute("data-id", str(first))


def test_several_scenes_are_regenerated_together(edit, project):
    edit.locator(".block").nth(0).click()
    edit.locator(".block").nth(2).click(modifiers=["Shift"])
    expect(edit.get_by_text("3 scenes", exact=True)).to_be_visible()
    # The panel never shows one scene while several are chosen.
    expect(edit.locator("#inspector")).to_contain_text("3 scenes are chosen")
    edit.keyboard.press("Escape")
    expect(edit.locator("#inspector").get_by_role("heading", name="Scene 3")).to_be_visible()
    edit.locator(".block").nth(0).click(modifiers=["Shift"])
    expect(edit.locator("[data-chosen]").get_by_text("· free draft")).to_be_visible()
    edit.locator("[data-chosen]").get_by_role("button", name="Regenerate Video").click()

    expect(edit.locator(".block[data-live]")).to_have_count(3)
    expect(edit.locator(".scene").nth(1).get_by_text("Generating Video")).to_be_visible()


def test_current_clips_play_in_order_in_sync_with_song(edit):
    edit.get_by_role("button", name="Play from here").click()
    # Read everything in one frame, away from the cuts: between two reads a slow machine keeps playing.
    shown, index, drift = edit.evaluate(
        """async () => {
          const song = document.querySelector("[data-song-sound]");
          for (const until = performance.now() + 60000; performance.now() < until;) {
            await new Promise(requestAnimationFrame);
            const [time, deck] = [song.currentTime, document.querySelector("[data-deck].on")];
            if (time > 2.4 && time % 2 > 0.4 && time % 2 < 1.6)
              return [deck.dataset.scene.split(":")[0], Math.floor(time / 2), time % 2 - deck.currentTime];
          }
        }"""
    )
    assert shown == edit.locator(".block").nth(index).get_attribute("data-id")
    assert abs(drift) < 0.15
    edit.keyboard.press("Home")
    edit.get_by_role("button", name="Pause").click()


def test_lipsync_starts_from_dialog_and_shows_on_card(edit, project):
    menu = edit.get_by_label("More for scene 1")
    menu.focus()
    edit.keyboard.press("Enter")
    edit.get_by_role("menu").get_by_role("button", name="Add Lipsync").press("Enter")
    dialog = edit.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Add Lipsync to Scene 1")).to_be_visible()
    expect(dialog.get_by_label("Lip Movement Expressiveness")).to_have_value("0.5")
    edit.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(menu).to_be_focused()
    menu.click()
    edit.get_by_role("menuitem", name="Add Lipsync").click()
    dialog.get_by_role("button", name="Add Lipsync").click()

    expect(edit.locator(".scene").first.get_by_text("Generating Lip-Sync")).to_be_visible()
    expect(dialog).to_have_count(0)
    assert project.scenes.get(sequence=1).job.kind == "lipsync"


def test_doubtful_paid_lipsync_asks_for_confirmation_with_frame(edit, project, settings):
    settings.SYNC_API_KEY = "sync_test"
    Project.objects.filter(pk=project.pk).update(providers={"lipsync": "sync_so"})
    edit.locator(".block").nth(1).click()
    edit.locator(".block").nth(2).click(modifiers=["Shift"])
    edit.locator("[data-chosen]").get_by_role("link", name="Add Lipsync").click()
    dialog = edit.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=re.compile(r"Add Lipsync · \$"))).to_be_visible()
    expect(dialog.get_by_role("checkbox", checked=True)).to_have_count(2)
    dialog.get_by_role("button", name="Add Lipsync").click()

    expect(dialog.get_by_text("Checking the clips")).to_be_visible()
    expect(dialog.get_by_text("0 of 2 scenes")).to_be_visible()
    assert unusable(edit) == []
    run_preflights()
    heading = dialog.get_by_role("heading", name="This lip-sync is unlikely to work")
    expect(heading).to_be_visible(timeout=PREFLIGHT_MILLISECONDS)
    expect(dialog.get_by_text("No face was found.")).to_have_count(2)
    until(edit, "document.querySelector('.doubt img').naturalWidth > 0")
    assert unusable(edit) == []
    assert not Job.objects.filter(kind="lipsync").exists()
    dialog.get_by_role("button", name="Add anyway").click()
    expect(edit.locator(".block[data-live]")).to_have_count(2)
    assert Job.objects.filter(kind="lipsync").count() == 2


def test_click_is_not_lost_while_price_of_chosen_scenes_is_on_its_way(edit):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    edit.route("**/videos?*", hold)
    edit.locator(".block").nth(0).click()
    edit.locator(".block").nth(1).click(modifiers=["Shift"])
    chosen = edit.locator("[data-chosen]")
    lipsync = chosen.get_by_role("link", name="Add Lipsync")
    before = lipsync.bounding_box()
    lipsync.click()
    expect(edit.get_by_role("dialog").get_by_role("checkbox", checked=True)).to_have_count(2)

    for route in held:
        route.continue_()
    expect(chosen.get_by_role("button", name="Regenerate Video · free")).to_be_attached()
    assert lipsync.bounding_box() == before


def test_error_on_card_offers_a_way_out(edit, project, user, settings):
    settings.REPLICATE_API_TOKEN = "r8_test"
    project_update(by=user, project_id=project.pk, budget=Decimal("0.01"), providers={"video": "replicate"})
    card = edit.locator(".scene").nth(1)
    edit.get_by_label("More for scene 2").click()
    card.get_by_role("button", name="Regenerate Video").click()
    refusal = card.get_by_role("alert")
    expect(refusal).to_contain_text("would exceed this project's budget of $0.01")
    refusal.get_by_role("link", name="Change the budget").click()
    expect(edit.get_by_role("dialog").get_by_label("Budget")).to_have_value("0.01")
    edit.get_by_role("dialog").get_by_label("Budget").fill("")
    edit.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(edit.get_by_role("dialog")).to_have_count(0)
    refusal.get_by_role("button", name="Retry").click()

    expect(card.get_by_text("Generating Video")).to_be_visible()
    expect(refusal).to_have_count(0)
    edit.problems.clear()  # the console names the refused request


def test_two_clips_are_compared_by_keyboard_and_one_made_current(edit, project):
    scene = project.scenes.get(sequence=1)
    first = scene.current_clip
    make_clip(scene, asset=first.asset, origin="lip-synced", parent=first, cost="0.35")
    edit.reload()
    edit.get_by_role("link", name="Compare two clips of scene 1").click()
    dialog = edit.get_by_role("dialog")
    expect(dialog.get_by_text("$0.35")).to_be_visible()
    until(edit, "[...document.querySelectorAll('[data-compare] video')].every((video) => video.readyState >= 2)")
    assert unusable(edit) == []
    times = "[...document.querySelectorAll('[data-compare] :is(video, audio)')].map((media) => media.currentTime)"
    edit.keyboard.press(" ")
    until(edit, f"{times}[0] > 0.1")
    edit.evaluate("document.querySelector('[data-compare-play]').click()")
    lead, other, song = edit.evaluate(times)
    assert lead == pytest.approx(other, abs=0.02) and lead == pytest.approx(song, abs=0.02)
    edit.keyboard.press("b")
    expect(dialog.locator("figure").first).to_be_hidden()
    dialog.get_by_role("button", name="Make current").click()

    expect(dialog).to_have_count(0)
    expect(edit.locator("#inspector").get_by_role("button", name="1 Generated")).to_have_attribute(
        "aria-pressed", "true"
    )
    scene.refresh_from_db()
    assert scene.current_clip == first


def sections(project):
    song = Song.objects.get(pk=project.song_id)
    return [(part["label"], part["start_seconds"]) for part in song.analysis["sections"]]


def test_sections_can_be_edited_on_timeline(edit, project):
    edit.get_by_role("button", name="Song").click()
    panel = edit.get_by_role("group", name="Sections")
    edit.get_by_role("button", name="Section 2, chorus", exact=False).first.click()
    panel.get_by_label("Section").fill("drop")
    panel.get_by_label("Section").press("Enter")
    expect(edit.get_by_role("button", name="Section 2, drop").first).to_be_visible()
    cut = edit.get_by_role("button", name="Start of section 2")
    cut.focus()
    edit.keyboard.press("ArrowRight")
    saved(edit, project, [("verse", 0), ("drop", 4.5)])
    box = cut.bounding_box()
    wide = edit.locator("[data-inner]").bounding_box()["width"] / 8
    edit.mouse.move(box["x"] + 6, box["y"] + 5)
    edit.mouse.down()
    edit.mouse.move(box["x"] + 6 + 0.52 * wide, box["y"] + 5, steps=5)
    edit.mouse.up()
    saved(edit, project, [("verse", 0), ("drop", 5)])
    edit.locator(".block").nth(1).click()
    panel.get_by_role("button", name="New section").click()
    saved(edit, project, [("verse", 0), ("chorus", 2), ("drop", 5)])
    assert unusable(edit) == []
    panel.get_by_role("button", name="Remove section").click()
    saved(edit, project, [("verse", 0), ("drop", 5)])
    panel.get_by_role("button", name="Reset sections").click()
    saved(edit, project, [("verse", 0), ("chorus", 4)])


def saved(page, project, expected):
    for _ in range(600):
        if sections(project) == expected:
            break
        page.wait_for_timeout(100)
    assert sections(project) == expected
    expect(page.locator(".part")).to_have_count(len(expected))
    # The page has reloaded the song.
    for index, (name, seconds) in enumerate(expected):
        words = re.compile(rf"Section {index + 1}, {name}, 0:0{seconds:.1f} to")
        expect(page.locator(".part").nth(index)).to_have_attribute("aria-label", words)


def test_beats_can_be_doubled_nudged_and_tapped(edit, project):
    song = Song.objects.get(pk=project.song_id)
    song.grid = grid_stored(BeatGrid((segment_at(0.0, 0.5, 0.0),), 8.0, 0.9))
    song.save()
    edit.reload()
    edit.get_by_role("button", name="Song").click()
    tempo = edit.locator("[data-tempo]")
    expect(tempo).to_have_text("120.00 BPM")
    edit.get_by_role("button", name="Halve").click()
    expect(tempo).to_have_text("60.00 BPM")
    edit.get_by_role("button", name="Double").click()
    expect(tempo).to_have_text("120.00 BPM")
    edit.get_by_role("button", name="Beats 10 ms later").click()
    edit.get_by_role("button", name="Tap", exact=True).click()
    edit.evaluate("() => { window.taps = []; addEventListener('keydown', () => taps.push(performance.now())); }")
    for _ in range(5):
        edit.wait_for_timeout(350)
        edit.keyboard.press("t")
    expect(tempo).not_to_have_text("120.00 BPM")
    first, *_, last = edit.evaluate("taps")
    assert float(tempo.text_content().split()[0]) == pytest.approx(4 * 60_000 / (last - first), rel=0.2)
    song.refresh_from_db()
    assert song.grid["edited"]


def test_background_tab_announces_finished_work(make_page, project, user):
    page = make_page(permissions=["notifications"])
    page.goto("/account")
    expect(page.get_by_text("On: background tabs notify you")).to_be_visible()
    job = make_job(user, kind="compose", state="running", project_id=project.pk)
    page.goto(f"/edit/{project.pk}")
    page.evaluate(
        """() => {
          window.told = [];
          window.Notification = class { static permission = "granted"; constructor(_, { body }) { told.push(body); } };
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
        }"""
    )
    Job.objects.filter(pk=job.pk).update(state="succeeded", finished_at=timezone.now())

    expect(page).to_have_title(f"✓ {project.title}")
    assert page.evaluate("told") == [f"{project.title}: finished"]
    page.evaluate("Object.defineProperty(document, 'hidden', { value: false }); dispatchEvent(new Event('online'))")
    expect(page).to_have_title(re.compile("mvsite"))


def test_dragging_over_sixty_scenes_stays_smooth(page, user):
    """Measures each frame's work while a cut is dragged, over a two-minute song."""
    project = project_on_disk(user, scenes=60, seconds=2)
    page.goto(f"/edit/{project.pk}")
    expect(page.locator(".block")).to_have_count(60)
    page.wait_for_load_state("networkidle")
    page.evaluate(
        """() => {
          const next = window.requestAnimationFrame.bind(window);
          window.frames_took = [];
          window.rebuilt = 0;
          const blocks = document.querySelector("[data-blocks]");
          new MutationObserver(({ length }) => { rebuilt += length; }).observe(blocks, { childList: true });
          window.requestAnimationFrame = (paint) => next((now) => {
            const start = performance.now(); paint(now); window.frames_took.push(performance.now() - start);
          });
        }"""
    )
    drag_cut(page, 20, 0.05, key="Alt")
    frames = sorted(page.evaluate("window.frames_took"))

    assert len(frames) >= 3
    assert frames[len(frames) // 4] < 16, frames  # only the faster ones: a busy machine interrupts the others
    assert page.evaluate("rebuilt") == 0, "the scenes are moved, not drawn anew"


def test_model_of_a_scene_changes_name_and_price_at_once(edit, settings):
    settings.REPLICATE_API_TOKEN = "a token for tests"
    edit.locator(".block").nth(1).click()
    panel = edit.locator("#inspector")
    panel.get_by_role("link", name="Models of scene 2").click()
    dialog = edit.get_by_role("dialog")
    closed = dialog.locator("[data-models-words]").first
    expect(closed).to_have_text("As the project: Draft · free")
    dialog.get_by_role("radio", name=re.compile("Kling 3.0 Replicate")).check()
    expect(closed).to_have_text(re.compile(r"Kling 3\.0 · \$0\.50"))
    dialog.get_by_role("button", name="Save").click()

    expect(dialog).to_have_count(0)
    expect(panel.get_by_role("link", name="Models of scene 2")).to_have_text("Kling 3.0")
    expect(panel).to_contain_text("Buys 3 s, uses 2 s.")
    expect(panel.get_by_role("button", name=re.compile(r"Remake scene · \$0\.50"))).to_be_visible()
    # The lip-sync dialog's price follows its list.
    panel.get_by_role("link", name="Add Lipsync").click()
    button = dialog.get_by_role("button", name=re.compile("Add Lipsync"))
    expect(button).to_contain_text("free draft")
    dialog.locator("summary", has_text="As the project").click()
    dialog.get_by_role("radio", name=re.compile("lipsync-2-pro")).check()
    expect(button).to_contain_text("$0.17")
