"""What each scene of a film shows: the story's moments in order, and between them what else belongs to it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from engines.draft.grammar import SceneGrammar
from engines.draft.idea import Idea, Moment, described, lower_first, place_said
from engines.draft.people import Person
from engines.draft.reading import Amount, Member, Sight, read_sight
from engines.draft.vocabulary import Dressing, places, things
from engines.draft.words import forms

# How a moment is seen when it comes back, so that no two shots of it are the same.
_ANGLES = (
    "",
    "seen from behind",
    "from a low angle",
    "seen from above",
    "in profile",
    "seen from far away",
    "up close",
    "reflected",
)
# No insert is shown more often.
_MOST_INSERTS = 2
# Scenes of one moment: the moment itself (m), what its lead does there (a), what is near by (n).
_PATTERN = "mnmamnma"


@dataclass(frozen=True)
class Shown:
    """What one scene shows. `text` is a whole clause; `subject`, `action` and `place` are its parts, for sentences that
    name them apart."""

    text: str
    subject: str
    action: str
    place: str
    sight: Sight


@dataclass
class Film:
    """The film of an idea in `total` scenes. Scenes are asked for in order."""

    idea: Idea
    subject: str
    plural: bool
    cast: tuple[Member, ...]
    total: int
    character: str = ""
    seen: dict[int, int] = field(default_factory=dict)
    inserted: dict[str, int] = field(default_factory=dict)
    introduced: bool = False

    @staticmethod
    def of(idea: Idea, description: str, grammar: SceneGrammar, total: int) -> "Film":
        """Return the film of an idea. `description` is the character's, "" for whoever the idea names."""
        character = _character(description)
        cast = described(idea.cast, character) if character else idea.cast
        subject = character or idea.lead or grammar.subject_without_character
        if character and idea.lead and idea.cast:
            subject = f"{idea.lead}, {character}"
        if not cast and not idea.things:
            cast = read_sight(subject).cast or (Member(Person()),)
        return Film(idea, _closed(subject), idea.plural and bool(idea.lead or not character), cast, total, character)

    def moment_number(self, index: int) -> int:
        """Return which moment scene `index` belongs to. The last scene of a long film returns to the first place."""
        return min(len(self.idea.moments) - 1, index * len(self.idea.moments) // max(1, self.total))

    def moment(self, index: int) -> Moment:
        return self.idea.moments[self.moment_number(index)]

    def is_moment(self, index: int) -> bool:
        """Whether the next story scene shows the moment itself, which needs room to be seen."""
        return _PATTERN[self.seen.get(self.moment_number(index), 0) % len(_PATTERN)] == "m"

    def light_at(self, index: int, moment: Moment) -> str:
        """Return the moment's time of day; where the idea has none, the film goes through one."""
        place = places().get(moment.sight.place)
        if moment.sight.light or (place is not None and (place.indoors or place.light)):
            return moment.sight.light
        arc = ("dusk", "night", "dusk") if moment.sight.weather == "rain" else ("day", "dusk", "night")
        return arc[min(2, index * 3 // max(1, self.total))]

    def story(self, index: int, choose_action: Callable[[], str]) -> Shown:
        """Return the next scene of the moment: the moment itself, then what belongs to it."""
        number = self.moment_number(index)
        moment = self.idea.moments[number]
        times = self.seen.get(number, 0)
        self.seen[number] = times + 1
        kind = _PATTERN[times % len(_PATTERN)]
        if kind == "m":
            return self._moment(moment, times)
        near = places()[moment.sight.place].near if moment.sight.place else ()
        place = near[times // 3 % len(near)] if kind == "n" and near else moment.sight.place
        return self._doing(moment, choose_action(), place)

    def performance(self, index: int, action: str) -> Shown:
        """Return the lead singing where the story is."""
        moment = self.moment(index)
        shown = self._doing(moment, action, moment.sight.place)
        return replace(shown, sight=replace(shown.sight, action="sing"))

    def has_insert(self, index: int) -> bool:
        return bool(self._insert_of(self.idea.moments[self.moment_number(index)]))

    def insert(self, index: int) -> Shown:
        """Return one thing of the moment alone; nobody is in the picture."""
        moment = self.idea.moments[self.moment_number(index)]
        amount = self._insert_of(moment)
        assert amount is not None  # noqa: S101 - asked for after has_insert
        self.inserted[amount.name] = self.inserted.get(amount.name, 0) + 1
        place = place_said(moment.sight.place)
        sight = replace(moment.sight, things=(amount,), cast=(), action="")
        return Shown(_called(amount), _called(amount), "", place, sight)

    def _insert_of(self, moment: Moment) -> Amount | None:
        known = things()
        own = [amount for amount in (*moment.sight.things, *self.idea.things) if amount.name in known]
        own += [Amount(dressing.thing) for dressing in _dress(moment.sight.place)]
        return next((amount for amount in own if self.inserted.get(amount.name, 0) < _MOST_INSERTS), None)

    def _moment(self, moment: Moment, times: int) -> Shown:
        """Return the moment itself, with the character's description where the lead is first named in it."""
        text = moment.text
        sight = replace(moment.sight, cast=tuple(self._as_drawn(member) for member in moment.sight.cast))
        if not sight.cast and not sight.things:
            sight = replace(sight, cast=self.cast)
        text = self._introduced(moment, text)
        if moment.sight.place and not moment.names_place:
            text = f"{text} {place_said(moment.sight.place)}"
        angle = _ANGLES[(times + 1) // 3 % len(_ANGLES)]
        text = f"{text}, {angle}" if angle else text
        action = text[len(moment.subject) :].strip() if moment.subject and text.startswith(moment.subject) else text
        return Shown(text, moment.subject or self.subject, action, "", sight)

    def _introduced(self, moment: Moment, text: str) -> str:
        """Put who the lead is after the words for it; where the clause has no such words, before it."""
        if not self.character:
            return text
        leads = any(self._is_lead(member) for member in moment.sight.cast)
        if leads and moment.subject and text.startswith(moment.subject) and len(moment.subject.split()) <= 5:
            return f"{moment.subject}, {self.character}, {text[len(moment.subject) :].strip()}"
        if leads:
            return f"{self.character}: {text}"
        return f"{text}, and {_closed(self.character)} looks on"

    def _is_lead(self, member: Member) -> bool:
        return bool(self.idea.cast) and member.person.role == self.idea.cast[0].person.role

    def _as_drawn(self, member: Member) -> Member:
        return self.cast[0] if self.cast and self._is_lead(member) else member

    def _doing(self, moment: Moment, action: str, place: str) -> Shown:
        """Return the lead doing something at a place, with the moment's light, weather and larger things."""
        words = _for_several(action) if self.plural else action
        own = read_sight(f"somebody {action}")
        said = place_said(place)
        known = things()
        kept = tuple(
            amount for amount in moment.sight.things if amount.name in known and known[amount.name].at not in {"hand"}
        )
        kept = tuple(dict.fromkeys((*self.idea.things, *(kept if place == moment.sight.place else ()))))
        sight = replace(moment.sight, place=place, action=own.action or "look", cast=self.cast, things=kept)
        return Shown(f"{self.subject} {words} {said}".strip(), self.subject, words, said, sight)


def _dress(place: str) -> Sequence[Dressing]:
    return places()[place].dress if place in places() else ()


def _called(amount: Amount) -> str:
    """Return the thing in words: "the red balloon" is "a balloon", alone in the picture."""
    name = re.sub(r" thing$", "", amount.name)
    if (
        amount.count > 1
        or name.endswith("s")
        or name in {"confetti", "money", "fire", "smoke", "corn", "wheat", "coral"}
    ):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _closed(subject: str) -> str:
    """End an apposition: "the keeper, an old man," goes before a verb."""
    return f"{subject}," if "," in subject and not subject.endswith(",") else subject


def _character(description: str) -> str:
    """Return who is seen, in the same words in every scene, so that paid models keep the face."""
    plain = re.sub(r"\s+", " ", description).strip().rstrip(".")
    if len(plain) > 220:
        plain = plain[:220].rsplit(" ", 1)[0].rstrip(",;")
    # "a woman in a red coat" within a sentence; names stay capitalised. Periods would end the sentence.
    return lower_first(plain.replace(". ", ", ")) if plain else ""


def _for_several(action: str) -> str:
    """Return what one does as several do it: "walks away and waits" is "walk away and wait"."""
    words = action.split()
    for number, word in enumerate(words):
        if number == 0 or words[number - 1] == "and":
            verbs = sorted(forms(word)[1])
            words[number] = verbs[0] if verbs and word.endswith("s") else word
    return " ".join(words)
