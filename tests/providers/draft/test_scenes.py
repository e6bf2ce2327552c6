from dataclasses import replace
from itertools import groupby, pairwise
from typing import Any

import pytest

from apps.core.errors import InputError
from apps.providers.draft.scenes import _said_once
from apps.providers.request_types import ScenesRequest, SongBrief, SongSection
from engines.draft.film import Place, moments_told
from engines.draft.idea import read_idea
from engines.draft.reading import read_prompt

IDEA = "A woman drives through the neon rain at night, looking for the sister she lost. She finds her in an empty club."
SONG = SongBrief(
    60,
    120,
    sections=(
        SongSection("intro", 0, 10, 0.1),
        SongSection("verse", 10, 25, 0.4),
        SongSection("chorus", 25, 50, 0.95),
        SongSection("outro", 50, 60, 0.15),
    ),
)
SLOTS = tuple((number * 5.0, number * 5.0 + 5) for number in range(12))


@pytest.fixture
def request_(settings_for):
    return ScenesRequest(
        IDEA, "Mara, a singer in a red coat", slots=SLOTS, song=SONG, seed=5, settings=settings_for("default", "scenes")
    )


@pytest.fixture
def scenes(make, request_):
    return make(request_).scenes


def test_there_is_one_scene_per_slot_with_its_length(scenes):
    assert [scene.sequence for scene in scenes] == list(range(1, 13))
    assert {scene.duration for scene in scenes} == {5.0}


def test_scene_records_what_its_text_was_built_from(scenes):
    for scene in scenes:
        words = scene.description.lower()
        assert all(getattr(scene, name).lower() in words for name in ("shot", "camera", "light")), scene
    assert len({scene.section for scene in scenes}) > 1


def test_uneven_slots_keep_their_lengths(make, request_):
    slots = ((0.0, 3.217), (3.217, 8.0), (8.0, 8.5))

    scenes = make(replace(request_, slots=slots)).scenes

    assert [scene.duration for scene in scenes] == pytest.approx([3.217, 4.783, 0.5])


def test_same_seed_writes_the_same_and_another_seed_differs(make, request_, scenes):
    assert make(request_).scenes == scenes
    assert make(replace(request_, seed=6)).scenes != scenes


def test_neighbors_differ_in_framing_and_in_move(scenes):
    briefs = [read_prompt(scene.description) for scene in scenes]

    for one, next_one in pairwise(briefs):
        assert one.shot != next_one.shot
        assert one.move != next_one.move


def test_every_written_move_is_understood(scenes):
    assert len({read_prompt(scene.description).move for scene in scenes}) >= 4


def test_quiet_intro_is_wide_and_chorus_close(make, request_):
    wide, close = {"extreme_wide", "wide", "full"}, {"medium", "close", "extreme_close"}
    intro: list[Any] = []
    chorus: list[Any] = []
    for seed in range(5):
        for scene in make(replace(request_, seed=seed)).scenes:
            shot = read_prompt(scene.description).shot
            (intro if scene.sequence <= 2 else chorus if 6 <= scene.sequence <= 10 else []).append(shot)

    assert sum(shot in wide for shot in intro) / len(intro) > 0.6
    assert sum(shot in close for shot in chorus) / len(chorus) > 0.6


def test_prompts_tell_the_story_in_the_users_words(scenes):
    told = " ".join(scene.description.lower() for scene in scenes)

    for words in (
        "drives through the neon rain",
        "the sister she lost",
        "in an empty club",
        "mara, a singer in a red coat",
    ):
        assert words in told


def test_singing_is_where_the_song_has_a_voice_and_the_mouth_is_visible(scenes):
    singing = [scene for scene in scenes if scene.lipsync]

    assert 2 <= len(singing) <= 8
    for scene in singing:
        assert 3 <= scene.sequence <= 10
        assert "sing" in scene.description
        assert read_prompt(scene.description).shot in {"medium", "close"}


def test_detected_voice_overrides_the_sections(make, request_):
    heard = make(replace(request_, song=replace(SONG, sung=((0.0, 21.0),)))).scenes
    silent = make(replace(request_, song=replace(SONG, sung=()))).scenes

    performances = {scene.sequence for scene in heard if scene.lipsync}
    assert 1 in performances <= {1, 2, 3, 4}
    assert not any(scene.lipsync for scene in silent)


def test_nothing_is_lip_synced_without_a_song(make, request_):
    scenes = make(replace(request_, song=None, slots=(), number_of_scenes=6)).scenes

    assert len(scenes) == 6
    assert not any(scene.lipsync for scene in scenes)


def test_flavor_gives_number_and_length_by_default(make, request_, settings_for):
    plain = replace(request_, song=None, slots=(), settings=settings_for("vlog_style", "scenes"))

    scenes = make(plain).scenes

    assert (len(scenes), scenes[0].duration) == (12, 4.0)


def test_scenes_over_a_song_without_slots_fill_it(make, request_):
    scenes = make(replace(request_, slots=(), number_of_scenes=7)).scenes

    assert sum(scene.duration for scene in scenes) == pytest.approx(60, abs=1e-4)


@pytest.mark.parametrize("flavor", ["cinematic", "vlog_style", "example"])
def test_each_flavor_writes_in_its_own_style(make, request_, settings_for, scenes, flavor):
    settings = settings_for(flavor, "scenes")

    others = make(replace(request_, settings=settings)).scenes

    style = settings["scene_prompts"]["grammar"]["style"]
    assert all(style.lower() in scene.description.lower() for scene in others)
    assert not any(style.lower() in scene.description.lower() for scene in scenes)


def test_every_scene_has_the_negative_description(scenes, request_):
    assert {scene.negative_description for scene in scenes} == {
        request_.settings["scene_prompts"]["negative_description"]
    }


@pytest.mark.parametrize("idea", ["", "   \n"])
def test_empty_idea_is_refused(make, request_, idea):
    with pytest.raises(InputError) as caught:
        make(replace(request_, idea=idea))

    assert "idea" in caught.value.errors


@pytest.mark.parametrize("idea", ["love", "雨の街を走る。彼女は歌う。", "!!! ???", "word " * 4000, "{shot} {0} %s"])
def test_any_other_idea_becomes_scenes(make, request_, idea):
    assert len(make(replace(request_, idea=idea)).scenes) == 12


def test_idea_is_split_into_whole_clauses():
    idea = read_idea(IDEA, most_words=14)

    assert [moment.text for moment in idea.moments] == [
        "A woman drives through the neon rain at night",
        "the woman is looking for the sister she lost",
        "the woman finds her in an empty club",
    ]
    assert [moment.sight.place for moment in idea.moments] == ["city", "city", "club"]
    assert (idea.moments[0].sight.light, idea.moments[0].sight.weather) == ("night", "rain")


def test_light_follows_the_story(make, request_):
    idea = "A night drive through a neon city in the rain, then from the empty suburbs to the sea at sunrise"

    briefs = [read_prompt(scene.description) for scene in make(replace(request_, idea=idea)).scenes]

    assert {brief.light for brief in briefs[:5]} <= {"night", "interior"}
    assert "dusk" in {brief.light for brief in briefs[-4:]}
    assert {brief.place for brief in briefs} >= {"city", "sea"}


def test_stage_light_does_not_imply_a_stage():
    assert read_prompt("Wide shot by the sea, coloured stage light at night.").place == "sea"


@pytest.fixture(scope="module")
def long_film(make, settings_for):
    """The README's idea over five minutes."""
    slots = tuple((number * 8.0, number * 8.0 + 8) for number in range(38))
    request = ScenesRequest(
        "a lighthouse keeper dances through a storm", slots=slots, seed=5, settings=settings_for("default", "scenes"),
        song=SongBrief(304, 120, (SongSection("verse", 0, 150, 0.4), SongSection("chorus", 150, 304, 0.9))),
    )  # fmt: skip
    return make(request).scenes


def test_a_long_film_of_one_sentence_stays_with_it_and_varies(long_film):
    pictures = [scene.picture for scene in long_film]

    assert {"lighthouse", "beach"} <= {picture["place"] for picture in pictures}
    assert len({(picture["place"], scene.shot) for picture, scene in zip(pictures, long_film, strict=True)}) >= 8
    assert sum(picture["place"] == "lighthouse" for picture in pictures) > 15
    assert {picture["cast"][0]["role"] for picture in pictures if "cast" in picture} == {"keeper"}


def test_no_insert_comes_more_than_twice(long_film):
    inserts = [scene.picture["things"][0]["name"] for scene in long_film if "detail" in scene.shot]

    assert all(inserts.count(name) <= 2 for name in inserts)


def test_what_is_sung_is_where_the_story_is(long_film):
    for scene in long_film:
        if scene.lipsync:
            assert scene.picture["action"] == "sing"
            assert "by the lighthouse" in scene.description


def test_the_picture_goes_with_the_words_it_was_written_for(make, request_, settings_for):
    from apps.providers.draft.images import read_recipe
    from apps.providers.request_types import ImageRequest

    scene = make(request_).scenes[0]
    image = ImageRequest(scene.description, 160, 90, picture=scene.picture, settings=settings_for("default", "image"))

    same, changed = (
        read_recipe(make(one).files[0].path) for one in (image, replace(image, prompt="A dog on a beach."))
    )

    assert same.sight.place == scene.picture["place"]
    assert changed.sight is None


# Five minutes with three choruses, as (section, share of the song, energy).
RETURNING = (
    ("intro", 0.06, 0.2), ("verse 1", 0.19, 0.45), ("chorus", 0.15, 0.95), ("verse 2", 0.18, 0.5),
    ("chorus", 0.15, 0.95), ("bridge", 0.08, 0.5), ("final chorus", 0.13, 1.0), ("outro", 0.06, 0.15),
)  # fmt: skip
IDEAS = (
    "a lighthouse keeper dances through a storm",
    IDEA,
    "Two kids ride their bikes through a small town at sunset and release a red balloon",
    "A cowboy plays cards in a saloon, then a duel at noon on the dusty street",
)


@pytest.fixture(params=IDEAS, ids=["keeper", "sister", "kids", "cowboy"])
def returning_film(make, settings_for, request):
    """Return 38 scenes of an idea over a song whose chorus comes three times."""
    sections, start = [], 0.0
    for label, share, energy in RETURNING:
        sections.append(SongSection(label, start, start + share * 300, energy))
        start += share * 300
    slots = tuple((number * 300 / 38, (number + 1) * 300 / 38) for number in range(38))
    asked = ScenesRequest(
        request.param, slots=slots, seed=1, song=SongBrief(300, 120, tuple(sections)),
        settings=settings_for("default", "scenes"),
    )  # fmt: skip
    return make(asked).scenes


def story_of(scenes, label):
    """Return (place, action) of each run of scenes in sections of that name, without singing and single things."""
    runs = [list(run) for named, run in groupby(scenes, lambda scene: label in scene.section) if named]
    return [
        [(scene.picture.get("place"), scene.picture.get("action")) for scene in run if scene.picture.get("cast")]
        for run in ([scene for scene in run if not scene.lipsync] for run in runs)
    ]


def test_chorus_returns_with_its_motif_from_another_angle(returning_film):
    first, second, third = story_of(returning_film, "chorus")

    assert set(second) & set(first) and set(third) & set(first)
    assert {place for place, _ in second + third} <= {place for place, _ in first}
    assert len({scene.description for scene in returning_film}) == 38


def test_verses_keep_other_moments_than_the_chorus(returning_film):
    chorus = {shown for run in story_of(returning_film, "chorus") for shown in run}
    verses = [shown for run in story_of(returning_film, "verse") for shown in run]

    assert sum(shown in chorus for shown in verses) <= 0.4 * len(verses)


def test_long_film_has_many_places_and_angles_and_few_inserts(returning_film):
    pictures = [scene.picture for scene in returning_film]
    inserts = [scene.picture["things"][0]["name"] for scene in returning_film if "detail" in scene.shot]

    seen = {(picture.get("place"), scene.shot) for picture, scene in zip(pictures, returning_film, strict=True)}
    assert len(seen) >= 8 and len({picture.get("place") for picture in pictures}) >= 3
    assert all(inserts.count(name) <= 2 for name in inserts)


def test_song_that_is_all_chorus_still_moves_about(make, request_):
    song = SongBrief(60, 120, (SongSection("intro", 0, 10, 0.1), SongSection("chorus", 10, 60, 0.9)), sung=())
    scenes = make(replace(request_, idea="a lighthouse keeper dances through a storm", song=song)).scenes

    assert len({scene.picture.get("place") for scene in scenes}) >= 3


def test_all_moments_of_a_story_are_told_with_the_chorus_in_the_middle():
    verse, chorus = Place("verse"), Place("chorus")
    assert moments_told(3, [verse] * 4 + [chorus] * 2 + [verse] * 2) == [0, 0, 0, 0, 1, 1, 2, 2]
    assert moments_told(2, [verse, chorus, verse, chorus, verse]) == [0, 1, 0, 1, 1]
    assert moments_told(6, [chorus] * 3 + [verse]) == [0, 1, 3, 4]
    assert moments_told(2, [Place()] * 4) == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("sentence", "written"),
    [
        ("{shot}: {subject} {action} {place}. {moment}. {move}.", "{shot}: {subject} {action} {place}. {move}."),
        ("{shot}. {subject} {action}: {moment}. {move}.", "{shot}. {subject} {action} {place}. {move}."),
        ("{moment}. {shot} of {subject}, who {action}. {move}.", "{shot} of {subject}, who {action} {place}. {move}."),
        ("{shot} {place}, {light}. {moment}. {move}.", "{shot}, {light}. {moment}. {move}."),
        ("{shot}: {moment}. In {light}, the camera {move}.", "{shot}: {moment}. In {light}, the camera {move}."),
    ],
)  # fmt: skip
def test_sentence_that_names_the_moments_parts_says_nothing_twice(sentence, written):
    assert _said_once(sentence) == written


def test_an_idea_without_a_place_plays_at_one_of_the_flavors(make, request_):
    scenes = make(replace(request_, idea="Grandma juggles three red apples", character_description="")).scenes

    assert all(scene.place for scene in scenes)


def test_a_short_film_shows_every_moment_itself(make, request_):
    idea = "A boy finds an egg in the forest, a whale rises at sea, two strangers kiss on a bridge"
    scenes = make(replace(request_, idea=idea, slots=tuple((n * 4.0, n * 4.0 + 4) for n in range(8)))).scenes

    for told in ("finds an egg", "a whale rises", "two strangers kiss"):
        assert any(told in scene.description.lower() and "detail" not in scene.shot for scene in scenes)


@pytest.mark.parametrize(
    ("description", "written"),
    [
        ("Tom, an old man in a yellow raincoat", ", Tom, an old man"),  # "tom" is a word, too
        ("Old man in a yellow raincoat", "old man in a yellow raincoat"),
    ],
)
def test_names_keep_their_capital_letter(make, request_, description, written):
    request = replace(request_, idea="A lighthouse keeper dances in the storm", character_description=description)
    assert written in make(request).scenes[0].description
