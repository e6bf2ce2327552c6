"""How people, things and actions are called in the sentences of a film's scenes."""

import re
from collections.abc import Sequence

from engines.draft.colors import color_name
from engines.draft.idea import lower_first
from engines.draft.sight import Amount, Member
from engines.draft.words import forms


def role_said(cast: Sequence[Member]) -> str:
    """Return a lead in words who is named only later in the idea: "the girls"."""
    role = cast[0].person.role if cast else ""
    return f"the {role}" if role else ""


def called(amount: Amount) -> str:
    """Return the thing in words: "the red balloon" is "a red balloon", alone in the picture."""
    name = f"{color_name(amount.color)} {re.sub(r' thing$', '', amount.name)}".strip()
    if (
        amount.count > 1
        or name.endswith("s")
        or amount.name in {"confetti", "money", "fire", "smoke", "corn", "wheat", "coral"}
    ):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def closed(subject: str) -> str:
    """End an apposition: "the keeper, an old man," goes before a verb."""
    return f"{subject}," if "," in subject and not subject.endswith(",") else subject


def character_said(description: str) -> str:
    """Return who is seen, in the same words in every scene, so that paid models keep the face."""
    plain = re.sub(r"\s+", " ", description).strip().rstrip(".")
    if len(plain) > 220:
        plain = plain[:220].rsplit(" ", 1)[0].rstrip(",;")
    # "a woman in a red coat" within a sentence; names stay capitalized. Periods would end the sentence.
    return lower_first(plain.replace(". ", ", ")) if plain else ""


def for_several(action: str) -> str:
    """Return what one does as several do it: "walks away and waits" is "walk away and wait"."""
    words = action.split()
    for number, word in enumerate(words):
        if number == 0 or words[number - 1] == "and":
            verbs = sorted(forms(word)[1])
            words[number] = verbs[0] if verbs and word.endswith("s") else word
    return " ".join(words)
