"""Whose picture it is: the subjects chosen for a scene decide who and what is seen, its words what happens."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engines.draft.company.described import Described, described, place_of, prop_of
from engines.draft.company.names import Names
from engines.draft.figure import complete
from engines.draft.numbers import stable_number
from engines.draft.people import Person
from engines.draft.reading import read_sight
from engines.draft.sight import COMPANION, Amount, Member, Sight
from engines.draft.vocabulary import STAND_INS

# No more people than this can be told apart in a frame.
MOST_PEOPLE = 5
_MOST_PROPS = 3
# What characters wear whose words name no color: easy to tell apart from afar.
_CLOTHES = (
    "#a83a34", "#2f5f9e", "#4f7f3f", "#6a3f8f", "#d0902f", "#2b8a84", "#d0669a", "#3b4252", "#e0dccf", "#8a5a33",
    "#7fa8c9", "#b0b84a",
)  # fmt: skip
# Words for people of no particular kind, who may be those that were chosen.
_ANYBODY = frozenset((
    "", "woman", "man", "girl", "boy", "teenager", "young woman", "child", "old man", "old woman", "couple",
    "strangers", "friends", "girls", "boys", "kids", "singer", "dancer", COMPANION,
))  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """A subject as `Subject` in a request has it. `photo` holds the marks read from its picture."""

    name: str
    kind: str
    description: str = ""
    never_change: str = ""
    wardrobe: str = ""
    photo: Person | None = None

    @property
    def described(self) -> Described:
        return described(self.name, self.description, self.never_change, self.wardrobe)


def sight_of(prompt: str, noted: Sight | None, chosen: Sequence[Chosen]) -> Sight:
    """Return what is to be seen where these were chosen. `noted` is what the scene's writer said of it."""
    characters = [one for one in chosen if one.kind == "character"]
    names = names_of(characters)
    seen = noted or read_sight(names.hidden(prompt))
    cast = tagged(seen.cast, characters, names)
    people, animals = _people(cast, characters, noted=noted is not None)
    props = [prop_of(one.name, one.description) for one in chosen if one.kind == "prop"]
    own = [*animals, *(prop for prop in props if prop is not None)][:_MOST_PROPS]
    taken = {amount.name for amount in own}
    things = (*own, *(amount for amount in seen.things if amount.name not in taken))
    sight = replace(seen, cast=people, things=things, nobody=not people and not own, setting=None)
    return _placed(sight, chosen)


def names_of(characters: Sequence[Chosen]) -> Names:
    return Names.of([(one.name, one.described.member.person.sex) for one in characters])


def without_cast(noted: Sight) -> Sight:
    """Return what is seen where none of the cast was chosen."""
    others = tuple(member for member in noted.cast if not member.person.subject)
    if len(others) == len(noted.cast) and noted.setting is None:
        return noted
    return replace(noted, cast=others, setting=None, nobody=not others)


def tagged(
    cast: Sequence[Member], characters: Sequence[Chosen], names: Names, lead_role: str | None = None
) -> tuple[Member, ...]:
    """Say which of the people in a picture are which characters: by name, else by what they are. Whoever has the
    `lead_role` is the first character."""
    known = {one.name: one for one in characters}
    found = [
        replace(member, person=replace(member.person, role="", subject=names.of_stand_in(member.person.role)))
        if member.person.role in STAND_INS
        else member
        for member in cast
    ]
    free = [name for name in known if name not in {member.person.subject for member in found}]
    for number, member in enumerate(found):
        person = member.person
        if person.subject or not free or member.count > 1:
            continue
        is_lead = person.role == lead_role
        name = _meant(person, [known[name] for name in free], lead=characters[0] if is_lead else None)
        if name:
            found[number] = replace(member, person=replace(person, subject=name))
            free.remove(name)
    return tuple(found)


def _meant(person: Person, free: Sequence[Chosen], lead: Chosen | None) -> str:
    """Return the character that words for a person mean, "" for none."""
    for one in free:
        if person.role and one.described.member.person.role == person.role:
            return one.name
    if lead is not None and lead in free:
        return lead.name
    if person.role == COMPANION:
        return next((one.name for one in free if one.described.member.person.sex in {person.sex, ""}), "")
    return ""


def _people(
    cast: Sequence[Member], characters: Sequence[Chosen], *, noted: bool
) -> tuple[tuple[Member, ...], list[Amount]]:
    """Return those chosen, as they are described, in the order in which the words name them, then the others that the
    words name; and the animals among those chosen."""
    by_name = {member.person.subject: member for member in cast if member.person.subject}
    order = [*by_name, *(one.name for one in characters if one.name not in by_name)]
    known = {one.name: one for one in characters}
    people: list[Member] = []
    animals: list[Amount] = []
    for name in order:
        if name not in known:
            continue
        one = known[name]
        if one.described.animal is not None:
            animals.append(one.described.animal)
        else:
            people.append(_drawn(one, by_name.get(name), noted=noted))
    others = [member for member in cast if not member.person.subject and _stays(member, characters, noted=noted)]
    return (*people[:MOST_PEOPLE], *others), animals


def _stays(member: Member, characters: Sequence[Chosen], *, noted: bool) -> bool:
    """Whether somebody whom the words name beside those chosen is seen too: in words of anybody's, only who is nobody
    of the cast for certain."""
    if noted or not characters:
        return True
    return member.person.role not in _ANYBODY and (member.person.extra != "band" or len(characters) == 1)


def _drawn(one: Chosen, said: Member | None, *, noted: bool) -> Member:
    """Return a character with every mark set, the same in every scene. Its words come first, then what the idea makes
    of it, then its picture; the rest is chosen by its name."""
    own = one.described.member
    plain = described(one.name, one.description, one.never_change, "").member.person
    bare = plain == Person(subject=plain.subject, sex=plain.sex)
    made = replace(said.person, does="", subject="") if said is not None and (noted or bare) else None
    does = said.person.does if said else ""
    return replace(own, person=replace(drawn_person(one, made=made), does=does, subject=one.name))


def drawn_person(one: Chosen, seed: int | None = None, *, made: Person | None = None) -> Person:
    """Return who a character is, every mark set. `made` is what the idea makes of it; another `seed` dresses it in
    other clothes where words and picture leave them open."""
    person = one.described.member.person
    for more in (made, one.photo):
        person = _filled(person, more) if more is not None else person
    name = one.name.casefold()
    number = stable_number("subject", name) if seed is None else stable_number("subject", name, seed)
    if not person.garment_color:
        person = replace(person, garment_color=_CLOTHES[number // 7 % len(_CLOTHES)])
    body = complete(person, stable_number("subject", name))
    return replace(body, garment=complete(replace(person, sex=body.sex), number).garment)


def _filled(person: Person, other: Person) -> Person:
    values = {name: getattr(person, name) or getattr(other, name) for name in Person.__dataclass_fields__}
    if values["role"] in STAND_INS:
        values["role"] = ""
    return Person(**values)


def _placed(sight: Sight, chosen: Sequence[Chosen]) -> Sight:
    """Return a sight at the first place chosen, with the looks and the light that belong to it."""
    found = [place_of(one.name, one.description) for one in chosen if one.kind == "place"]
    if not found:
        return sight
    where = next((one for one in found if one.place), found[0])
    return replace(
        sight,
        place=where.place or sight.place,
        light=where.light or sight.light,
        weather=sight.weather or where.weather,
        setting=where.setting,
    )
