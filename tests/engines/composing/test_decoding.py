"""A clip is decoded once, when it arrives; films that copy it don't decode it again."""

import json

import numpy as np

from engines.composing.decoding import decode_ahead
from engines.composing.shot_plan import Shot, ShotPlan
from engines.media.mp4 import read_track
from tests.engines.composing.conftest import SHAPE, as_source


def remembered(cache) -> dict[str, int]:
    """Return the number of frames of each stretch that was decoded, by its note."""
    notes = {file.name: json.loads(file.read_text()) for file in cache.root.glob("??/*.note")}
    return {name: note["frames"] for name, note in notes.items() if "first_light" in note}


def arrive(cache, *sources):
    with cache.session() as session:
        for source in sources:
            decode_ahead(source, SHAPE, session)
    return remembered(cache)


def test_film_of_arrived_clips_decodes_nothing(sources, cache, make):
    arrived = arrive(cache, sources["a"], sources["b"])
    assert sum(arrived.values()) == 120 and len(arrived) > 2

    _, proof = make(ShotPlan((Shot(sources["a"], 60), Shot(sources["b"], 60)), SHAPE))

    assert proof.passed and remembered(cache) == arrived


def test_part_of_a_clip_decodes_only_the_group_that_it_cuts(sources, cache, make):
    arrived = arrive(cache, sources["a"])
    second = int(np.flatnonzero(read_track(sources["a"].path, b"vide").sync)[1])

    _, proof = make(ShotPlan((Shot(sources["a"], second + 5),), SHAPE))

    new = {name: frames for name, frames in remembered(cache).items() if name not in arrived}
    assert proof.passed and list(new.values()) == [5]


def test_copied_clips_beside_encoded_ones_are_decoded_with_their_own_headers(sources, cache, make):
    arrived = arrive(cache, sources["a"], sources["foreign"])
    _, proof = make(ShotPlan((Shot(sources["foreign"], 30), Shot(sources["a"], 60)), SHAPE))
    new = {name: frames for name, frames in remembered(cache).items() if name not in arrived}
    assert proof.passed and sum(arrived.values()) == 60 and sum(new.values()) == 30


def test_damage_in_an_arrived_clip_is_still_found(sources, cache, make, tmp_path):
    data = bytearray(sources["a"].path.read_bytes())
    track = read_track(sources["a"].path, b"vide")
    middle = int(track.offsets[30]) + 8
    data[middle : middle + int(track.sizes[30]) - 8] = b"\x00" * (int(track.sizes[30]) - 8)
    (tmp_path / "damaged.mp4").write_bytes(data)
    damaged = as_source(tmp_path / "damaged.mp4")
    arrive(cache, damaged)
    _, proof = make(ShotPlan((Shot(damaged, 60),), SHAPE))
    assert "decodes" in {check.name for check in proof.checks if not check.passed}
