"""The song's page: its lines and its singing corrected by mouse, keys and touch."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from apps.songs.lyrics.services import lyrics_put
from apps.songs.lyrics.versions import song_words
from apps.songs.models import Song
from engines.lyrics.encodings import Decoded
from tests.browser.made import song_on_disk
from tests.browser.waiting import until
from tests.factories import make_project, make_scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TIMED = "[00:01.00]one\n[00:03.00]two\n[00:05.00]three\n[00:07.00]four\n[00:09.00]\n"


@pytest.fixture
def song(user):
    song = song_on_disk(user, seconds=12.0)
    spans = [{"start": 1.0, "end": 4.0, "kind": "singing", "confidence": 0.4}]
    song.analysis = {**song.analysis, "voice": {"sings": None, "spans": spans}}
    song.save()
    return song


@pytest.fixture
def address(user, song):
    return f"/projects/{make_project(user, song=song).pk}/song"


def write(song, text):
    lyrics_put(by=song.owner, audio_id=song.asset_id, source=Decoded(text, ""))


def starts(song):
    return [line.start for line in song_words(song).lines]


def opened(page, address):
    page.goto(address)
    expect(page.locator("[data-quality]")).not_to_be_empty()
    until(
        page, "document.querySelector('.lane-words canvas').width > 0 && !document.querySelector('.lane-sung').hidden"
    )
    page.wait_for_load_state("networkidle")
    return page


def answered(page):
    return page.expect_response(lambda response: response.request.method == "PATCH")


def drag(page, handle, seconds):
    """Drag an element of a lane by that many seconds."""
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    pixels = page.evaluate("document.querySelector('[data-inner]').clientWidth") / 12
    for part in (0.3, 0.7, 1):
        page.mouse.move(box["x"] + box["width"] / 2 + seconds * pixels * part, box["y"] + box["height"] / 2)
    page.mouse.up()


def test_line_is_dragged_and_the_rest_follows_until_undone(page, song, address):
    write(song, TIMED)
    opened(page, address)
    with page.expect_response("**/lines/0?changed=true"):
        drag(page, page.locator(".lane-words .lane-whole"), 1)
    found = starts(song)
    assert found[0] == pytest.approx(2, abs=0.05)
    assert [start - found[0] for start in found] == pytest.approx([0, 2, 4, 6], abs=0.01)
    page.get_by_role("button", name="Undo: moved line 1").click()
    expect(page.get_by_role("button", name="Redo: moved line 1")).to_be_enabled()
    assert starts(song) == [1, 3, 5, 7]

    with page.expect_response("**/lines/0?changed=true"):
        drag(page, page.locator(".lane-words .lane-end"), -0.5)
    assert song_words(song).lines[0].end == pytest.approx(2.5, abs=0.05) and starts(song) == [1, 3, 5, 7]


def test_keys_choose_nudge_pin_and_play_a_line(page, song, address):
    write(song, TIMED)
    opened(page, address)
    line = page.locator(".lane-words .lane-whole")
    line.focus()
    page.keyboard.press("ArrowDown")
    expect(line).to_have_attribute("aria-label", "Line 2: two")
    page.get_by_label("The rest follows").uncheck()
    line.focus()
    with page.expect_response("**/lines/1?changed=true"):
        for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
    assert starts(song) == [1, 3.11, 5, 7]
    expect(page.locator("#start-of-2")).to_have_value("0:03.110")
    with page.expect_response("**/lines/1?changed=true"):
        page.keyboard.press("p")
    assert not song_words(song).lines[1].pinned
    page.keyboard.press("Enter")
    until(page, "!document.querySelector('[data-song-sound]').paused")
    assert page.evaluate("document.querySelector('[data-song-sound]').currentTime") >= 3.1


@pytest.mark.parametrize("hand", ["keys", "finger"])
def test_taps_time_the_lines_as_one_version(make_page, song, address, hand):
    write(song, "one\ntwo\nthree")
    page = opened(make_page(390, has_touch=True) if hand == "finger" else make_page(), address)
    page.get_by_role("button", name="Tap the lines").click()
    until(page, "document.querySelector('[data-song-sound]').currentTime > 0.2")

    def tap():
        if hand == "finger":
            page.get_by_role("button", name="Tap where this line starts").tap()
        else:
            page.keyboard.press("t")
        page.wait_for_timeout(300)

    tap()
    tap()
    page.get_by_role("button", name="Undo tap").click()
    page.wait_for_timeout(300)
    tap()
    tap()
    expect(page.locator("[data-tap-line]")).to_have_text("That was the last line.")
    with page.expect_response("**/lyrics?changed=true"):
        page.get_by_role("button", name="Finish").click()
    words = song_words(song)
    assert words.version.number == 2 and words.undo == "timed 3 lines"
    assert all(line.pinned for line in words.lines)
    first, second, third = starts(song)
    assert first > 0 and third - second > 0.1
    assert words.lines[1].end == third


@pytest.mark.parametrize("hand", ["keys", "finger"])
def test_taps_time_the_words_of_the_lines(make_page, song, address, hand):
    write(song, "the road\n風の中\nnot yet")
    page = opened(make_page(390, has_touch=True) if hand == "finger" else make_page(), address)
    page.get_by_role("button", name="Tap the words").click()
    until(page, "document.querySelector('[data-song-sound]').currentTime > 0.2")
    for word in ("the", "road", "風", "の", "中"):
        expect(page.locator("[data-tap-line] mark")).to_have_text(word)
        if hand == "finger":
            page.get_by_role("button", name="Tap where this word starts").tap()
        else:
            page.keyboard.press(" ")
        page.wait_for_timeout(150)
    page.keyboard.press("Backspace")
    expect(page.locator("[data-tap-line] mark")).to_have_text("中")
    with page.expect_response("**/lyrics?changed=true"):
        page.get_by_role("button", name="Finish").click()
    words = song_words(song)
    assert words.undo == "timed the words of 2 lines" and words.lines[2].span is None
    first, second = words.lines[:2]
    assert [word.text for word in (*first.words, *second.words)] == ["the", "road", "風", "の", "中"]
    for line in (first, second):
        starts = [line.start, *(word.start for word in line.words[1:]), line.end]
        assert line.words[0].start == line.start and all(0.1 < b - a < 4 for a, b in pairwise(starts)), starts
    assert first.end == second.start
    page.reload()
    expect(page.locator("[data-quality]")).to_have_text("3 lines, 2 sure, 1 to check")


def test_line_to_check_is_found_and_its_row_corrects_it(page, song, address):
    write(song, TIMED)
    row = song.lyrics_versions.first()
    row.lines[2]["confidence"] = 0.2
    row.save()
    opened(page, address)
    expect(page.locator("[data-quality]")).to_have_text("4 lines, 3 sure, 1 to check")
    page.get_by_role("button", name="Check ▸").click()
    assert page.evaluate("document.querySelector('[data-song-sound]').currentTime") == pytest.approx(4.4, abs=0.01)
    expect(page.locator("[data-line='2']")).to_have_attribute("aria-current", "true")
    page.locator("#start-of-3").fill("5.25")
    with page.expect_response("**/lines/2?changed=true"):
        page.keyboard.press("Enter")
    expect(page.locator("[data-quality]")).to_have_text("4 lines, 4 sure, 0 to check")
    expect(page.locator("#start-of-3")).to_have_value("0:05.250")
    page.goto(f"{address}#line-4")
    expect(page.locator("[data-line='3']")).to_have_attribute("aria-current", "true")


def test_singing_is_asked_about_once_and_corrected_on_the_waveform(page, song, address):
    opened_song = lambda: Song.objects.get(pk=song.pk).analysis.get("sung_by_hand")  # noqa: E731
    page.goto(address)
    tools = page.get_by_role("group", name="Singing")
    with answered(page):
        tools.get_by_role("button", name="Yes").click()
    expect(tools.get_by_text("Does somebody sing")).to_be_hidden()
    assert opened_song()["sings"] is True
    with answered(page):
        drag(page, page.locator(".lane-sung .lane-end"), 2)
    assert opened_song()["spans"][0]["end"] == pytest.approx(6, abs=0.05)
    page.locator("[data-song-wave]").click(
        position={"x": page.evaluate("document.querySelector('[data-song-wave]').clientWidth") * 0.75, "y": 50}
    )
    with answered(page):
        tools.get_by_role("button", name="Add singing at the playhead").click()
    assert len(opened_song()["spans"]) == 2
    page.locator(".lane-sung .lane-whole").focus()
    with answered(page):
        page.keyboard.press("Delete")
    assert len(opened_song()["spans"]) == 1
    for name in ("deleted a passage", "added a passage", "moved an end", "answered"):
        with answered(page):
            tools.get_by_role("button", name=f"Undo: {name}").click()
    assert opened_song() is None
    expect(tools.get_by_text("Does somebody sing")).to_be_visible()


def test_taps_that_could_not_be_saved_stay(page, song, address):
    write(song, "one\ntwo")
    opened(page, address)
    page.route("**/lyrics?changed=true", lambda route: route.abort())
    page.get_by_role("button", name="Tap the lines").click()
    until(page, "document.querySelector('[data-song-sound]').currentTime > 0.2")
    page.keyboard.press("t")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("The server can't be reached.")).to_be_visible()
    page.unroute("**/lyrics?changed=true")
    with page.expect_response("**/lyrics?changed=true"):
        page.get_by_role("button", name="Finish").click()
    assert starts(song)[0] > 0
    page.problems.clear()  # the browser's own note of the lost request


def test_lines_are_corrected_on_the_timeline_too(page, user, song):
    write(song, TIMED)
    project = make_project(user, song=song)
    make_scenes(project, "6", "6")
    page.goto(f"/edit/{project.pk}")
    line = page.locator(".lane-words .lane-whole")
    expect(line).to_have_attribute("aria-label", "Line 1: one")
    page.wait_for_load_state("networkidle")
    line.focus()
    page.keyboard.press("ArrowDown")
    with page.expect_response("**/lines/1?changed=true"):
        page.keyboard.press("Shift+ArrowRight")
    assert starts(song) == pytest.approx([1, 3.1, 5.1, 7.1])
    with page.expect_response("**/undo?changed=true"):
        page.keyboard.press("Control+z")
    assert starts(song) == [1, 3, 5, 7] and line.get_attribute("aria-label") == "Line 2: two"
    page.locator("#inspector").get_by_role("link", name="three").click()
    expect(page.locator("[data-line='2']")).to_have_attribute("aria-current", "true")
