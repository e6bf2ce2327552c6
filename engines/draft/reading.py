"""What the draft understands of a prompt: framing, camera move, place, light, weather, people, things, action.

Framing and camera moves are patterns, tried in order; everything else is found in the vocabulary.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from engines.draft.colors import color_of
from engines.draft.moods import read_mood
from engines.draft.people import COLORS, Person, read_marks
from engines.draft.sight import COMPANION, Amount, Member, Sight
from engines.draft.vocabulary import STAND_INS, function_words, implied_places, places, roles
from engines.draft.words import Hit, Token, hits, tokens

Table = tuple[tuple[str, str], ...]

SHOTS: Table = (
    (r"extreme close|macro|right up to the lens|eyes only", "extreme_close"),
    (r"extreme wide|establishing|aerial|drone|bird'?s.eye|panorama|double page|skyline shot", "extreme_wide"),
    (r"detail|insert|look what we found|small drawing|still life", "detail"),
    (r"close.?up|selfie|portrait|fills the page|face", "close"),
    (r"medium|over.the.shoulder|waist|cowboy|walk-and-talk|vignette|two.shot", "medium"),
    (r"full shot|full.body|head to toe|filmed by a friend|one figure|silhouette", "full"),
    (r"\bwide|long shot|quick look round|whole page|landscape", "wide"),
)
MOVES: Table = (
    (r"hand.?held|shak(y|ing)|never quite still", "handheld"),
    (
        r"push(es)? in|pushing in|push.in|doll(y|ies) in|zooms? in|creeps forward|drives forward|moves? closer|"
        r"runs? up close|leans in|tracks? in",
        "push_in",
    ),
    (r"pull(s)? (out|back|away)|pull.out|doll(y|ies) out|zooms? out|steps? back|cranes? up|leans? back", "pull_out"),
    (r"pans? (to the )?left|whips left|sweeps? left|wanders back|moves? left", "pan_left"),
    (r"pans? (to the )?right|whips right|sweeps? right|wanders across|moves? right|\bpans?\b", "pan_right"),
    (r"tilts? up|looks up|cranes upward|rises?\b", "tilt_up"),
    (r"tilts? down|sinks down|looks down|lowers\b", "tilt_down"),
    (r"orbit|circles|\barc\b|swings round|revolves|around (her|him|them)", "orbit"),
    (r"drift|glides?|floats?|slides?|tracking|sideways|steadicam", "drift"),
    (r"static|locked|holds? still|does not move|rests\b|tripod", "static"),
)


@dataclass(frozen=True)
class Brief:
    """A prompt as far as the draft understands it; nothing is left open but the place."""

    shot: str
    move: str
    sight: Sight
    empty: bool  # nobody in the picture

    @property
    def place(self) -> str:
        return self.sight.place

    @property
    def light(self) -> str:
        return self.sight.light

    @property
    def weather(self) -> str:
        return self.sight.weather

    @property
    def action(self) -> str:
        return self.sight.action


def find(text: str, table: Table) -> str:
    """Return the name of the first entry whose pattern matches, or ""."""
    return next((name for pattern, name in table if re.search(pattern, text)), "")


def camera_words(text: str) -> str:
    """Return the clause on how the camera moves, from the prompt's last "the camera" on, or ""."""
    position = text.rfind("the camera")
    return re.split(r"[.;!?\n]", text[position:])[0] if position >= 0 else ""


def read_prompt(prompt: str, sight: Sight | None = None) -> Brief:
    """Read an English prompt; what it leaves open gets the plainest choice. `sight` is known already."""
    text = prompt.lower()
    seen = sight or read_sight(prompt)
    chosen = sum(member.count for member in seen.cast if member.person.subject)
    shot = _roomy(read_shot(text), chosen)
    return Brief(
        shot=shot,
        move=read_move(text),
        sight=settled(seen),
        empty=not chosen and (seen.nobody or shot == "detail" or bool(_NOBODY.search(text))),
    )


def _roomy(shot: str, chosen: int) -> str:
    """Return a framing that has room for everybody who was chosen for the picture."""
    if chosen and shot == "detail":
        shot = "close"
    if chosen > 2 and shot in {"close", "extreme_close"}:
        return "medium"
    return "close" if chosen == 2 and shot == "extreme_close" else shot


def read_shot(text: str) -> str:
    """Return the framing a lower-case prompt asks for."""
    return find(text, SHOTS) or "medium"


def read_move(text: str) -> str:
    """Return the camera move a lower-case prompt asks for."""
    return find(camera_words(text), MOVES) or find(text, MOVES) or "push_in"


def names_move(prompt: str) -> bool:
    """Whether a prompt says how the camera moves."""
    text = prompt.lower()
    return bool(camera_words(text) or find(text, MOVES))


_NOBODY = re.compile(r"\b(nobody (in it|is there|there)|empty of people|no people)\b")
# What says how a picture is made, not what is in it.
_MADE = re.compile(
    r"\bthe camera\b[^.;:!?\n]*|\bno (text|logos?|people|captions?|watermark)\b[^.;\n]*|\b\w+ ?(shot|still|frame)\b|"
    r"\b(35|16) ?mm\b|\bfilm (grain|still)\b|\bstage light\b|\b(hand.?held|phone) camera\b|\bpicture\b|\bto camera\b"
)


def settled(seen: Sight) -> Sight:
    """Fill in what is left open: a place that the things suggest, a light that the place has."""
    place = seen.place or _implied(seen)
    known = places().get(place)
    light = seen.light
    if known is not None and known.light == "night" and light in {"", "interior"}:
        light = "night"
    elif known is not None and known.indoors and light in {"", "day"}:
        # By day it comes in through the windows, except where there are none.
        light = "interior" if light == "day" and known.light == "night" else light or known.light or "interior"
    elif known is not None and not light:
        light = known.light
    if seen.weather == "dark" and light in {"", "interior"}:
        light = "night"
    if not light and seen.weather == "rain":
        light = "dusk"
    return replace(seen, place=place, light=light or "day", action=seen.action or "stand")


def _implied(seen: Sight) -> str:
    suggested = implied_places()
    named = [member.person.role for member in seen.cast] + [thing.name for thing in seen.things] + [seen.action]
    return next((suggested[name] for name in named if name in suggested), "")


@lru_cache(maxsize=512)
def read_sight(text: str) -> Sight:
    """Return what a text says is to be seen; what it doesn't say is left open."""
    words = tokens(_MADE.sub(" ", text.lower()))
    found = hits(words)
    cast = read_cast(words, found)
    place = _place(words, found)
    return Sight(
        place=place,
        light=next((hit.entry.name for hit in found if hit.entry.kind == "light"), ""),
        weather=next((hit.entry.name for hit in found if hit.entry.kind == "weather"), ""),
        action=next((hit.entry.name for hit in found if hit.entry.kind == "action" and not _lulled(words, hit)), ""),
        things=_brought(_things(words, found, place), cast),
        cast=cast,
        mood=read_mood(words),
        paint=_paint(words, found, place),
    )


def _lulled(words: Sequence[Token], hit: Hit) -> bool:
    """Whether somebody else is brought to sleep: "rocks her baby to sleep"."""
    before = words[max(0, hit.start - 7) : hit.start]
    lulls = any(word.verbs & {"rock", "lull", "sing", "put", "cradle"} for word in before)
    return hit.entry.name == "lie" and lulls and before[-1].text == "to"


_WHERE = function_words("where")


def _place(words: Sequence[Token], found: Sequence[Hit]) -> str:
    """Return the first place that a preposition leads to, else the first named. Of a compound, the last counts."""
    named = [hit for hit in found if hit.entry.kind == "place"]
    heads = [hit for hit in named if not any(other.start == hit.end for other in named) or hit.plural]
    led = [hit for hit in heads if _led(words, hit)]
    return (led or heads or named)[0].entry.name if named else ""


def _led(words: Sequence[Token], hit: Hit) -> bool:
    """Whether a preposition stands up to four words before, in the same clause."""
    for word in reversed(words[max(0, hit.start - 4) : hit.start]):
        if word.text in _WHERE:
            return True
        if word.text in ".,;:!?" or word.verb:
            return False
    return words[hit.start].text in _WHERE


# What a building is made of.
_MATERIALS = {"wooden": "#8a6540", "timber": "#8a6540", "stone": "#9a958c", "brick": "#9a5a48"}


def _paint(words: Sequence[Token], found: Sequence[Hit], place: str) -> str:
    """Return the place and the one color that is said of it: "white lighthouse", "a café with red chairs"."""
    if place in places() and places()[place].painter == "restaurant":
        color = next((color_of(words, hit) for hit in found if hit.entry.name == "chair"), "")
        return f"{place} {color}" if color else ""
    for hit in found:
        if hit.entry.kind == "place" and hit.entry.name == place:
            said = [word.text for word in words[max(0, hit.start - 3) : hit.end]]
            last = max((number for number, word in enumerate(said) if word in _EDGES), default=-1)
            colors = [COLORS[word] for word in said if word in COLORS]
            colors = colors or [_MATERIALS[word] for word in said[last + 1 :] if word in _MATERIALS]
            if len(colors) == 1 and (last < 0 or not set(said[: last + 1]) & set(COLORS)):
                return f"{place} {colors[0]}"
    return ""


_NUMBERS = {"two": 2, "both": 2, "pair": 2, "three": 3, "four": 4, "five": 5, "six": 6, "many": 5, "countless": 6}


def _number(words: Sequence[Token], hit: Hit) -> int | None:
    before = [word.text for word in words[max(0, hit.start - 3) : hit.start]]
    return next((_NUMBERS[text] for text in reversed(before) if text in _NUMBERS), None)


def _count(words: Sequence[Token], hit: Hit, several: int) -> int:
    return _number(words, hit) or (several if hit.plural and not words[hit.end - 1].verb else 1)


def _size(words: Sequence[Token], hit: Hit) -> float:
    """Return how large a thing is said to be, as a share of its usual height."""
    before = {word.text for word in words[max(0, hit.start - 2) : hit.start]}
    return 4.0 if before & {"giant", "huge", "enormous", "gigantic", "massive"} else 1.0


def _things(words: Sequence[Token], found: Sequence[Hit], place: str) -> tuple[Amount, ...]:
    amounts: dict[str, Amount] = {}
    for hit in found:
        if hit.entry.kind == "thing" and not _is_place(hit, found, place) and not _worn(words, hit):
            amount = Amount(
                hit.entry.name,
                _count(words, hit, 3),
                _size(words, hit),
                color_of(words, hit),
                _burns(words, hit, found),
            )
            known = amounts.setdefault(hit.entry.name, amount)
            amounts[hit.entry.name] = replace(known, color=known.color or amount.color)
    return tuple(amounts.values())


def _worn(words: Sequence[Token], hit: Hit) -> bool:
    """Whether "glasses" are those on a nose, and not "glasses of wine"."""
    after = words[hit.end].text if hit.end < len(words) else ""
    return hit.entry.name == "glass" and words[hit.end - 1].text == "glasses" and after != "of"


# What can be set on fire, and where a building of it stands.
BURNABLE = frozenset(("house", "church", "castle", "barn"))


def _burns(words: Sequence[Token], hit: Hit, found: Sequence[Hit]) -> bool:
    """Whether a building is said to be on fire: "a burning hut", "the church burns"."""
    if hit.entry.name not in BURNABLE or not any(other.entry.name == "fire" for other in found):
        return False
    before = {word.text for word in words[max(0, hit.start - 2) : hit.start]}
    after = " ".join(word.text for word in words[hit.end : hit.end + 4])
    return bool(before & {"burning", "blazing", "flaming"}) or bool(_ON_FIRE.match(after))


_ON_FIRE = re.compile(
    r"(that |which )?(is |are |was |stands )?(slowly )?(burns|burning|ablaze|in flames|on fire|down in flames)\b"
)


def _brought(named: tuple[Amount, ...], cast: Sequence[Member]) -> tuple[Amount, ...]:
    """Add what people of a kind have with them: a pianist has a piano."""
    brings = [str(roles().get(member.person.role, {}).get("brings", "")) for member in cast]
    known = {amount.name for amount in named}
    return (*named, *(Amount(name) for name in dict.fromkeys(brings) if name and name not in known))


def _is_place(hit: Hit, found: Sequence[Hit], place: str) -> bool:
    """Whether the same words name the place, which then has the thing in it. The moon over a roof is no place."""
    if hit.entry.name == "moon thing" and place != "moon":
        return False
    return any(other.entry.kind == "place" and other.start == hit.start for other in found)


def read_cast(words: Sequence[Token], found: Sequence[Hit]) -> tuple[Member, ...]:
    """Return the people of a text, each with the marks that stand with them. "She" is nobody new."""
    said = [hit for hit in found if hit.entry.kind == "person"]
    nouns = [hit for hit in said if words[hit.start].text not in PRONOUNS and not _sought(words, hit)]
    named = _merged(words, nouns or said[:1])
    members: dict[str, Member] = {}
    for number, (hit, until) in enumerate(named):
        start = _first_word(words, hit)
        following = named[number + 1][0] if number + 1 < len(named) else None
        end = _first_word(words, following) if following else len(words)
        own = " ".join(word.text for word in words[start : _sentence_end(words, until, end)])
        marks = roles()[hit.entry.name]
        count = (_number(words, hit) or int(marks["count"])) if "count" in marks else _count(words, hit, 3)
        person = read_marks(own, Person.of_role(hit.entry.name))
        known = members.get(hit.entry.name)
        members[hit.entry.name] = known or Member(person, count)
    if not members:
        marked = read_marks(" ".join(word.text for word in words), Person())
        return (Member(marked),) if marked.garment or marked.hair or marked.hair_color else ()
    if len(members) == 1 and (other := _met(words)) and next(iter(members.values())).count == 1:
        members[COMPANION] = other
    if len(members) > 2:
        members.pop("friends", None)  # "a farmer and a scarecrow become friends"
    return tuple(members.values())


def _met(words: Sequence[Token]) -> Member | None:
    """Return who is met where only a pronoun says so: "finds her singing", but not "kisses her hand"."""
    after = function_words("particles") | _WHERE | frozenset(".,;:!?")
    for number, word in enumerate(words[1:], start=1):
        if word.text == "me" and words[number - 1].verbs & function_words("raising"):
            return Member(Person.of_role("child"), 1)
        if word.text not in {"her", "him"}:
            continue
        following = words[number + 1].text if number + 1 < len(words) else "."
        given = words[number - 1].verbs & function_words("giving") and following in {"a", "an", "the", "his", "some"}
        if not given and not words[number - 1].verbs & function_words("meeting"):
            continue
        if given or word.text == "him" or following in after or following.endswith("ing"):
            sex, garment = ("f", "dress") if word.text == "her" else ("m", "jacket")
            return Member(Person(role=COMPANION, sex=sex, garment=garment), 1)
    return None


def _sought(words: Sequence[Token], hit: Hit) -> bool:
    """Whether somebody is only looked for, missed or remembered, and so not there."""
    before = {word.text for word in words[max(0, hit.start - 4) : hit.start]}
    absent = words[hit.end : hit.end + 1] and words[hit.end].text in {"who", "that"}
    if absent and "never" in {word.text for word in words[hit.end : hit.end + 3]}:
        return True  # "a woman who never comes"
    sought = "for" in before and bool(before & function_words("seeking"))
    return sought or bool(before & function_words("missing"))


PRONOUNS = function_words("persons")


def _merged(words: Sequence[Token], named: Sequence[Hit]) -> list[tuple[Hit, int]]:
    """Return (person, last word of what is said of them): "a keeper, an old man with a beard," is one person."""
    kept: list[tuple[Hit, int]] = []
    for hit in named:
        if kept and _same(words, kept[-1], hit):
            first, _ = kept[-1]
            kept[-1] = (first if _tells_more(first, hit) else hit, hit.end)
        else:
            kept.append((hit, hit.end))
    return kept


def _same(words: Sequence[Token], last: tuple[Hit, int], hit: Hit) -> bool:
    between = [word.text for word in words[last[1] : hit.start]]
    if last[0].start == hit.start or (not between and not hit.plural and not words[hit.start].verb):
        return True  # one word, or two that stand together: "a skeleton mariachi"
    sexes = {roles()[one.entry.name].get("sex", "") for one in (last[0], hit)} - {""}
    apposed = between[:1] == [","] and between[1:2] in (["a"], ["an"], ["the"]) and len(between) <= 5
    named = between[:1] == ["is"] and between[1:2] in (["a"], ["an"]) and len(between) <= 5
    return (apposed or named) and len(sexes) < 2 and not any(word.verb for word in words[last[1] : hit.start])


def _tells_more(first: Hit, second: Hit) -> bool:
    named = [hit.entry.name in STAND_INS for hit in (first, second)]
    if any(named):
        return named[0]  # "the sailor Jon" is Jon
    marks = roles()
    return len(marks[first.entry.name]) >= len(marks[second.entry.name])


def _first_word(words: Sequence[Token], hit: Hit) -> int:
    """Return where the adjectives of a noun begin."""
    start = hit.start
    while start > 0 and hit.start - start < 4 and words[start - 1].text not in _EDGES and not words[start - 1].verb:
        start -= 1
    return start


_EDGES = _WHERE | function_words("edges") | frozenset(".,;:!?")


def _sentence_end(words: Sequence[Token], start: int, end: int) -> int:
    return next((number for number in range(start, end) if words[number].text in {".", ";", "!", "?", ":"}), end)


def read_person(text: str) -> Person:
    """Read a description of one person."""
    words = tokens(text)
    cast = read_cast(words, hits(words))
    role = cast[0].person.role if cast else ""
    return read_marks(" ".join(word.text for word in words), Person.of_role(role))
