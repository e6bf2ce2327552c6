"""The README's tour. `MV_TOUR_SCREENSHOTS=folder` takes it with a longer film and writes a picture of each step."""

import os
from pathlib import Path

import pytest

from apps.songs.synthesis import sample_song, write_audio
from tests.assets.conftest import audio_make
from tests.browser.tour import STEPS, Film, Tour

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]

PICTURES = os.environ.get("MV_TOUR_SCREENSHOTS")


def small_film(folder):
    return Film(
        song=audio_make(folder / "night-drive.wav", seconds=8),
        part=(1, 7),
        idea="A courier rides through the rain",
        character="Mara, thirty, short silver hair, yellow raincoat",
        look="cinematic",
        scenes=3,
        other_words="A close-up of the courier in front of the sea",
        lyrics="[00:02.00]Silver water\n[00:05.00]Under stone",
        first_word=2,
    )


def film_of_the_readme(folder):
    song = write_audio(sample_song(bpm=104), folder / "lamp-in-the-rain.flac", title="Lamp in the Rain")
    lines = ["Up the stairs the wind is calling", "Turn the lamp against the rain"]
    lines += ["Every wave a hand is reaching", "We will dance till it is day"]
    starts = (9.2, 13.8, 18.5, 23.1)
    return Film(
        song=song,
        part=(4.6, 27.7),
        idea="A lighthouse keeper dances through a storm",
        character="Tom, an old man with a white beard in a yellow raincoat",
        look="cinematic",
        scenes=None,
        other_words="Close-up of the lighthouse keeper, laughing in the storm, waves behind him",
        lyrics="\n".join(f"[00:{start:05.2f}]{line}" for start, line in zip(starts, lines, strict=True)),
        first_word=9.2,
    )


def test_ten_steps_from_the_start_page_to_the_package(page, worker, tmp_path):
    film = film_of_the_readme(tmp_path) if PICTURES else small_film(tmp_path)
    tour = Tour(
        page=page,
        film=film,
        folder=tmp_path,
        pictures=Path(PICTURES) if PICTURES else None,
        patience=600_000 if PICTURES else 120_000,
    )
    for step in STEPS:
        step(tour)
