import pytest

from apps.projects.titles import title_of


@pytest.mark.parametrize(
    ("idea", "title"),
    [
        ("rain", "Rain"),
        ("A lighthouse keeper dances through a storm", "A lighthouse keeper dances through a storm"),
        ("A courier rides through a neon city in the rain and finds the sea", "A courier rides through a neon city"),
        ("An old man walks the streets of the city of his youth", "An old man walks the streets"),
        ("Mara drives at night, alone, and the city she left follows her", "Mara drives at night, alone"),
        ("Neon. A city without people, seen by one drone", "Neon"),
        ("so, a city with no people and no lights left on at all", "So, a city with no people"),
        ("first line\nsecond line of the idea", "First line"),
        ("“Blue” – a diver who never comes up again from the deep", "“Blue” – a diver who never comes"),
        ("a" * 300, "A" + "a" * 59),
        ("夜の街を走る。雨", "夜の街を走る"),
        ("...", "..."),
    ],
)
def test_title_is_start_of_idea_cut_at_natural_place(idea, title):
    assert title_of(idea) == title
