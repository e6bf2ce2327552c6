"""Whom the draft paints where subjects were chosen for a scene."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from apps.providers.draft.images import read_character, read_recipe
from apps.providers.request_types import ImageRequest, ScenesRequest, Subject
from engines.draft.company.chosen import Chosen

MARA = Subject("Mara", "character", "A woman with long red hair", never_change="the green coat")
JON = Subject("Jon", "character", "Tall man with a black beard, blue sweater and grey beanie")
KIM = Subject("Kim", "character", "Girl of 9 years with blonde hair, yellow raincoat")
BAR = Subject("The Anchor bar", "place", "A harbour bar with red lamps")
GREEN, BLUE, YELLOW = "#3f7d4f", "#2f5d9e", "#e3b83a"


@pytest.fixture
def drawn(make, settings_for):
    """Return the still of a prompt with subjects, as (what is to be seen, pixels)."""

    def draw(prompt, *subjects, **changes):
        request = ImageRequest(
            prompt, 240, 136, subjects=subjects, settings=settings_for("default", "image"), **changes
        )
        path: Path = make(request).files[0].path
        recipe = read_recipe(path)
        assert recipe is not None
        return recipe.brief(), cv2.imread(str(path))

    return draw


def people(brief):
    return {member.person.subject: member.person for member in brief.sight.cast}


def test_everybody_chosen_is_seen_as_described_and_nobody_else(drawn):
    brief, _ = drawn("Full shot of Mara hugging a man while an old woman looks on.", MARA, JON, KIM)

    seen = people(brief)
    assert list(seen) == ["Mara", "Jon", "Kim"]
    assert [one.garment_color for one in seen.values()] == [GREEN, BLUE, YELLOW]
    assert (seen["Jon"].beard, seen["Jon"].hat, seen["Kim"].age) == (True, "beanie", "child")
    assert brief.action == "hug"


@pytest.mark.parametrize("prompt", ["Wide shot of a street.", "Close-up of Jon, Mara looks at him.", "Mara runs."])
def test_a_character_looks_the_same_in_every_scene_and_beside_anybody(drawn, prompt):
    alone, _ = drawn("Medium shot of Mara.", MARA)
    brief, _ = drawn(prompt, JON, MARA, seed=4)
    assert people(brief)["Mara"] == people(alone)["Mara"]


def test_two_characters_are_seen_side_by_side_in_one_picture(drawn):
    _, both = drawn("Medium shot of them.", MARA, JON)
    _, one = drawn("Medium shot of them.", MARA)
    shares = [float(np.mean((shot[..., 0] > 90) & (shot[..., 2] < 80))) for shot in (one, both)]
    assert shares[1] > shares[0] + 0.05  # a blue sweater


def test_words_that_are_names_are_somebody_and_no_weather_or_role(drawn):
    rain = Subject("Rain", "character", "A young man in a white suit")
    king = Subject("King", "character", "A teenage boy in an orange hoodie")
    brief, _ = drawn("King meets Rain in the street.", rain, king)
    assert list(people(brief)) == ["King", "Rain"]
    assert people(brief)["King"].hat == ""
    assert brief.weather == ""


def test_wardrobe_wins_over_the_description_and_what_never_changes_over_both(drawn):
    dressed = replace(JON, wardrobe="a red suit", never_change="the grey beanie")
    brief, _ = drawn("Jon sings.", dressed)
    jon = people(brief)["Jon"]
    assert (jon.garment, jon.garment_color, jon.hat) == ("suit", "#c03a34", "beanie")


@pytest.mark.parametrize(
    ("description", "marks"),
    [
        ("alter Mann mit weißem Bart und roter Jacke", {"age": "old", "beard": True, "garment_color": "#c03a34"}),
        ("mujer con pelo largo y negro, vestido rojo", {"hair": "long", "hair_color": "#17151a", "garment": "dress"}),
        ("homme chauve avec un manteau noir", {"hair": "none", "garment": "coat", "garment_color": "#1b1b20"}),
        ("a robot", {"kind": "robot"}),
        ("a woman with no hat", {"sex": "f", "hat": ""}),
    ],
)
def test_descriptions_are_read_in_several_languages(drawn, description, marks):
    person = people(drawn("A walk.", Subject("Alex", "character", description))[0])["Alex"]
    assert {name: getattr(person, name) for name in marks} == marks


def face_of(pixels, first):
    """Return how much of a picture has the skin of the first picture's face, which is in the middle of its height."""
    band = slice(len(first) // 4, len(first) * 5 // 8)
    colors = first[band].reshape(-1, 3)
    colors = colors[(colors[:, 2].astype(int) > colors[:, 0] + 60) & (colors[:, 2] > 150)]
    tone = np.median(colors, axis=0)
    return int((np.abs(pixels[band] - tone).max(axis=2) < 14).sum())


@pytest.mark.parametrize(
    "worn", ["red dress", "pale blue dress", "his black suit", "Japanese kimono", "heavy white coat", "a small hat"]
)
def test_wardrobe_changes_clothes_and_nothing_else(drawn, worn):
    singer = Subject("Ana", "character", "A singer with short dark hair and a yellow shirt")
    frames = [drawn("Close-up of Ana in a studio.", one) for one in (singer, replace(singer, wardrobe=worn))]
    (_, before), (_, after) = frames
    skins = [face_of(pixels, before) for pixels in (before, after)]
    assert skins[0] > 300
    assert 0.85 < skins[1] / skins[0] < 1.15
    if "hat" not in worn:
        assert np.abs(before[-20:].astype(int) - after[-20:]).mean() > 4
    marks = [replace(people(brief)["Ana"], garment="", garment_color="", hat="") for brief, _ in frames]
    assert marks[0] == marks[1]


def test_a_second_picture_of_the_same_words_shows_the_same_face(make, settings_for):
    ana = Subject("Ana", "character", "A singer")
    settings = settings_for("default", "image")
    requests = [
        ImageRequest("A singer", 240, 136, subjects=(ana,), purpose="character_reference", seed=seed, settings=settings)
        for seed in range(4)
    ]
    drawn = [read_character(make(request).files[0].path) for request in requests]
    assert len({(one.skin, one.hair, one.hair_color, one.sex) for one in drawn}) == 1


@pytest.mark.parametrize(
    ("description", "marks"),
    [
        ("short man with black hair", {"sex": "m", "hair_color": "#17151a", "tall": 0.88}),
        ("a woman in a blue hijab", {"hat": "hijab", "hat_color": BLUE}),
        ("a man in a turban with a mustache", {"hat": "turban", "mustache": True, "beard": False}),
        ("a young woman in a wheelchair", {"extra": "wheelchair", "age": "young"}),
        ("a fat man in a heavy blue coat", {"build": "round", "garment": "coat"}),
        ("a slim woman in a heavy coat", {"build": "slim"}),
        ("a punk with a green mohawk", {"hair": "mohawk", "hair_color": "#4a8a5c"}),
        ("a girl with pigtails and a small hat", {"hair": "pigtails", "tall": 0.0}),
        ("a woman in a pale green dress", {"skin": "", "garment": "dress"}),
    ],
)
def test_descriptions_of_people_are_read(description, marks):
    person = Chosen("Sam", "character", description).described.member.person
    assert {name: getattr(person, name) for name in marks} == marks


def test_men_and_women_have_different_faces(drawn):
    cut = "with short black hair in a white shirt"
    man, woman = (
        drawn("Close-up of Sam.", Subject("Sam", "character", f"A {sex} {cut}"))[1] for sex in ("man", "woman")
    )
    assert np.abs(man.astype(int) - woman).mean() > 1.5


@pytest.mark.parametrize("prompt", ["Wide shot of a {} lighthouse by day.", "Wide shot of the coast by day."])
def test_a_lighthouse_has_the_color_of_its_words(drawn, prompt):
    def red(color):
        place = [] if "{}" in prompt else [Subject("Light", "place", f"a {color} lighthouse")]
        pixels = drawn(prompt.format(color), *place, seed=2)[1].astype(int)
        return float(((pixels[..., 2] > pixels[..., 1] + 60) & (pixels[..., 2] > pixels[..., 0] + 60)).mean())

    assert red("white") < 0.001 and red("red") > 0.003


def test_a_burning_hut_is_in_flames_itself(drawn):
    def flames(words):
        pixels = drawn(words, seed=2)[1].astype(int)
        bright = (pixels[..., 2] > 200) & (pixels[..., 0] < pixels[..., 2] - 60)
        return bright[: len(bright) // 2 + 20].mean()

    assert flames("Wide shot of a burning hut.") > flames("Wide shot of a hut.") + 0.002


def test_an_animal_may_be_a_character(drawn):
    rex = Subject("Rex", "character", "a big black dog")
    brief, _ = drawn("Rex runs along the beach.", rex)
    assert [(thing.name, thing.color) for thing in brief.sight.things] == [("dog", "#1b1b20")]
    assert not brief.sight.cast


def test_a_named_place_looks_the_same_in_each_scene(drawn):
    first, one = drawn("Extreme wide shot, nobody is there.", BAR, seed=1)
    second, other = drawn("Extreme wide shot, nobody is there.", BAR, seed=2)
    assert first.place == second.place == "bar"
    assert first.sight.setting == second.sight.setting
    assert first.sight.setting.lamps == "#c03a34"
    assert np.mean(cv2.absdiff(one, other)) < 6  # the film's grain


def test_a_prop_is_seen_in_its_color(drawn):
    brief, _ = drawn("Mara walks.", MARA, Subject("The umbrella", "prop", "a blue umbrella"))
    assert [(thing.name, thing.color) for thing in brief.sight.things] == [("umbrella", BLUE)]


def test_of_twelve_the_first_five_are_drawn(drawn):
    names = ["Al", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ike", "Joe", "Kay", "Lou"]
    twelve = [Subject(name, "character") for name in names]
    brief, _ = drawn("Wide shot on the beach.", *twelve)
    assert list(people(brief)) == names[:5]


def test_a_still_and_a_clip_without_one_show_the_same(drawn, video_request):
    from apps.providers.draft.making import _recipe

    brief, _ = drawn("Mara and Jon dance at the bar.", MARA, JON, BAR)
    recipe = _recipe(video_request(prompt="Mara and Jon dance at the bar.", subjects=(MARA, JON, BAR)))
    assert recipe is not None
    assert recipe.brief() == brief


@pytest.fixture
def written(make, settings_for):
    """Return the scenes of an idea with a cast."""

    def write(idea, *subjects, number_of_scenes=8):
        settings = settings_for("default", "scenes")
        lead = next((one.description for one in subjects if one.kind == "character"), "")
        request = ScenesRequest(idea, lead, subjects, number_of_scenes, seed=2, settings=settings)
        return make(request).scenes

    return write


def test_scenes_name_those_who_are_in_their_words_and_only_they_are_noted(written):
    scenes = written("Mara and Jon row. Kim finds a dog. Jon hugs Kim at the Anchor bar.", MARA, JON, KIM, BAR)

    pairs = {tuple(name for name in scene.subjects if name != BAR.name) for scene in scenes}
    assert {("Mara", "Jon"), ("Kim",), ("Jon", "Kim")} <= pairs
    for scene in scenes:
        noted = [one["subject"] for one in scene.picture.get("cast", ())]
        assert set(noted) == set(scene.subjects) - {BAR.name}
        assert all((name in scene.description) == (name in scene.subjects) for name in ("Mara", "Jon", "Kim"))
        assert (BAR.name in scene.subjects) == ("the Anchor bar" in scene.description)
        assert "red hair" not in scene.description  # what somebody looks like is said beside the prompt


def test_a_description_stays_with_its_character_where_others_act(written):
    tom = Subject("Tom", "character", "an old lighthouse keeper with a white beard")
    scenes = written("A lighthouse keeper waits. A girl finds the keeper.", tom)
    assert not any("girl, an old" in scene.description for scene in scenes)
    assert all(scene.subjects == ("Tom",) for scene in scenes)


def test_an_idea_without_a_place_plays_at_the_film_s_own(written):
    scenes = written("Mara sings. Jon dances.", MARA, JON, BAR, Subject("Roof", "place", "a rooftop at night"))
    assert {scene.picture["place"] for scene in scenes} == {"bar", "rooftop"}


def test_the_characters_take_turns_in_an_idea_about_nobody(written):
    scenes = written("A heist goes wrong", MARA, JON, KIM, BAR)
    companies = {tuple(name for name in scene.subjects if name != BAR.name) for scene in scenes}
    assert {name for company in companies for name in company} == {"Mara", "Jon", "Kim"}
    assert len(companies) > 2


def test_she_is_not_described_as_a_man_who_leads(written):
    tom = Subject("Lead", "character", "an old sailor with a white beard")
    scenes = written("A sailor sleeps. She finds a bottle on the beach.", tom)
    assert not any("She, an old" in scene.description for scene in scenes)
