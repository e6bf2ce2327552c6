"""What each scene of a film shows: the story's moments in order, and between them what else belongs to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engines.draft.film_words import called, character_said, closed, for_several, listed, role_said
from engines.draft.grammar import SceneGrammar
from engines.draft.idea import Idea, Moment, described, place_said
from engines.draft.people import Person
from engines.draft.props import VEHICLES
from engines.draft.reading import PRONOUNS, read_sight
from engines.draft.sight import Amount, Member, Sight
from engines.draft.vocabulary import STAND_INS, Dressing, places, things

# Places of a big city.
_URBAN = frozenset(("city", "street", "rooftop", "subway", "square", "paris", "bridge"))
# How a moment is seen when it comes back, so that no two shots of it are the same. None says how near it is, which the
# framing does.
_ANGLES = (
    "",
    "seen from behind",
    "from a low angle",
    "in profile",
    "seen from above",
    "against the light",
    "reflected",
)
# No insert is shown more often.
_MOST_INSERTS = 2
# Scenes of one moment: the moment itself (m), what its lead does there (a), what is near by (n). A chorus stays with
# its moment. Where the whole story is one moment, the verses keep away from it, and arrive at it from near by.
_PATTERN, _CHORUS_PATTERN, _AROUND_PATTERN = "mnmamnma", "mammnamm", "nanaan"
# In a short film there is less room for what is near by.
_SHORT_PATTERN, _SHORT_AROUND_PATTERN = "mmammn", "mnmamn"
# A chorus that fills more of the film than this is no part of it that could return.
_MOST_CHORUS = 0.65
# From this many scenes on, the film ends with its last moment itself.
_LONG_FILM, SHORT_FILM = 5, 12


@dataclass(frozen=True)
class Shown:
    """What one scene shows. `text` is a whole clause; `subject`, `action` and `place` are its parts, for sentences that
    name them apart."""

    text: str
    subject: str
    action: str
    place: str
    sight: Sight


@dataclass(frozen=True)
class Place:
    """A scene's place in the song: the kind of part it is in, and which time that part comes, from 1. Without a song,
    the kind is empty."""

    kind: str = ""
    time: int = 1

    @property
    def in_chorus(self) -> bool:
        return self.kind == "chorus"


@dataclass(frozen=True)
class _Take:
    """What a scene of the first chorus showed, so that it can be taken up again. `kind` is as in the patterns."""

    kind: str
    action: str
    place: str


@dataclass
class Film:
    """The film of an idea in as many scenes as there are `scenes`. Scenes are asked for in order.

    The story's moments are told in order by the verses. The chorus keeps one of them for itself: it is told where the
    chorus first comes, and taken up from other angles whenever it returns.
    """

    idea: Idea
    subject: str
    plural: bool
    cast: tuple[Member, ...]
    scenes: Sequence[Place]
    moments: Sequence[int]
    character: str = ""
    named_places: Mapping[str, str] = field(default_factory=dict)
    company: Sequence[str] = ()
    groups: int = 0
    seen: dict[tuple[int, bool], int] = field(default_factory=dict)
    near_seen: dict[int, int] = field(default_factory=dict)
    angles_seen: dict[int, int] = field(default_factory=dict)
    inserted: dict[str, int] = field(default_factory=dict)
    motif: list[_Take] = field(default_factory=list)
    returned: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.scenes)

    @staticmethod
    def of(
        idea: Idea,
        description: str,
        grammar: SceneGrammar,
        scenes: Sequence[Place],
        named_places: Mapping[str, str] | None = None,
        company: Sequence[str] = (),
    ) -> "Film":
        """Return the film of an idea. `description` is the character's, "" for whoever the idea names; `named_places`
        says how places of the vocabulary are called in this film. Of an idea about nobody, `company` are the words for
        its characters, who take turns in it."""
        character = character_said(description)
        cast = described(idea.cast, character) if character else idea.cast
        subject = character or idea.lead or role_said(idea.cast) or grammar.subject_without_character
        if character and idea.lead and idea.cast:
            subject = f"{idea.lead}, {character}"
        if not cast and not idea.things:
            cast = read_sight(subject).cast or (Member(Person()),)
        plural = idea.plural and bool(idea.lead or not character)
        if sum(scene.in_chorus for scene in scenes) > _MOST_CHORUS * len(scenes):
            scenes = [Place()] * len(scenes)
        moments = moments_told(len(idea.moments), scenes)
        return Film(
            idea,
            closed(subject),
            plural,
            cast,
            scenes,
            moments,
            character,
            named_places or {},
            () if idea.cast else company,
        )

    @property
    def lead_role(self) -> str | None:
        """The role of the lead as drawn, where no name says who it is."""
        return self.cast[0].person.role if self.cast and self.cast[0].person.role not in STAND_INS else None

    def said(self, place: str) -> str:
        """Return a place in words: by its name, if it has one in this film."""
        return self.named_places.get(place) or place_said(place)

    def moment_number(self, index: int) -> int:
        """Return which moment scene `index` belongs to."""
        return self.moments[index]

    def moment(self, index: int) -> Moment:
        return self.idea.moments[self.moment_number(index)]

    def is_moment(self, index: int) -> bool:
        """Whether the next story scene shows the moment itself, which needs room to be seen."""
        return self._kind(index) == "m"

    def is_last_chance(self, index: int) -> bool:
        """Whether a moment that has not been shown itself has no later scene, in a film that has one for each."""
        number, told = self.moment_number(index), set(self.moments)
        return len(told) > 1 and not self.seen_itself(index) and number not in self.moments[index + 1 :]

    def is_inside(self, index: int) -> bool:
        """Whether the next story scene shows somebody at the wheel, who is seen from near."""
        moment = self.moment(index)
        short = self.total < SHORT_FILM
        return (
            short
            and self._kind(index) == "n"
            and driven(moment.sight)
            and not self.near_seen.get(self.moment_number(index))
        )

    def _kind(self, index: int) -> str:
        """Return what the next story scene shows, as in the patterns."""
        scene = self.scenes[index]
        if self._is_end(index):
            return "m"
        if scene.in_chorus and scene.time > 1 and self.motif:
            return self.motif[self.returned.get(scene.time, 0) % len(self.motif)].kind
        times = self.seen.get((self.moment_number(index), scene.in_chorus), 0)
        short = self.total < SHORT_FILM
        pattern = _CHORUS_PATTERN if scene.in_chorus else _SHORT_PATTERN if short else _PATTERN
        if not self.seen_itself(index):
            return "m"
        if not scene.in_chorus and len(self.idea.moments) == 1 and any(one.in_chorus for one in self.scenes):
            pattern = _SHORT_AROUND_PATTERN if short else _AROUND_PATTERN
            if index == 0:
                return "m"
        if short and times == 1 and driven(self.moment(index).sight):
            return "n"  # inside the car
        return pattern[times % len(pattern)]

    def seen_itself(self, index: int) -> bool:
        """Whether the moment that a scene belongs to has been shown itself."""
        return any(number == self.moment_number(index) for number, _ in self.seen)

    def _is_end(self, index: int) -> bool:
        return index == self.total - 1 and self.total >= _LONG_FILM

    def light_at(self, index: int, moment: Moment) -> str:
        """Return the moment's time of day; where the idea has none, the film goes through one."""
        place = places().get(moment.sight.place)
        if moment.sight.light or (place is not None and (place.indoors or place.light)):
            return moment.sight.light
        arc = ("dusk", "night", "dusk") if moment.sight.weather == "rain" else ("day", "day", "dusk", "dusk", "night")
        return arc[min(len(arc) - 1, index * len(arc) // max(1, self.total + 1))]

    def story(self, index: int, choose_action: Callable[[], str]) -> Shown:
        """Return the next scene of the moment: the moment itself, then what belongs to it."""
        number, scene = self.moment_number(index), self.scenes[index]
        moment, kind = self.idea.moments[number], self._kind(index)
        self.seen[number, scene.in_chorus] = self.seen.get((number, scene.in_chorus), 0) + 1
        if scene.in_chorus and scene.time > 1 and self.motif:
            return self._taken_up(moment, scene.time)
        if kind == "m":
            self._keep(scene, _Take(kind, "", ""))
            return self._moment(moment, self._next_angle(number))
        place = self._near(number, moment) if kind == "n" else moment.sight.place
        action = choose_action()
        self._keep(scene, _Take(kind, action, place))
        return self._doing(moment, action, place)

    def _next_group(self) -> list[Member]:
        """Return two of the company, then another one, then the next two."""
        at, count = self.groups, len(self.company)
        self.groups += 1
        chosen = {at % count, (at + 1) % count} if at % 2 == 0 else {(at + 1) % count}
        return [Member(Person.of_role(self.company[number])) for number in sorted(chosen)]

    def _near(self, number: int, moment: Moment) -> str:
        """Return the next of the places near the moment's; all of them come before one comes again."""
        near = self._fitting_near(moment)
        seen = self.near_seen.get(number, 0)
        self.near_seen[number] = seen + 1
        return near[seen % len(near)] if near else moment.sight.place

    def _next_angle(self, number: int) -> str:
        """Return how the moment is seen this time; first as it is."""
        seen = self.angles_seen.get(number, 0)
        self.angles_seen[number] = seen + 1
        return _ANGLES[seen % len(_ANGLES)]

    def _fitting_near(self, moment: Moment) -> Sequence[str]:
        """Return the places near a moment's that belong to the story's world: no city streets where it has none, and
        for whoever drives the inside of the car first."""
        near = places()[moment.sight.place].near if moment.sight.place else ()
        named = tuple(place for place in self.named_places if place != moment.sight.place)
        if named and len({one.sight.place for one in self.idea.moments} - {""}) < len(self.named_places):
            return named  # the film's own places, before others
        own = {one.sight.place for one in self.idea.moments}
        if not own & _URBAN:
            near = tuple(place for place in near if place not in _URBAN)
        return ("car place", *near) if driven(moment.sight) else near

    def _keep(self, scene: Place, take: _Take) -> None:
        if scene.in_chorus and scene.time == 1:
            self.motif.append(take)

    def _taken_up(self, moment: Moment, time: int) -> Shown:
        """Return a scene of the first chorus again, from another angle; every return has angles of its own."""
        number = self.returned.get(time, 0)
        self.returned[time] = number + 1
        take = self.motif[number % len(self.motif)]
        angle = _ANGLES[1 + (3 * (time - 1) + number) % (len(_ANGLES) - 1)]
        if take.kind == "m":
            return self._moment(moment, angle)
        return self._doing(moment, take.action, take.place, angle)

    def performance(self, index: int, action: str) -> Shown:
        """Return the lead singing where the story is."""
        moment = self.moment(index)
        inside = driven(moment.sight) and not places()[moment.sight.place].indoors
        lead_alone = (self.subject, self.plural, self.cast)
        named = any(member.person.role in STAND_INS for member in moment.sight.cast)
        actors = self._actors(moment) if named else lead_alone
        shown = self._doing(moment, action, "car place" if inside else moment.sight.place, actors=actors)
        others = [member for member in moment.sight.cast if not self._is_lead(member)]
        lead = self.cast
        if named:
            lead = actors[2]
            others = [member for member in moment.sight.cast if member.person.extra == "crowd"]
        if (
            len(others) == len(moment.sight.cast) == 1
            and others[0].count > 1
            and lead
            and others[0].count == lead[0].count
        ):
            lead, others = tuple(others), []  # what they have turned into
        rides = [amount for amount in shown.sight.things if not inside or amount.name not in VEHICLES]
        return replace(shown, sight=replace(shown.sight, action="sing", cast=(*lead, *others[:2]), things=tuple(rides)))

    def has_insert(self, index: int) -> bool:
        return bool(self._insert_of(self.idea.moments[self.moment_number(index)]))

    def insert(self, index: int) -> Shown:
        """Return one thing of the moment alone; nobody is in the picture."""
        moment = self.idea.moments[self.moment_number(index)]
        amount = self._insert_of(moment)
        assert amount is not None  # noqa: S101 - asked for after has_insert
        self.inserted[amount.name] = self.inserted.get(amount.name, 0) + 1
        place = self.said(moment.sight.place)
        sight = replace(moment.sight, things=(amount,), cast=(), action="")
        return Shown(called(amount), called(amount), "", place, sight)

    def _insert_of(self, moment: Moment) -> Amount | None:
        known = things()
        own = [amount for amount in (*moment.sight.things, *self.idea.things) if amount.name in known]
        own = [amount for amount in own if known[amount.name].at != "wall" and amount.name != "fireworks"]
        if self.total >= SHORT_FILM:
            own += [Amount(dressing.thing) for dressing in _dress(moment.sight.place)]
        return next((amount for amount in own if self.inserted.get(amount.name, 0) < _MOST_INSERTS), None)

    def _moment(self, moment: Moment, angle: str) -> Shown:
        """Return the moment itself, with the character's description where the lead is first named in it."""
        text = moment.text
        sight = replace(moment.sight, cast=tuple(self._as_drawn(member) for member in moment.sight.cast))
        if not sight.cast and not sight.things:
            sight = replace(sight, cast=self.cast)
        text = self._introduced(moment, text)
        if moment.sight.place and not moment.names_place:
            text = f"{text} {self.said(moment.sight.place)}"
        text = f"{text}, {angle}" if angle else text
        action = text[len(moment.subject) :].strip() if moment.subject and text.startswith(moment.subject) else text
        return Shown(text, moment.subject or self.subject, action, "", sight)

    def _introduced(self, moment: Moment, text: str) -> str:
        """Put who the lead is after the words for it; where the clause has no such words, before it."""
        if not self.character:
            return text
        leads = any(self._is_lead(member) for member in moment.sight.cast)
        if leads and self._led_by_another(moment):
            lead = self.idea.lead
            return text.replace(lead, f"{lead}, {closed(self.character)}", 1) if lead in text else text
        if leads and moment.subject and text.startswith(moment.subject) and len(moment.subject.split()) <= 5:
            return f"{moment.subject}, {self.character}, {text[len(moment.subject) :].strip()}"
        if leads:
            return f"{self.character}: {text}"
        if len(self.company) > 1:
            return f"{text}, and {listed(list(self.company[:3]))} look on"
        return f"{text}, and {closed(self.character)} looks on"

    def _led_by_another(self, moment: Moment) -> bool:
        """Whether the words that a moment begins with name somebody else: "a girl finds the keeper"."""
        named = [one for one in read_sight(moment.subject).cast if one.person.role] if moment.subject else []
        if moment.subject.lower() in PRONOUNS:
            sexes = {one.person.sex for one in (*named[:1], *self.cast[:1])} - {""}
            return len(sexes) > 1  # "she", of a film about a man
        return bool(named) and not any(self._is_lead(one) for one in named)

    def _is_lead(self, member: Member) -> bool:
        return bool(self.idea.cast) and member.person.role == self.idea.cast[0].person.role

    def _as_drawn(self, member: Member) -> Member:
        if not self.cast or not self._is_lead(member) or member.person.does not in {"", "hat off"}:
            return member  # somebody else, though they may be of the lead's kind
        own, does = self.cast[0].person, member.person.does
        person = replace(own, does=does, hat="" if does == "hat off" else own.hat)
        return replace(self.cast[0], person=person, count=member.count)

    def _doing(
        self, moment: Moment, action: str, place: str, angle: str = "",
        actors: tuple[str, bool, tuple[Member, ...]] | None = None,
    ) -> Shown:  # fmt: skip
        """Return the lead doing something at a place, with the moment's light, weather and larger things."""
        subject, plural, cast = actors or self._actors(moment)
        words = for_several(action) if plural else action
        own = read_sight(f"somebody {action}")
        said = self.said(place)
        known = things()
        kept = tuple(
            amount for amount in moment.sight.things if amount.name in known and known[amount.name].at not in {"hand"}
        )
        kept = tuple(dict.fromkeys((*self.idea.things, *(kept if place in {moment.sight.place, "car place"} else ()))))
        action_seen = "drive" if place == "car place" else own.action or "look"
        sight = replace(moment.sight, place=place, action=action_seen, cast=cast, things=kept)
        text = f"{subject} {words} {said}".strip()
        said = f"{said}, {angle}" if angle else said
        return Shown(f"{text}, {angle}" if angle else text, subject, words, said, sight)

    def _actors(self, moment: Moment) -> tuple[str, bool, tuple[Member, ...]]:
        """Return who does something in a moment's scenes, in words, whether it is several, and as drawn: those whom it
        names, else the lead."""
        named = [member for member in moment.sight.cast if member.person.role in STAND_INS][:3]
        if not named and len(self.company) < 2:
            return self.subject, self.plural, self.cast
        named = named or self._next_group()
        words = [member.person.role for member in named]
        said = listed(words)
        cast = tuple(replace(member, person=replace(member.person, does="")) for member in named)
        return said, len(words) > 1, cast


def driven(sight: Sight) -> bool:
    """Whether somebody is driven in what is seen, and may be shown inside."""
    cars = any(amount.name in VEHICLES - {"train", "speedboat"} for amount in sight.things)
    return bool(sight.cast) and bool(sight.place) and (sight.action == "drive" or (cars and sight.action == "sing"))


def moments_told(count: int, scenes: Sequence[Place]) -> list[int]:
    """Return which of `count` moments each scene tells: the verses in order, and the chorus the one at which the story
    has arrived when it first comes. Verses after the last moment go back to the first ones, and an end to the last."""
    total = len(scenes)
    chorus = [index for index, scene in enumerate(scenes) if scene.in_chorus]
    verses = [index for index, scene in enumerate(scenes) if not scene.in_chorus]
    in_order = [min(count - 1, index * count // max(1, total)) for index in range(total)]
    if count == 1 or not chorus or not verses:
        return in_order
    before = [index for index in verses if index < chorus[0]]
    after = [index for index in verses if index > chorus[0]]
    motif = min(count - 1, max(1, round(len(before) / len(verses) * (count - 1))))
    if motif == count - 1 and count > 2 and after:
        motif -= 1
    if len(before) < motif or len(after) < count - 1 - motif:
        return in_order
    told = [motif] * total
    for index, moment in zip(before, _spread(range(motif), len(before)), strict=True):
        told[index] = moment
    rest = range(motif + 1, count) if motif < count - 1 else range(motif)
    for index, moment in zip(after, _spread(rest, len(after)), strict=True):
        told[index] = moment
    end = chorus[-1] + 1
    told[end:] = [count - 1] * (total - end) if motif == count - 1 else told[end:]
    return told


def _spread(moments: Sequence[int], count: int) -> list[int]:
    """Return `count` of the moments in order, each about as often."""
    return [moments[number * len(moments) // count] for number in range(count)]


def _dress(place: str) -> Sequence[Dressing]:
    return places()[place].dress if place in places() else ()
