import pytest

from engines.draft.idea import read_idea
from engines.draft.reading import read_prompt, read_sight, settled


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
    assert woman.garment_colour != detective.garment_colour


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
