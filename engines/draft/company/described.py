"""What a subject's own words say about its looks: a person, an animal or thing, or a place."""

import re
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from engines.draft.colors import color_of
from engines.draft.company.language import english
from engines.draft.numbers import stable_number
from engines.draft.people import COLORS, Person, read_marks, undressed
from engines.draft.reading import read_cast, read_sight
from engines.draft.sight import Amount, Member, Setting
from engines.draft.vocabulary import looks, people, things
from engines.draft.words import hits, tokens

_COLOR = "|".join(COLORS)
_NOT_THERE = re.compile(r"\b(?:no|without(?: an?| any)?|never wears(?: an?)?|never an?)\s+(?:[\w]+\s+){0,1}?(\w+)\b")
_ALL_IN = re.compile(
    rf"\b(?:wears?|wearing|dressed in|clothed in|clad in|all in|always in|in)\s+(?:all\s+)?({_COLOR})\b"
    r"(?=\s*(?:[.,;:!]|$|and\b))"
)
_TALL = (
    (r"\b(giant|huge|enormous)\b", 1.3),
    (r"\b(very tall|tall|lanky|towering)\b", 1.12),
    (r"\b(tiny|petite|short (?:man|woman|guy|lady|person)|small|little (?:man|woman)|stocky)\b", 0.88),
)
_YEARS = re.compile(r"\b(\d{1,3})(?: years? old| year old|jährig|yo)?\b")
_AGES = (
    (r"\b(child|kid|toddler|schoolgirl|schoolboy|little (?:girl|boy)|young (?:girl|boy))\b", "child"),
    (r"\b(teen|teenage|teenager|young)\b", "young"),
    (r"\b(old|elderly|aged|wrinkled|granny|grandma|grandpa)\b", "old"),
)
_EXTRAS = (
    (r"\beye ?patch\b", "patch"), (r"\bwings\b", "wings"), (r"\bheadphones\b", "headphones"), (r"\bhooded\b", "hood"),
)  # fmt: skip
# Of these kinds, a color named with the word is that of the whole figure.
_WHOLE = re.compile(rf"\b({_COLOR})(?: \w+)? (?:robot|android|cyborg|alien|ghost|mermaid)\b")
_LAMPS = re.compile(rf"\b({_COLOR})(?: \w+){{0,2}}? (?:lamps?|lights?|lanterns?|bulbs?|neon|glow|lamplight|candles?)\b")
_SURFACES = re.compile(
    rf"\b({_COLOR})(?: and|(?: \w+)? (?:walls?|house|wood|wooden|tiles?|bricks?|stones?|curtains?|paint|painted|"
    r"facades?|wallpaper|floor|rocks?|sand|grass|room|building|tower|roof|cliffs?|plaster|velvet|planks?|boards?))\b"
)


@dataclass(frozen=True)
class Described:
    """What a character is: people, or `animal`, or neither for words that say nothing of it."""

    member: Member
    animal: Amount | None = None


@lru_cache(maxsize=256)
def described(name: str, description: str, never_change: str, wardrobe: str) -> Described:
    """Return who a character's words describe. What is different in a section wins over the description, and what never
    changes over both; what they leave open is still open."""
    own = _without(english(description))
    kept, worn = _without(english(never_change)), _without(english(wardrobe))
    text = own if _says_who(own) else f"{name.lower()}, {own}"
    animal = _animal(text)
    if animal is not None:
        return Described(Member(Person(subject=name)), animal)
    words = tokens(text)
    named = [one for one in read_cast(words, hits(words)) if one.person.role in people()]
    role = named[0].person.role if named else ""
    person = _marked(text, Person.of_role(role))
    for more in (_clothes(worn), _marked(kept, Person())):
        person = _over(person, more)
    if not person.sex and not person.kind:
        person = replace(person, sex=_sex_of(name))
    count = named[0].count if named and named[0].count > 1 and person.extra != "crowd" else 1
    return Described(Member(replace(person, subject=name), min(3, count)))


def _clothes(worn: str) -> Person:
    """Return what words for a section change: clothes, hair and age, but not whose skin and body it is."""
    person = _marked(worn, Person())
    words = tokens(worn)
    roles = [one.person.role for one in read_cast(words, hits(words)) if one.person.role in people()]
    if roles and _COSTUME.search(worn):
        role = Person.of_role(roles[0])
        person = _over(replace(role, role="", beard=False, mustache=False, hair="", hair_color="", age=""), person)
    return replace(person, skin="", sex="", build="", tall=0.0, kind="")


_COSTUME = re.compile(r"\b(uniform|costume|outfit|disguise|(?:dressed|disguised|dresses) (?:up )?(?:as|like))\b")


def _says_who(text: str) -> bool:
    return any(hit.entry.kind == "person" for hit in hits(tokens(text))) or _animal(text) is not None


def _without(text: str) -> str:
    """Leave out what is said not to be there: "no beard", "never without her hat"."""
    return _NOT_THERE.sub(" ", text.replace("never without", "always with"))


def _animal(text: str) -> Amount | None:
    """Return the animal that a text is about: it is named before anybody, and not as what somebody is with."""
    words = tokens(text)
    found = [hit for hit in hits(words) if hit.entry.kind in {"person", "thing"}]
    found = [hit for hit in found if words[hit.start].text not in {"he", "she", "his", "her", "it", "they", "him"}]
    known = things()
    if not found or found[0].entry.kind == "person" or not known[found[0].entry.name].alive:
        return None
    return Amount(found[0].entry.name, color=color_of(words, found[0]) or _fur(text))


def _fur(text: str) -> str:
    found = re.search(rf"\b({_COLOR}) (?:fur|coat|feathers|scales|mane|skin)\b", text)
    return COLORS[found[1]] if found else ""


def _marked(text: str, person: Person) -> Person:
    """Add what a text says of looks to a person, beyond what ideas are read for."""
    if not text.strip():
        return person
    own = replace(read_marks(text, person), build=read_marks(text, Person()).build or person.build)
    body = undressed(text)
    whole, all_in = _WHOLE.search(text), _ALL_IN.search(text)
    if whole or (all_in and not own.garment_color):
        own = replace(own, garment_color=COLORS[(whole or all_in)[1]])  # type: ignore[index]  # one was found
    tall = next((factor for pattern, factor in _TALL if re.search(pattern, body)), own.tall)
    extra = next((name for pattern, name in _EXTRAS if re.search(pattern, text)), own.extra)
    scarf = _colored(text, "scarf|bandana|shawl")
    if scarf or re.search(r"\bscarf\b", text):
        own = _with_scarf(text, own, person, scarf or "#c03a34")
    return replace(own, tall=tall, extra=extra, age=_age(body) or own.age)


def _with_scarf(text: str, own: Person, before: Person, color: str) -> Person:
    """Return a person with a scarf, which is no coat as it is in ideas."""
    plain = read_marks(re.sub(rf"\b(?:(?:{_COLOR})\s+)?(?:\w+\s+)?scarf\b", " ", text), before)
    return replace(own, scarf=color, garment=plain.garment, garment_color=plain.garment_color)


def _colored(text: str, nouns: str) -> str:
    found = re.search(rf"\b({_COLOR})\s+(?:\w+\s+)?(?:{nouns})\b", text)
    return COLORS[found[1]] if found else ""


def _age(text: str) -> str:
    years = _YEARS.search(text)
    if years and ("year" in text or "jährig" in text):
        number = int(years[1])
        return "child" if number < 13 else "young" if number < 20 else "old" if number >= 60 else ""
    return next((age for pattern, age in _AGES if re.search(pattern, text)), "")


def _over(person: Person, more: Person) -> Person:
    """Put what more words say over a person. New clothes have their own color."""
    values = {field.name: getattr(more, field.name) or getattr(person, field.name) for field in fields(Person)}
    if more.garment and not more.garment_color and more.garment != person.garment:
        values["garment_color"] = ""
    return Person(**values)


def _sex_of(name: str) -> str:
    first = name.casefold().split()[0] if name.split() else ""
    return next((sex for sex in ("f", "m") if first in looks()["names"][sex].split()), "")


@lru_cache(maxsize=256)
def prop_of(name: str, description: str) -> Amount | None:
    """Return the thing that a prop is drawn as; None where the vocabulary has none."""
    for text in (english(name), english(description)):
        words = tokens(text)
        found = [hit for hit in hits(words) if hit.entry.kind == "thing"]
        if found:
            color = color_of(words, found[-1]) or _first_color(english(description))
            return Amount(found[-1].entry.name, color=color)
    return None


def _first_color(text: str) -> str:
    found = re.search(rf"\b({_COLOR})\b", text)
    return COLORS[found[1]] if found else ""


@dataclass(frozen=True)
class Where:
    """A place as described: of the vocabulary, "" if it has none, with a light and weather that belong to it."""

    place: str
    setting: Setting
    light: str = ""
    weather: str = ""


@lru_cache(maxsize=256)
def place_of(name: str, description: str) -> Where:
    """Return the place that a subject's words describe. Its description wins over its name."""
    text = english(description)
    said = read_sight(text)
    place = _kind_of_place(text) or _kind_of_place(name.lower()) or _kind_of_place(english(name)) or said.place
    lamps, surfaces = _LAMPS.search(text), _SURFACES.search(text)
    own = [amount for amount in said.things if amount.name in things() and amount.name not in _LIGHTS]
    words = tokens(text)
    colors = {hit.entry.name: color_of(words, hit) for hit in hits(words) if hit.entry.kind == "thing"}
    striped = re.search(r"\bstrip(e|es|ed)\b", text)  # in several colors, as it is usually painted
    color = COLORS[surfaces[1]] if surfaces else _whole_color(text, bool(lamps))
    setting = Setting(
        name=name,
        number=stable_number(name.casefold(), description.casefold()) % 2**32,
        surfaces="" if striped else color,
        lamps=COLORS[lamps[1]] if lamps else "",
        things=tuple(replace(amount, color=colors.get(amount.name, "")) for amount in own[:4]),
    )
    return Where(place, setting, said.light, said.weather)


_APART = frozenset((
    "on", "in", "at", "by", "near", "with", "above", "behind", "over", "between", "along", "opposite", "under", "from",
))  # fmt: skip


def _kind_of_place(text: str) -> str:
    """Return what kind of place a text is about: a bar, in "a harbour bar by the sea"; "" where it names none so."""
    words = tokens(text)
    named = [hit for hit in hits(words) if hit.entry.kind == "place"]
    heads = [hit for hit in named if not any(other.start == hit.end for other in named)]
    for hit in heads:
        if not any(word.text in _APART for word in words[max(0, hit.start - 4) : hit.start]):
            return hit.entry.name
    return ""


def _whole_color(text: str, lamps: bool) -> str:
    """Return a color of the place itself where the words give it to nothing else: "all white and empty"."""
    rest = _LAMPS.sub(" ", text) if lamps else text
    words = tokens(rest)
    named = {hit.start for hit in hits(words) if hit.entry.kind == "thing"}
    for number, word in enumerate(words):
        if word.text in COLORS and not named & {number + 1, number + 2}:
            return COLORS[word.text]
    return ""


_LIGHTS = frozenset(("lamp", "lantern", "candle", "neon sign", "fire"))
