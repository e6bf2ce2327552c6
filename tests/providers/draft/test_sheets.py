"""Pictures of one subject, and the views of its reference sheet."""

import cv2
import numpy as np
import pytest

from apps.providers.draft.images import person_of, read_character
from apps.providers.request_types import ImageRequest, MediaInput, Subject

MARA = Subject("Mara", "character", "A woman with short black hair in a green coat")
VIEWS = ("front", "three-quarter", "profile", "full body")


@pytest.fixture(scope="module")
def drawn(make, settings_for):
    """Return the file of a subject's picture, square unless it is of a place."""

    def draw(subject, view="", *, flavor="default", purpose="subject", seed=1):
        size = (320, 180) if subject.kind == "place" else (240, 240)
        settings = settings_for(flavor, "image")
        request = ImageRequest("", *size, subjects=(subject,), view=view, purpose=purpose, seed=seed, settings=settings)
        return make(request).files[0].path

    return draw


@pytest.fixture(scope="module")
def sheet(drawn):
    """The views of Mara, drawn after her picture, as pixels; and that picture's path."""
    first = drawn(MARA, purpose="character_reference")
    mara = Subject(MARA.name, MARA.kind, MARA.description, picture=MediaInput(first, "image/png"))
    return first, {view: drawn(mara, view) for view in VIEWS}


def covered(path):
    """Return where somebody is in front of the paper, whose colors hardly differ from left to right."""
    pixels = cv2.imread(str(path)).astype(int)
    return np.abs(pixels - pixels[:, :2].mean(axis=1, keepdims=True)).sum(axis=2)[20:] > 45


def mirrored(mask):
    """Return which share of a mask is the same in a mirror."""
    return float((mask & mask[:, ::-1]).sum() / mask.sum())


def coat(path):
    pixels = cv2.imread(str(path)).astype(int)
    green = (pixels[..., 1] > pixels[..., 2] + 25) & (pixels[..., 1] > pixels[..., 0] + 15)
    return pixels[green]


def same_edges(first, second):
    """Return which share of the first picture's edges the second has too."""
    edges = [cv2.Canny(cv2.equalizeHist(one), 90, 200) for one in (first, second)]
    near = cv2.dilate(edges[1], np.ones((3, 3)))
    return float(((edges[0] > 0) & (near > 0)).sum() / (edges[0] > 0).sum())


def test_all_views_show_the_same_person(sheet):
    first, views = sheet
    known = person_of(first)
    assert {read_character(path) for path in views.values()} == {known}
    tones = [np.median(coat(path), axis=0) for path in views.values()]
    assert np.ptp(tones, axis=0).max() < 25


def test_each_view_shows_its_side(sheet):
    _, views = sheet
    shown = {view: covered(path) for view, path in views.items()}
    heads = {view: mask[: int(0.42 * len(mask))] for view, mask in shown.items()}
    # From the front both sides are alike; half turned, less so; in profile the face looks to the right.
    assert mirrored(heads["front"]) > 0.97 > mirrored(heads["three-quarter"]) > mirrored(heads["profile"])
    middles = [float(np.nonzero(coat_mask.any(axis=0))[0].mean()) for coat_mask in shown.values()]
    assert all(80 < middle < 160 for middle in middles)
    # Head to feet: tall and narrow, with paper below the feet; the others are cut off by the lower edge.
    assert not shown["full body"][-4:].any() and shown["full body"].any(axis=1).mean() > 0.7
    assert shown["full body"].any(axis=0).mean() < 0.5
    assert all(shown[view][-1].any() for view in VIEWS[:3])


@pytest.mark.parametrize("words", ["A harbor with a white lighthouse", "A rooftop", "A street at night"])
def test_a_place_is_the_same_by_day_and_by_night(drawn, words):
    place = Subject("Home", "place", words)
    other = Subject("Elsewhere", "place", words)
    day, night, moved = (
        cv2.imread(str(drawn(one, view)), cv2.IMREAD_GRAYSCALE)
        for one, view in ((place, "day"), (place, "night"), (other, "night"))
    )
    assert day.mean() > night.mean() + 6
    assert same_edges(day, night) > 1.2 * same_edges(day, moved)


def test_a_thing_is_alone_in_its_picture_and_an_animal_may_be_a_character(drawn):
    lamp = cv2.imread(str(drawn(Subject("Lamp", "prop", "a red balloon"))))
    red = (lamp[..., 2].astype(int) - lamp[..., 1] > 60).mean()
    assert red > 0.05
    brass = Subject("Brass lamp", "prop", "a dented lamp of brass, held by an old man")
    assert not np.array_equal(cv2.imread(str(drawn(brass))), lamp)
    dog = Subject("Rex", "character", "a brown dog")
    assert covered(drawn(dog, "front")).mean() > 0.1
    assert not np.array_equal(cv2.imread(str(drawn(dog, "profile"))), cv2.imread(str(drawn(dog, "front"))))


def test_a_thing_that_cant_be_drawn_is_named_instead_of_drawn_as_another(drawn):
    words = "a humming machine of wires"
    first, other, long = (
        cv2.imread(str(drawn(Subject(name, "prop", words)))) for name in ("Quantizer", "Frobnicator", "Quantizer" * 8)
    )
    different = np.abs(first.astype(int) - other).sum(axis=2) > 60
    across, down = np.nonzero(different.any(axis=0))[0], np.nonzero(different.any(axis=1))[0]
    # One line in the middle, which is all that differs; a long name stays inside.
    assert 20 < across.min() < across.max() < 220 and 90 < down.min() < down.max() < 150
    written = np.abs(first.astype(int) - long).sum(axis=2) > 60
    assert written.any() and not written[:, :8].any() and not written[:, -8:].any()


BALD = Subject("Bruno", "character", "A bald man in a gray suit")
FRIZZY = Subject("Nia", "character", "A woman with curly hair and blue glasses in a yellow dress")


@pytest.mark.parametrize("view", VIEWS[:3])
def test_a_bald_head_is_round_from_every_side(drawn, view):
    skull = covered(drawn(BALD, view))[10:72]  # below the view's name, above the chin
    heights = skull[:, skull.any(axis=0)].argmax(axis=0)
    peak = int(heights.argmin())

    assert (np.diff(heights[: peak + 1]) <= 0).all() and (np.diff(heights[peak:]) >= 0).all()


def test_glasses_have_the_color_that_is_said(drawn):
    for view in VIEWS[:3]:
        pixels = cv2.imread(str(drawn(FRIZZY, view))).astype(int)
        blue = (pixels[..., 0] > pixels[..., 2] + 35) & (pixels[..., 0] > 90)
        assert blue.sum() > 40, view


@pytest.mark.parametrize("view", ["", "front", "full body"])
@pytest.mark.parametrize("words", ["a very tall man with a top hat", "a tall witch", "a tall woman with a mohawk"])
def test_nothing_of_a_tall_head_is_cut_off(drawn, words, view):
    top = cv2.imread(str(drawn(Subject("Ari", "character", words), view))).astype(int)[:3]

    assert np.ptp(top, axis=1).max() < 30  # the paper's colors hardly differ from left to right
