"""What changed between two versions of a film, in words."""

import pytest

from apps.composition.changes import plan_changes


def shot(scene, frames=24, **fields):
    return {
        "scene_id": str(scene),
        "sequence": scene,
        "clip_id": f"clip {scene}",
        "asset_id": scene,
        "frames": frames,
    } | {
        "start": "0",
        **fields,
    }


def plan(*shots, **fields):
    return {"shots": list(shots), "width": 1280, "height": 720, "fps": "24", **fields}


BEFORE = plan(shot(1), shot(2), shot(3))


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (BEFORE, "The same scenes, composed again."),
        (plan(shot(1), shot(2), shot(3, clip_id="new")), "Another clip in scene 3."),
        (plan(shot(1), shot(2, 20), shot(3, 28)), "Cut 2 moved."),
        # The clip after a cut that moved starts elsewhere, which needs no words of its own.
        (plan(shot(1, 20), shot(2, 28, start="1/6"), shot(3)), "Cut 1 moved."),
        (plan(shot(1), shot(2, start="1/2"), shot(3)), "Another part of the clip in scene 2."),
        (plan(shot(1, 20), shot(2, 20), shot(3, 20)), "Cuts 1 and 2 moved, another length."),
        (plan(shot(1), shot(2), shot(3), burned_lyrics="x"), "Captions in the picture on."),
        (plan(shot(2), shot(1), shot(3)), "Scenes reordered."),
        (plan(shot(1), shot(3)), "One scene removed."),
        (
            plan(shot(1), shot(2, 20, transition="flash"), shot(3, 28, clip_id="new"), soft_lyrics="x"),
            "Another clip in scene 3, cut 2 moved, another transition into scene 2, caption track on.",
        ),
    ],
)
def test_changes_are_told_in_words(after, sentence):
    assert plan_changes(BEFORE, after) == sentence


def test_captions_that_are_gone_are_off():
    assert plan_changes(plan(shot(1), burned_lyrics="x"), plan(shot(1))) == "Captions in the picture off."
