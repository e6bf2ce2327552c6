"""Parsing the user's idea into moments: whole clauses in story order, each with what is to be seen in it."""

import re
from dataclasses import dataclass, replace

from engines.draft.acting import (
    animals,
    as_lead,
    attended,
    bareheaded,
    by_itself,
    defeating,
    drives,
    dueling,
    each_doing,
    enamored,
    in_their_colors,
    led_by_verb,
    left_out,
    mounted,
    rowed,
    same_role,
    still_weather,
    who_is_met,
    with_crowd,
)
from engines.draft.people import Person, read_marks
from engines.draft.props import MOUNTS, VEHICLES
from engines.draft.reading import PRONOUNS, read_sight, settled
from engines.draft.sight import Amount, Member, Sight
from engines.draft.vocabulary import STAND_INS, function_words, places, roles, things
from engines.draft.words import Hit, Token, hits, language_of, tokens

# Where one moment surely ends and the next begins.
_CUT = re.compile(
    r"[.;:!?\n。\uff01\uff1f\uff1b]+|,? and then |,? then |,? until |,? while |,? years later |,? before | — | – |--",
    re.IGNORECASE,
)
_JOINTS = re.compile(r"(,|、| and | but | und | y | et | ed? )")
# What somebody does something for is shown too: "rides through a castle to save his queen".
_PURPOSE = re.compile(
    r"^(.+ .+?),? (?:in order )?to (save|rescue|free|find|meet|kiss|marry|hug|win|catch|see) "
    r"((?:the|an?|his|her|their|my|our) .+)$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"^(he|she|they|it|i|we)\b", re.IGNORECASE)
_BE = function_words("being")


@dataclass(frozen=True)
class Moment:
    """`text` is a whole clause without its final mark; `subject` the words it begins with, of who does it."""

    text: str
    subject: str
    sight: Sight
    names_place: bool


@dataclass(frozen=True)
class Idea:
    """`moments` in story order, never empty. `lead` is who the film is about, in words and as drawn; both are empty
    where the idea names nobody. `plural`: the lead is several."""

    moments: tuple[Moment, ...]
    lead: str
    cast: tuple[Member, ...]
    things: tuple[Amount, ...]
    plural: bool


def read_idea(text: str, *, most_words: int) -> Idea:
    """Parse an idea. Marks of any language end a moment. A clause of more than twice `most_words` is no sentence any
    more, and is shortened."""
    plain = re.sub(r"\s+", " ", text).strip()
    clauses = _with_subjects([_short(clause, 2 * most_words) for clause in _clauses(plain)])
    whole = read_sight(plain)
    moments: list[Moment] = []
    before = whole if len(clauses) == 1 else Sight(light=_first_light(clauses), weather=whole.weather)
    lead = _lead(clauses, whole)
    acting = lead
    for subject, clause in clauses[:60]:
        moment = _moment(subject, clause, before, lead, whole.place)
        if acting != lead:
            cast = tuple(acting[0] if same_role(member, lead) else member for member in moment.sight.cast)
            moment = replace(moment, sight=replace(moment.sight, cast=cast))
        moments.append(moment)
        before = moment.sight
        acting = _turned_into(clause, before.cast) or acting
    words = _known(_noun_phrase(clauses[0][1])) if lead or animals(whole) else ""
    plural = any(member.count > 1 for member in lead) or _is_plural(whole, lead)
    sights = in_their_colors([moment.sight for moment in moments])
    told = tuple(replace(moment, sight=sight) for moment, sight in zip(moments, sights, strict=True))
    return Idea(told, words, lead, _leading_animals(whole, lead), plural)


_TURNS = re.compile(r"\b(turn(s|ed|ing)? into|becomes?|transforms? into)\b")


def _turned_into(clause: str, cast: tuple[Member, ...]) -> tuple[Member, ...]:
    """Return what the first of a cast has become: kids who turn into superheroes are superheroes from then on."""
    if len(cast) < 2 or not _TURNS.search(clause.lower()):
        return ()
    new = replace(cast[-1].person, age=cast[0].person.age, sex=cast[0].person.sex)
    return (Member(new, cast[0].count),)


def _short(clause: str, most: int) -> str:
    words = clause.split()
    return clause if len(words) <= most else " ".join(words[:most]).rstrip(",")


def _first_light(clauses: list[tuple[str, str]]) -> str:
    return next((light for _, clause in clauses[:2] if (light := read_sight(clause).light)), "")


def _is_plural(whole: Sight, lead: tuple[Member, ...]) -> bool:
    return not lead and bool(whole.things) and whole.things[0].count > 1


def _lead(clauses: list[tuple[str, str]], whole: Sight) -> tuple[Member, ...]:
    """Return who the film is about: the first somebody named who is no crowd, unless an animal is named before."""
    if not whole.cast:
        return ()
    first = read_sight(clauses[0][1])
    if first.things and not first.cast and animals(first):
        return ()
    if clauses[0][0].lower() in {"she", "he", "they", "we"} and first.cast:
        return first.cast[:1]  # "she kisses him, soldiers board the train"
    people = [member for member in whole.cast if member.person.extra != "crowd"]
    return tuple(_sexed(member, clauses, people) for member in people[:1]) or whole.cast[:1]


def _sexed(member: Member, clauses: list[tuple[str, str]], people: list[Member]) -> Member:
    """Return a lead whose sex only a pronoun tells: "a boxer cries, his daughter hugs him"."""
    if member.person.sex or member.person.kind or member.count > 1:
        return member
    text = " ".join(clause for _, clause in clauses).lower()
    found = re.search(r"\b(?:(he|his|him|himself)|she|her|herself)\b", text)
    sex = "" if found is None else "m" if found.group(1) else "f"
    taken = any(other.person.sex == sex for other in people[1:] if other.person.age != "child")
    return member if not sex or taken else replace(member, person=replace(member.person, sex=sex))


def _leading_animals(whole: Sight, lead: tuple[Member, ...]) -> tuple[Amount, ...]:
    return () if lead else animals(whole)[:1]


# --- clauses ---


def _clauses(text: str) -> list[str]:
    """Split a text into clauses, each with a verb of its own if the text has one there."""
    found: list[str] = []
    for part in _CUT.split(text):
        for clause in _split(part.strip(" ,\"'“”")):
            found += _with_purpose(clause) if clause else []
    return found or ["the song itself"]


def _with_purpose(clause: str) -> list[str]:
    """Return a clause, and after it what is done at its end: "rides to the castle", "saves his queen"."""
    aim = _PURPOSE.match(clause)
    sight = read_sight(aim.group(3)) if aim else None
    if aim is None or sight is None or not (sight.cast or sight.things) or not _has_verb(aim.group(1)):
        return [clause]
    verb = aim.group(2).lower()
    subject = _noun_phrase(aim.group(1))
    third = verb if _plural(subject) else "marries" if verb == "marry" else f"{verb}{'es' if verb in _HISSING else 's'}"
    return [aim.group(1), f"{third} {aim.group(3)}"]


_HISSING = frozenset(("kiss", "catch"))


def _split(part: str) -> list[str]:
    """Split at commas and "and" where a new clause begins; lists and descriptions stay together."""
    pieces = _JOINTS.split(part)
    found = [pieces[0].strip()]
    for joint, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        words = piece.strip()
        if not words:
            continue
        begins = _begins_clause(words) if joint.strip() == "and" else _has_verb(words)
        begins = begins and (_has_verb(found[-1]) or (joint == "," and _other_acts(found[-1], words)))
        if (begins or _elsewhere(found[-1], words)) and len(words.split()) > 1:
            found.append(words)
        else:
            found[-1] = f"{found[-1]}{joint if joint != ',' else ', '}{words}".replace("  ", " ")
    return found


def _has_verb(text: str) -> bool:
    words = tokens(text)
    if _verb_at(words) is not None or any(word.text.endswith("ing") and word.verbs for word in words):
        return True
    return bool(language_of([word.strip(".,;:!?") for word in text.lower().split()]) and read_sight(text).action)


def _other_acts(before: str, text: str) -> bool:
    """Whether somebody else acts after a scene set without a verb: "a busker in the subway, commuters rush past"."""
    words = tokens(text)
    verb, named = _verb_at(words), [hit for hit in hits(words) if hit.entry.kind == "person"]
    if not verb or not named or named[0].end > verb:
        return False
    there = {member.person.role for member in read_sight(before).cast}
    return bool(there) and named[0].entry.name not in there


def _begins_clause(text: str) -> bool:
    """Whether words after "and" are a clause: they begin with a verb, or with somebody who does something."""
    words = tokens(text)
    verb = _verb_at(words)
    return verb is not None and (verb == 0 or verb <= 4)


def _elsewhere(before: str, text: str) -> bool:
    """Whether words without a verb show something at another place: "helicopters over the city"."""
    words = tokens(text)
    named = hits(words)
    there, here = read_sight(text), read_sight(before)
    begins = _shows_things(words) or (bool(named) and named[0].entry.kind == "thing" and named[0].start == 1)
    return begins and bool(there.place and here.place) and there.place != here.place and bool(there.things)


def _shows_things(words: list[Token]) -> bool:
    """Whether words begin with several things. What is ridden may as well be a verb: "skateboards home"."""
    named = hits(words)
    first = named[0] if named else None
    return (
        first is not None
        and first.start == 0
        and first.plural
        and first.entry.kind == "thing"
        and (first.entry.name not in MOUNTS | dict.fromkeys(VEHICLES))
    )


_AFTER_VERB = function_words("after_verb")


def _verb_at(words: list[Token]) -> int | None:
    """Return where the clause's own verb is: a sure one, or a plain form before an object or a preposition."""
    for number, word in enumerate(words):
        if word.text in _BE:
            return number
        if not word.verbs or word.text.endswith("ing") or (word.text.endswith("ed") and number):
            continue
        after = words[number + 1].text if number + 1 < len(words) else ""
        before = words[number - 1].text if number else ""
        if before in _AFTER_VERB | {"of", "old"} and before not in function_words("particles"):
            continue
        if not word.nouns or (after in _AFTER_VERB and (word.verb or number == 0)) or (word.verb and number > 0):
            return number
        if number and after in _AFTER_VERB and word.text in word.verbs and words[number - 1].plural:
            return number
    return None


def _with_subjects(clauses: list[str]) -> list[tuple[str, str]]:
    """Return (subject, clause); a clause without a subject, or with a mere pronoun, gets the one before."""
    found: list[tuple[str, str]] = []
    last = _noun_phrase(clauses[0])
    for written in clauses:
        clause = written
        verb = _verb_word(clause)
        subject = " ".join(clause.split()[:verb]) if verb else ""
        words = tokens(clause)
        if last and found and words and words[0].verbs and words[0].text.endswith("ing"):
            subject, clause = _known(last), f"{_known(last)} {'are' if _plural(last) else 'is'} {lower_first(clause)}"
        elif last and found and verb == 0 and not _shows_things(words):
            subject, clause = _known(last), f"{_known(last)} {lower_first(clause)}"
        elif last and found and subject.lower() in {"he", "she", "they", "it"} and _fits(subject.lower(), last):
            subject, clause = _known(last), _PRONOUN.sub(_known(last), clause, count=1)
        elif subject.lower() == "they":
            clause = _PRONOUN.sub("the two of them", clause, count=1)
        elif subject and read_sight(subject).cast and subject.lower() not in PRONOUNS:
            last = _noun_phrase(subject) or last
        found.append((subject, clause))
    said = [pair for pair in found if len(pair[1].split()) > 2 or read_sight(pair[1]) != Sight()]
    return said or found


def _noun_phrase(text: str) -> str:
    """Return the words up to the first person or animal named: "an astronaut", "two kids"."""
    written = re.split(r"\s+", text.strip())
    if language_of([word.strip(".,;:!?").lower() for word in written]):
        return ""
    for end in range(1, min(len(written), 7) + 1):
        named = _names_somebody(written[:end])
        if named is None:
            continue
        # "an old woman" goes on after "old": the longest name counts.
        longer = _names_somebody(written[: end + 1]) if end < len(written) else None
        grown = longer is not None and longer.entry != named.entry and longer.start <= named.start
        return " ".join(written[: end + grown]).strip(" ,.;:")
    return ""


def _names_somebody(written: list[str]) -> Hit | None:
    """Return the last person or animal that some words name."""
    known = things()
    found = [
        hit
        for hit in hits(tokens(" ".join(written)))
        if hit.entry.kind == "person" or (hit.entry.kind == "thing" and known[hit.entry.name].alive)
    ]
    return found[-1] if found else None


def _plural(subject: str) -> bool:
    found = [hit for hit in hits(tokens(subject)) if hit.entry.kind in {"person", "thing"}]
    return bool(found) and (found[-1].plural or int(roles().get(found[-1].entry.name, {}).get("count", 1)) > 1)


def _fits(pronoun: str, subject: str) -> bool:
    """Whether a pronoun can mean a subject."""
    if pronoun == "they":
        return _plural(subject)
    sexes = {roles()[hit.entry.name].get("sex", "") for hit in hits(tokens(subject)) if hit.entry.kind == "person"}
    return not sexes or "" in sexes or {"he": "m", "she": "f"}.get(pronoun, "") in sexes


def _verb_word(clause: str) -> int | None:
    """Return at which of the clause's written words its verb is; None where none is recognized."""
    written = clause.split()
    if language_of([word.strip(".,;:!?").lower() for word in written]):
        return None
    words = tokens(clause)
    verb = _verb_at(words)
    if verb is None:
        return next(
            (
                number
                for number, word in enumerate(written)
                if number and word.endswith("ing") and tokens(word)[:1] and tokens(word)[0].verbs
            ),
            None,
        )
    before = sum(1 for word in words[:verb] if word.text not in ".,;:!?")
    count = 0
    for number, word in enumerate(written):
        if count >= before:
            return number
        count += sum(1 for token in tokens(word) if token.text not in ".,;:!?")
    return None


def _known(subject: str) -> str:
    """Return a subject as somebody already met: "an old fisherman" is "the old fisherman" from then on."""
    known = re.sub(r"^(an?|one)\b", "the", lower_first(subject), flags=re.IGNORECASE)
    words = tokens(known)
    bare = (
        bool(words)
        and words[0].text not in _ARTICLES | _FAMILY
        and not words[0].plural
        and words[0].text == known.split()[0]
    )
    return f"the {known}" if bare and not _plural(known) else known


# --- what is seen ---


def _moment(subject: str, clause: str, before: Sight, lead: tuple[Member, ...], home: str) -> Moment:
    own = mounted(rowed(read_sight(clause), clause), before)
    named = bool(own.place)
    cast = tuple(as_lead(who_is_met(member, lead, own.cast), lead) for member in own.cast)
    if lead and _PRONOUN.match(subject) and len(cast) == 1 and not same_role(cast[0], lead):
        cast = (lead[0], *cast)  # "I teach my daughter"
    place = own.place or before.place or home or settled(own).place
    if not own.place and place in places() and places()[place].indoors and drives(own):
        place = settled(own).place  # no bus leaves from a staircase
    if clause.startswith("the two of them") and len(before.cast) > 1:
        cast = before.cast
    own, cast = attended(own, cast, before, lead, clause)
    own = left_out(own, before, clause)
    cast = with_crowd(cast, before, own)
    own, lead = by_itself(own, subject, before, lead)
    cast = each_doing(own, cast, clause)
    present = cast or (() if animals(own) and not led_by_verb(clause) else lead)
    sight = replace(own, place=place, cast=present, light=own.light or before.light,
                    weather=own.weather or still_weather(before, own))  # fmt: skip
    return Moment(
        clause.strip(" ,"),
        subject,
        bareheaded(enamored(defeating(dueling(sight, clause), clause), clause), clause),
        named,
    )


def described(lead: tuple[Member, ...], description: str) -> tuple[Member, ...]:
    """Return the lead with the marks of the character's description, which wins over the idea's words."""
    words = tokens(description.lower())
    named = read_sight(description).cast
    role = named[0].person.role if named and named[0].person.role not in STAND_INS else ""
    person = Person.of_role(role or (lead[0].person.role if lead else ""))
    if lead and role in {
        "",
        "woman",
        "man",
        "girl",
        "boy",
        "singer",
        "old man",
        "old woman",
        "young woman",
        "teenager",
        "child",
    }:
        base, own = Person.of_role(lead[0].person.role), person
        values = {name: getattr(own, name) or getattr(base, name) for name in Person.__dataclass_fields__}
        person = Person(**{**values, "role": base.role})
    marked = read_marks(" ".join(word.text for word in words), person)
    return (Member(marked, lead[0].count if lead else 1),)


def place_said(name: str) -> str:
    known = places().get(name)
    return known.said if known else ""


_FAMILY = function_words("family")
_ARTICLES = function_words("openers")


def lower_first(text: str) -> str:
    """Lower-case the first letter, unless the first word is a name or "I"."""
    first, _, rest = text.partition(" ")
    words = tokens(first)
    # "Tom, an old man": many names are common words too.
    named = first.endswith(",") and rest.startswith(("a ", "an ", "the "))
    common = first[1:].islower() and not named and bool(words) and _common(words[0])
    return text[0].lower() + text[1:] if text and (first.lower() in _ARTICLES or common) else text


def _common(word: Token) -> bool:
    """Whether a word is in the dictionary, and so no name."""
    return bool(word.nouns or word.verbs)
