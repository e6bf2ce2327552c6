"""Everything the vocabulary has can be painted, at the size of a thumbnail."""

import math

import numpy as np
import pytest

from engines.draft.backgrounds import PAINTERS
from engines.draft.glyphs import outline
from engines.draft.look import DraftLook, Palette
from engines.draft.people import COLORS, Person
from engines.draft.reading import read_prompt
from engines.draft.rig import GROUND_Y, pose_at, skeleton
from engines.draft.scene import Scene, characters
from engines.draft.sight import Amount, Member, Sight
from engines.draft.storyboard import Recipe, paint
from engines.draft.vocabulary import actions, implied_places, people, phrases, places, things

_GREY = Palette(
    sky_top="#7fa6c4", sky_low="#e6dcc8", far="#9fb0b4", near="#66757a", ground="#8b8672", figure="#2e3640",
    skin="#d9a98a", rim="#fff1d6", glow="#fff6df",
)  # fmt: skip
LOOK = DraftLook(
    palettes=dict.fromkeys(("day", "dusk", "night", "interior"), _GREY), grain=0, vignette=0, contrast=1, bars=0,
    outline=False, texture="smooth", label="#ffffff",
)  # fmt: skip


def painted(prompt, sight=None, steps=0):
    return paint(Recipe(prompt, 1, LOOK, sight=sight), 96, 54, steps=steps)


@pytest.mark.parametrize("place", places())
def test_every_place_looks_like_no_other(place):
    back = painted("Wide shot, nobody there.", Sight(place=place)).back

    assert places()[place].painter in PAINTERS
    assert back.std() > 8


def test_every_thing_has_an_outline():
    empty = outline("\ue000")[1].sum() / 255

    for thing in things().values():
        lines, body = outline(thing.glyph)
        assert body.sum() / 255 > 3000 and lines.shape != (0, 0), thing
        assert body.sum() / 255 != empty, thing


def test_every_kind_of_person_is_painted():
    for role in people():
        assert painted(f"Full shot of a {role}.").alpha.any(), role


@pytest.mark.parametrize("action", sorted(actions()))
def test_every_action_moves_and_stays_on_the_ground(action):
    bones = [skeleton(pose_at(action, step / 8)) for step in range(8)]

    assert len({bone.right_arm[2] for bone in bones} | {bone.head for bone in bones}) > 2
    for bone in bones:
        assert max(bone.left_leg[2][1], bone.right_leg[2][1]) < GROUND_Y + 3
        assert math.isclose(math.dist(*bone.right_leg[:2]), math.dist(*bone.left_leg[:2]), rel_tol=1e-6)


def test_a_movement_comes_back_to_where_it_began():
    layers = painted("Full shot: a woman dances on the beach.", steps=6)

    assert len(layers.cycle) == 6
    assert len({step.alpha.tobytes() for step in layers.cycle}) == 6
    assert (
        painted("Full shot: a woman dances on the beach.", steps=6).cycle[3].pixels.tobytes()
        == layers.cycle[3].pixels.tobytes()
    )


def test_a_thing_of_the_scene_is_seen():
    without, with_dog = (painted("Full shot of a man on a beach.", Sight("beach", "day", things=things_))
                         for things_ in ((), (Amount("dog"),)))  # fmt: skip

    assert np.abs(without.alpha.astype(int) - with_dog.alpha).sum() > 10_000


def test_the_vocabulary_names_only_what_it_has():
    known = {"place": set(places()), "thing": set(things()), "person": set(people()), "action": set(actions())}

    for entries in phrases().values():
        for entry in entries:
            assert entry.kind in {"light", "weather"} or entry.name in known[entry.kind]
    for word, place in implied_places().items():
        assert place in places()
        assert word in things() or word in people() or word in actions(), word
    for one in places().values():
        assert set(one.near) <= set(places())
        assert {dressing.thing for dressing in one.dress} <= set(things())


def test_a_lighthouse_is_lit_at_night_only():
    sky = {light: painted("Wide shot, nobody there.", Sight("sea", light)).light for light in ("day", "night")}
    tower = {light: painted("Wide shot, nobody there.", Sight("lighthouse", light)).light for light in sky}

    assert tower["night"].astype(int).sum() > 1.5 * sky["night"].astype(int).sum()
    assert tower["day"].astype(int).sum() <= 1.05 * sky["day"].astype(int).sum()


def test_red_chairs_of_a_cafe_are_red():
    seen, red = (
        painted("Wide shot, nobody there.", Sight("cafe", "day", things=(Amount("chair", color=color),), nobody=True))
        for color in ("", "#c03a34")
    )
    assert (redness(red.back) > 60).mean() > (redness(seen.back) > 60).mean() + 0.005


def redness(pixels):
    return pixels[..., 2].astype(int) - pixels[..., 1]


def test_who_sits_sits_on_the_chair_that_is_said():
    woman = (Member(Person(garment="shirt", garment_color=COLORS["red"], trousers="#2b2b2b")),)
    green = []
    for color in ("", COLORS["green"]):
        seen = Sight("living room", "day", action="sit", cast=woman, things=(Amount("chair", color=color),))
        front = paint(Recipe("Full shot.", 1, LOOK, sight=seen), 320, 180).front.astype(int)
        green.append((front[..., 1] > front[..., 2] + 20).sum())

    assert green[1] > green[0] + 60


def test_pirates_of_a_crew_are_told_apart():
    scene = Scene(
        read_prompt("Full shot.", Sight(cast=(Member(Person.of_role("pirate"), 3),))), _GREY, aspect=1.8, seed=1, side=1
    )
    assert len({(one.garment_color, one.hat, one.beard) for one in characters(scene, None)}) == 3
