"""The ten steps of the README's tour, as a maker takes them: from the empty start page to the editor's package."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from engines.media.probe import probe_media
from tests.browser.waiting import until

FPS = 24
TOP_BAR = 70  # pixels of it cover what is scrolled to
PICTURE_SIZE = (1200, 750)
MOST_PICTURE_BYTES = 105_000
PICTURE_QUALITIES = range(88, 40, -4)


@dataclass(frozen=True)
class Film:
    """What the maker brings. Times of the song are in seconds; `part` is used, and `lyrics` count from the song's
    start. `scenes` is None where the song decides."""

    song: Path
    part: tuple[float, float]
    idea: str
    character: str
    look: str
    scenes: int | None
    other_words: str
    lyrics: str
    first_word: float

    @property
    def seconds(self) -> float:
        return self.part[1] - self.part[0]


@dataclass
class Tour:
    """`pictures`: the folder for a screenshot of each step. With one, each step waits for what is worth a picture."""

    page: Page
    film: Film
    folder: Path
    pictures: Path | None
    patience: int
    downloads: dict[str, Path] = field(default_factory=dict)

    def picture(self, number: int, name: str, *, top: str | None = None) -> None:
        """Store the window as it is, or scrolled to what a selector finds."""
        if not self.pictures:
            return
        self.page.mouse.move(1, 1)
        if top:
            place = self.page.locator(top).evaluate("(one) => one.getBoundingClientRect().top + scrollY")
            self.page.evaluate("(place) => scrollTo(0, place)", place - TOP_BAR)
        until(self.page, "!document.querySelector('.htmx-request')")
        until(self.page, "[...document.images].every((one) => one.complete || one.loading === 'lazy')")
        with Image.open(io.BytesIO(self.page.screenshot())) as shot:
            small = shot.convert("RGB").resize(PICTURE_SIZE, Image.Resampling.LANCZOS)
        made = (_jpeg(small, quality) for quality in PICTURE_QUALITIES)
        self.pictures.mkdir(parents=True, exist_ok=True)
        path = self.pictures / f"{number:02d}-{name}.jpg"
        path.write_bytes(next(jpeg for jpeg in made if len(jpeg) <= MOST_PICTURE_BYTES))

    def download(self, within: str) -> Path:
        """Press the download of one part of the page and return the file."""
        with self.page.expect_download() as download:
            self.page.locator(within).get_by_role("link", name="Download").first.click()
        path = self.folder / f"{len(self.downloads)}-{download.value.suggested_filename}"
        download.value.save_as(path)
        self.downloads[within] = path
        return path

    def tab(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Project").get_by_role("link", name=name).click()


def start_page(tour: Tour) -> None:
    page = tour.page
    page.goto("/")
    expect(page.get_by_role("heading", name="Turn a song and an idea into a music video")).to_be_visible()
    expect(page.get_by_text("Drafts are free on this machine")).to_be_visible()
    tour.picture(1, "start")


def sample(tour: Tour) -> None:
    """The sample is being made before the maker's eyes, and its project is on the start page."""
    page = tour.page
    page.get_by_role("button", name="Watch a 20-second sample being made").click()
    expect(page.get_by_role("heading", name="Sample: Paper Lanterns")).to_be_visible()
    stop = page.locator("#status").get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    expect(page.locator(".scene").first).to_be_visible(timeout=tour.patience)
    expect(page.locator("#status").get_by_text("spent $0.00")).to_be_visible()
    if tour.pictures:
        expect(page.locator(".scene video").nth(1)).to_be_visible(timeout=tour.patience)
        tour.picture(2, "sample")
    stop.click()
    expect(stop).to_have_count(0)
    page.get_by_role("link", name="Projects").first.click()
    expect(page.get_by_role("link", name="Sample: Paper Lanterns")).to_be_visible()


def own_song(tour: Tour) -> None:
    """A file goes up, its waveform appears, and the handles on it choose a part."""
    page, film = tour.page, tour.film
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Audio file").set_input_files(film.song)
    expect(page.get_by_text(f"{film.song.name} is ready")).to_be_visible()
    expect(page.get_by_label("End of the part")).to_be_visible(timeout=tour.patience)
    page.get_by_label("Start of the part").fill(f"{film.part[0]:g}")
    page.get_by_label("End of the part").fill(f"{film.part[1]:g}")
    expect(page.locator("[data-range-words]")).to_contain_text(f"0:{film.seconds:04.1f} of ")
    expect(page.locator("#create-pace").get_by_text("shots").first).to_be_visible(timeout=tour.patience)
    page.get_by_label("Video Description").fill(film.idea)
    page.get_by_label("Character description").fill(film.character)
    tour.picture(3, "song", top="h1")


def look(tour: Tour) -> None:
    """A click on a picture is the choice of the flavor; the page then shows the new project."""
    page, film = tour.page, tour.film
    if tour.pictures:
        expect(page.locator(".look img")).to_have_count(page.locator(".look").count(), timeout=tour.patience)
    chosen = page.locator(".look").filter(has_text=film.look)
    chosen.click()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Configuration").click()
    expect(page.get_by_label("Config Flavor")).to_have_value(film.look)
    if film.scenes:
        page.get_by_label("Number of scenes").fill(str(film.scenes))
    page.get_by_label("Fast").check()
    expect(page.get_by_label("Fast")).to_be_checked()
    tour.picture(4, "look", top=".create-looks")
    page.get_by_role("button", name="Create project").click()


def storyboard(tour: Tour) -> None:
    """Scenes appear with words, then their clips, then the film."""
    page, film = tour.page, tour.film
    expect(page).to_have_url(re.compile("/quick-gen/"))
    expect(page.get_by_role("link", name="Storyboard")).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="Generate video · free draft").click()
    expect(page.locator(".scene").nth((film.scenes or 3) - 1)).to_be_visible(timeout=tour.patience)
    expect(page.locator("#final video")).to_be_visible(timeout=tour.patience)
    count = page.locator(".scene").count()
    assert count == film.scenes or not film.scenes
    expect(page.locator(".scene video")).to_have_count(count)
    expect(page.locator("#status").get_by_text("Done")).to_be_visible()
    tour.picture(5, "storyboard", top="h1")
    assert_film(tour.download("#final"), film.seconds, 16 / 9)


def remake_one(tour: Tour) -> None:
    """Other words, one press: this scene gets a new clip, the others keep theirs."""
    page, film = tour.page, tour.film
    clips = page.locator(".scene video").evaluate_all("(all) => all.map((video) => video.src)")
    page.get_by_label("More for scene 2").click()
    page.get_by_role("menuitem", name="Edit words").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What it shows").fill(film.other_words)
    button = dialog.get_by_role("button", name="Save and remake · free draft")
    expect(button).to_be_visible()
    tour.picture(6, "remake")
    button.click()
    card = page.locator(".scene").nth(1)
    expect(card.get_by_text(film.other_words)).to_be_visible()
    expect(card.get_by_text("Generating")).to_be_visible()
    expect(card.locator("video")).to_have_attribute(
        "src", re.compile(f"^(?!{re.escape(_path(clips[1]))})"), timeout=tour.patience
    )
    expect(card.get_by_text("Done")).to_be_visible()
    now = page.locator(".scene video").evaluate_all("(all) => all.map((video) => video.src)")
    assert [old == new for old, new in zip(clips, now, strict=True)] == [place != 1 for place in range(len(clips))]


def edit(tour: Tour) -> None:
    """A dragged cut changes the scenes beside it, and Undo names what it takes back."""
    page = tour.page
    tour.tab("Edit")
    blocks = page.locator(".block")
    expect(blocks.nth(1)).to_be_visible()
    until(page, "document.querySelector('[data-wave]').width > 0")
    page.wait_for_load_state("networkidle")
    before = blocks.evaluate_all("(all) => all.map((block) => block.getAttribute('aria-label'))")
    cut = page.locator(".cut").first.bounding_box()
    high = cut["y"] + cut["height"] / 2  # the mark of how the scene follows is at the top
    page.mouse.move(cut["x"] + cut["width"] / 2, high)
    page.mouse.down()
    page.keyboard.down("Alt")
    page.mouse.move(cut["x"] - 40, high, steps=8)
    page.mouse.up()
    page.keyboard.up("Alt")
    undo = page.get_by_role("button", name="Undo: moved cut 1")
    expect(undo).to_be_enabled()
    expect(blocks.first).not_to_have_attribute("aria-label", before[0])
    tour.picture(7, "edit")
    undo.click()
    expect(page.locator(".toast")).to_contain_text("Undone: moved cut 1")
    for place, label in enumerate(before):
        expect(blocks.nth(place)).to_have_attribute("aria-label", label)


def captions(tour: Tour) -> None:
    """Timed lyrics are pasted, a style is chosen from pictures, and the film made again carries the words."""
    page, film = tour.page, tour.film
    plain = tour.downloads["#final"]
    tour.tab("Deliver")
    page.get_by_role("link", name="Add lyrics").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Or paste them").fill(film.lyrics)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="Change the captions").click()
    dialog.get_by_label("Line by line").check()
    dialog.get_by_label("Shown").select_option("burned")
    until(page, "[...document.querySelectorAll('dialog img')].filter((one) => one.naturalWidth).length > 2")
    tour.picture(8, "captions")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#assembly").get_by_text("Line by line, burned into the picture")).to_be_visible()
    final = page.locator("#final")
    expect(final.get_by_text("Changed since")).to_be_visible()
    video = final.locator("video")
    before = video.get_attribute("src")
    final.get_by_role("button", name="Make the film again").click()
    expect(video).not_to_have_attribute("src", before, timeout=tour.patience)
    made = tour.download("#final")
    assert_film(made, film.seconds, 16 / 9)
    spoken = film.first_word - film.part[0] + 0.5
    assert words_in(made, plain, spoken) > 500
    assert words_in(made, plain, 0.1) < 50


def deliver_portrait(tour: Tour) -> None:
    """The film as 9:16, made and downloaded without leaving the page."""
    page, film = tour.page, tour.film
    page.get_by_role("link", name="Make 9:16").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("9:16", exact=True)).to_be_checked()
    dialog.get_by_role("button", name="Add and compose · free").click()
    tile = page.locator("#outputs .video-tile").first
    expect(tile.get_by_text("Making")).to_be_visible()
    expect(tile.get_by_text("Done", exact=True)).to_be_visible(timeout=tour.patience)
    tour.picture(9, "deliver")
    assert_film(tour.download("#outputs .video-tile"), film.seconds, 9 / 16)


def package(tour: Tour) -> None:
    """One zip for an editor: every clip, the song, and the cut in three formats."""
    page = tour.page
    box = page.locator("#package")
    box.get_by_role("link", name="Create the package").click()
    page.get_by_role("dialog").get_by_role("button", name="Create the package").click()
    expect(box.get_by_text("Ready")).to_be_visible(timeout=tour.patience)
    box.locator("summary").click()
    expect(box.get_by_text("timeline.otio")).to_be_visible()
    box.scroll_into_view_if_needed()
    tour.picture(10, "package")
    with zipfile.ZipFile(tour.download("#package")) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        cut = json.loads(archive.read("timeline.otio"))
        archive.extract(f"song/song{tour.film.song.suffix}", tour.folder)
    clips = {name for name in names if name.startswith("clips/")}
    assert {"timeline.otio", "timeline.xml", "timeline.edl", "lyrics.srt", "README.txt"} <= names
    assert len(clips) == sum(one["OTIO_SCHEMA"].startswith("Clip") for one in cut["tracks"]["children"][0]["children"])
    assert clips and (tour.folder / f"song/song{tour.film.song.suffix}").read_bytes() == tour.film.song.read_bytes()


STEPS: tuple[Callable[[Tour], None], ...] = (
    start_page,
    sample,
    own_song,
    look,
    storyboard,
    remake_one,
    edit,
    captions,
    deliver_portrait,
    package,
)


def assert_film(path: Path, seconds: float, ratio: float) -> None:
    facts = probe_media(path)
    assert facts.width and facts.height and facts.duration_seconds
    assert abs(facts.width / facts.height - ratio) < 0.01
    assert facts.fps == FPS
    assert facts.frames == round(seconds * FPS)
    assert abs(facts.duration_seconds - seconds) <= 1 / FPS


def words_in(film: Path, plain: Path, seconds: float) -> int:
    """Return how many points of the lower third differ strongly from the film without words."""
    one, other = (_gray(path, seconds) for path in (film, plain))
    third = one.shape[0] * 2 // 3
    return int((np.abs(one[third:] - other[third:]) > 60).sum())


def _gray(path: Path, seconds: float) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return next(frame.to_ndarray(format="gray").astype(int) for frame in frames if frame.time >= seconds)


def _path(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url)


def _jpeg(shot: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    shot.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()
