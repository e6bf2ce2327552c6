import pytest

from engines.draft.colors import color_name
from engines.draft.company.described import described, place_of
from engines.draft.idea import read_idea
from engines.draft.people import COLORS, Person, read_marks
from engines.draft.reading import read_prompt, read_sight, settled
from engines.draft.sight import Sight


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a lighthouse keeper dances through a storm", "lighthouse"),
        ("the driver waits on the street", "street"),
        ("she sings the single in a club", "club"),
        ("a soldier waits on a frozen lake", "frozen lake"),
        ("she waves to him on the rooftop", "rooftop"),
        ("a whale rises", "sea"),
        ("a quiet song about nothing", ""),
    ],
)
def test_place_is_found_by_whole_words(text, place):
    assert settled(read_sight(text)).place == place


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("a lighthouse", "house"),
        ("a man in a raincoat", "umbrella"),
        ("a monkey", "key"),
        ("a street", "tree"),
        ("she waves to him", "big wave"),
    ],
)
def test_no_thing_is_found_inside_another_word(text, missing):
    assert missing not in {thing.name for thing in read_sight(text).things}


def test_words_that_only_contain_a_weather_or_a_time_are_none():
    seen = read_sight("a man in a raincoat with a golden retriever")

    assert (seen.weather, seen.light) == ("", "")
    assert [thing.name for thing in seen.things] == ["dog"]


def test_verbs_and_nouns_of_the_same_letters_are_told_apart():
    assert read_sight("the girl trains in a gym").things == ()
    assert [thing.name for thing in read_sight("two trains cross a field").things] == ["train"]


def test_each_person_has_the_marks_that_stand_with_them():
    cast = read_sight("a detective with an umbrella follows a woman in a red dress").cast

    detective, woman = (member.person for member in cast)
    assert (detective.garment, woman.garment) == ("trenchcoat", "dress")
    assert woman.garment_color != detective.garment_color


def test_a_description_after_a_comma_is_the_same_person():
    cast = read_sight("a lighthouse keeper, an old man with a white beard in a blue coat, dances").cast

    assert len(cast) == 1
    assert (cast[0].person.garment, cast[0].person.beard) == ("coat", True)


def test_somebody_looked_for_is_not_there():
    assert [member.person.role for member in read_sight("a woman is looking for her brother").cast] == ["woman"]


@pytest.mark.parametrize(
    ("text", "place", "thing"),
    [
        ("Ein Mädchen mit einem Regenschirm läuft durch die Stadt", "city", "umbrella"),
        ("Una mujer baila en la playa con su caballo", "beach", "horse"),
        ("Un homme marche dans la forêt avec un chien", "forest", "dog"),
        ("Una donna canta sulla spiaggia con la chitarra", "beach", "guitar"),
        ("Um homem anda na floresta com o cachorro", "forest", "dog"),
    ],
)
def test_five_other_languages_are_understood_in_part(text, place, thing):
    seen = read_sight(text)

    assert seen.place == place
    assert thing in {amount.name for amount in seen.things}


def test_pictures_stored_with_british_names_are_read():
    stored = {"place": "theatre", "cast": [{"count": 1, "garment": "armour", "garment_colour": "#9aa5b0"}]}

    sight = Sight.from_data(stored)

    assert sight.place == "theater"
    assert sight.cast[0].person == Person(garment="armor", garment_color="#9aa5b0")


def test_what_tells_how_a_picture_is_made_is_not_in_it():
    brief = read_prompt("Medium shot of a man. The camera pans left. Natural colours, 35mm, no text in the picture.")

    assert brief.sight.things == ()
    assert brief.action == "stand"


def test_known_sight_wins_over_the_words():
    assert read_prompt("Wide shot of a castle.", read_sight("a dog on the beach")).place == "beach"


def test_somebody_met_as_a_mere_pronoun_is_in_the_picture():
    found = read_sight("The woman finds her singing in an empty club")

    assert [member.person.role for member in found.cast] == ["woman", "companion"]
    assert len(read_sight("The man kisses her hand").cast) == 1
    assert len(read_sight("The woman is looking for her sister").cast) == 1


def test_things_at_another_place_are_a_moment_of_their_own():
    idea = read_idea("a hacker types in a dark room, helicopters over the city", most_words=14)

    assert [moment.sight.place for moment in idea.moments] == ["room", "city"]
    assert idea.moments[1].text == "helicopters over the city"
    assert len(read_idea("a woman walks in the rain, skates home", most_words=14).moments[-1].subject)


def moments_of(idea):
    return [moment.sight for moment in read_idea(idea, most_words=14).moments]


def test_what_is_ridden_stays_with_its_rider():
    church, _, beach = moments_of("The bride runs out of the church, jumps on a motorcycle and rides to the beach")

    assert church.place == "church"
    assert (beach.place, beach.action) == ("beach", "ride")
    assert "motorcycle" in {amount.name for amount in beach.things}


def test_who_turns_into_somebody_is_that_from_then_on():
    *_, last = moments_of("Kids on a school bus turn into superheroes and fly over the city")

    assert [(member.person.role, member.person.age, member.count) for member in last.cast] == [
        ("superhero", "child", 3)
    ]


def test_who_is_only_met_by_a_pronoun_is_the_lead():
    first, last = moments_of("a boxer cries in the shower after losing, his little daughter hugs him")

    assert first.cast[0].person.sex == "m"
    assert {member.person.role for member in last.cast} == {"boxer", "girl"}


def test_a_duel_takes_two_and_who_never_comes_is_not_there():
    duel = moments_of("A cowboy plays cards in a saloon, then a duel at noon on the dusty street")[-1]
    (wait,) = moments_of("an old man and his dog wait at the train station for a woman who never comes")

    assert (duel.place, duel.action, duel.cast[0].count) == ("western street", "fight", 2)
    assert [member.person.role for member in wait.cast] == ["old man"]


def test_what_something_is_done_for_is_shown_too():
    ride, rescue = moments_of("A knight rides a horse through a burning castle to save his queen")

    assert ride.action == "ride"
    assert [member.person.role for member in rescue.cast] == ["knight", "queen"]
    assert "fire" in {amount.name for amount in rescue.things}


@pytest.mark.parametrize(
    ("idea", "lead", "action", "other", "does"),
    [
        ("grandma learns to skateboard at the park, the kids cheer her on", "old woman", "skate", "kids", "wave"),
        ("a busker with a violin in the subway, one child stops and listens", "musician", "play", "child", "look"),
        ("a woman waits at home. She finds her singing in an empty club", "woman", "find", "companion", "sing"),
        ("dad teaches me to ride a bicycle, years later I teach my daughter", "man", "work", "girl", "ride"),
        ("a boxer trains in a gym, wins the fight", "boxer", "raise", "boxer", "lie"),
    ],
)
def test_two_people_each_do_their_own(idea, lead, action, other, does):
    last = moments_of(idea)[-1]

    assert last.action == action
    assert [(member.person.role, member.person.does) for member in last.cast[:2]] == [(lead, ""), (other, does)]


def test_the_dark_lasts_until_it_is_left():
    dance, dark, candles, beach = moments_of(
        "a couple dances in a kitchen, the power goes out, they light candles and they run to the beach"
    )

    assert (dance.weather, dark.weather, candles.weather, beach.weather) == ("", "dark", "dark", "")


def test_a_bus_leaves_without_whoever_was_met_and_roses_fall_on_who_dances():
    assert moments_of("she packs a suitcase, the bus leaves in the rain")[-1].cast == ()
    roses = moments_of("a ballerina dances in a theatre, roses fall from the balcony")[-1]
    assert (roses.cast[0].person.role, roses.action) == ("ballerina", "dance")


def test_a_giant_thing_stays_giant_in_the_stored_facts():
    sight = read_sight("a chef cooks a giant pizza")

    assert Sight.from_data(sight.to_data()) == sight
    assert [amount.size for amount in sight.things] == [4]


@pytest.mark.parametrize(("idea", "count"), [("Two kids ride their bikes", 2), ("Kids ride their bikes", 3)])
def test_as_many_children_are_drawn_as_are_said(idea, count):
    assert moments_of(idea)[0].cast[0].count == count


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("a lonely vampire in a supermarket", "sorrow"),
        ("two strangers kiss at the festival", "love"),
        ("an angry chef in the kitchen", "anger"),
        ("the old man falls asleep", "asleep"),
        ("a girl runs through the city", ""),
    ],
)
def test_what_somebody_feels_is_read_from_the_words(text, mood):
    assert read_sight(text).mood == mood


def test_a_mood_is_kept_with_the_facts():
    seen = read_sight("a sad clown in the rain")

    assert Sight.from_data(seen.to_data()) == seen


def test_a_boat_that_is_rowed_has_oars():
    moment = read_idea("An old fisherman rows his boat out to sea", most_words=20).moments[0]

    assert [thing.name for thing in moment.sight.things] == ["rowing boat"]


def test_a_verb_before_its_object_names_no_thing():
    assert read_sight("a mother rocks her baby").things == ()


def test_two_words_for_one_person_are_one_person():
    assert [member.person.role for member in read_sight("a skeleton mariachi plays the trumpet").cast] == [
        "skeleton man"
    ]


def test_a_lead_who_is_only_called_she_is_the_lead():
    idea = read_idea("she kisses him on the train platform, soldiers board the train", most_words=20)

    assert idea.cast[0].person.role == "woman"


@pytest.mark.parametrize(
    ("text", "colors"),
    [
        ("two red wooden chairs and a dog", {"chair": "red", "dog": ""}),
        ("the chairs are red and the dog barks", {"chair": "red", "dog": ""}),
        ("a red umbrella", {"umbrella": "red"}),
        ("a girl in a red dress rides a horse", {"horse": ""}),
        ("a man with red hair and a dog", {"dog": ""}),
        ("a woman with blue glasses drinks coffee", {"coffee": ""}),
        ("cars in red light", {"car": ""}),
    ],
)
def test_a_thing_has_the_color_that_is_said_of_it(text, colors):
    assert {thing.name: color_name(thing.color) for thing in read_sight(text).things} == colors


def test_a_color_said_once_stays_with_the_thing():
    story = read_idea("a man drives a blue car through the desert. The car stops. A dog barks", most_words=30)

    assert [color_name(thing.color) for moment in story.moments[:2] for thing in moment.sight.things] == ["blue"] * 2


def test_colors_of_what_is_worn_are_read():
    marks = read_marks("a woman with green eyes, round red glasses, jeans and white boots", Person())

    assert (color_name(marks.glasses_color), color_name(marks.trousers), color_name(marks.shoes)) == (
        "red", "denim", "white",
    )  # fmt: skip
    assert marks.eyes and marks.glasses


@pytest.mark.parametrize(
    ("text", "light"),
    [
        ("a café in the morning", "day"),
        ("a café", "day"),
        ("a kitchen on a sunny day", "day"),
        ("a kitchen", "interior"),
        ("a bar at noon", "interior"),
        ("a café at night", "night"),
    ],
)
def test_the_light_of_a_room_is_that_of_the_hour(text, light):
    assert settled(read_sight(text)).light == light


def test_what_a_place_is_painted_in_stays():
    story = read_idea("a woman waits in a café with red chairs. She sings", most_words=30)

    assert [moment.sight.painted for moment in story.moments] == [COLORS["red"]] * 2


def test_who_is_given_something_is_there():
    assert len(read_sight("a man brings her a yellow umbrella").cast) == 2
    assert len(read_sight("a man kisses her hand").cast) == 1


def test_only_who_is_sung_to_sleep_sleeps():
    assert read_sight("a mother rocks her baby to sleep").action != "lie"
    assert read_sight("a mother falls asleep").action == "lie"


def test_a_place_is_not_of_the_color_of_what_is_in_it():
    setting = place_of("Café Rosa", "A café with red chairs and a blue sofa").setting

    assert setting.surfaces == ""
    assert {thing.name: color_name(thing.color) for thing in setting.things} == {"chair": "red", "sofa": "blue"}


@pytest.mark.parametrize(
    "words",
    [
        "Eine Frau mit blauer Brille und roten Schuhen",
        "Una mujer con gafas azules y zapatos rojos",
        "Une femme avec des lunettes bleues et des chaussures rouges",
    ],
)
def test_colors_of_glasses_and_shoes_are_read_in_other_languages(words):
    person = described("Ana", words, "", "").member.person

    assert (color_name(person.glasses_color), color_name(person.shoes)) == ("blue", "red")
