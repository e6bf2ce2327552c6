"""What a project says when the one-button path can't go on."""

from collections.abc import Sequence

from apps.core.text import listed
from apps.projects.models import Project
from apps.scenes.entry_broken import scenes_waiting
from apps.scenes.models import Scene
from apps.scenes.selectors import scene_awaits_choice, scene_error

# How many different reasons a project shows.
MOST_REASONS = 4


def failure_sentence(failed: Sequence[Scene], total: int, waiting: Sequence[tuple[Scene, Scene]], *, again: str) -> str:
    """`2 of 6 scenes couldn't be created. Scenes 2 and 3: It was cancelled. Press Generate …`; each reason once."""
    numbers: dict[str, list[str]] = {}
    for scene in failed:
        numbers.setdefault(scene_error(scene) or "It was cancelled.", []).append(str(scene.sequence))
    told = [f"Scene{'s' if len(of) > 1 else ''} {listed(of)}: {why}" for why, of in numbers.items()]
    more = f" And {len(told) - MOST_REASONS} more reasons." if len(told) > MOST_REASONS else ""
    reasons = " ".join(told[:MOST_REASONS])
    told_waiting = f" {waiting_sentence(waiting)}" if waiting else ""
    helps = _what_helps(failed, again)
    return f"{len(failed)} of {total} scenes couldn't be created. {reasons}{more}{told_waiting} {helps}"


def waiting_sentence(waiting: Sequence[tuple[Scene, Scene]]) -> str:
    """`Scene 3 waits for scene 2, and scene 4 for scene 3.`; "" if none waits."""
    told = [
        f"scene {scene.sequence} {'for' if at else 'waits for'} scene {before.sequence}"
        for at, (scene, before) in enumerate(waiting[:MOST_REASONS])
    ]
    sentence = ", ".join([*told[:-1], f"and {told[-1]}"] if len(told) > 1 else told)
    return f"{sentence[:1].upper()}{sentence[1:]}." if told else ""


def chain_sentence(project: Project, scenes: Sequence[Scene]) -> str:
    """Return which scenes can't be made because the one that they continue from failed or was cancelled, and what
    helps; "" if there are none. `scenes` are the project's in order."""
    waiting = scenes_waiting(project, scenes)
    reasons = list(dict.fromkeys(one.reason for one in waiting))[:MOST_REASONS]
    helps = dict.fromkeys(one.helps for one in waiting)
    return " ".join([*filter(None, [waiting_sentence([(one.scene, one.before) for one in waiting])]), *reasons, *helps])


def _what_helps(failed: Sequence[Scene], again: str) -> str:
    """Return `Press Generate …` for work that it retries. It doesn't retry what was paid for, or may have been."""
    choosing = [str(scene.sequence) for scene in failed if scene_awaits_choice(scene)]
    if not choosing:
        return f"Click {again} to retry them."
    cards = f"{'cards' if len(choosing) > 1 else 'card'} of scene{'s' if len(choosing) > 1 else ''} {listed(choosing)}"
    decide = f"On the {cards}, decide whether to use what you paid for or pay again"
    return f"{decide}." if len(choosing) == len(failed) else f"{decide}, then click {again} for the rest."
