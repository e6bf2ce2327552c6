"""Who does what in a moment beside what its clause says: what goes on from before, who watches, what is ridden."""

import re
from collections.abc import Sequence
from dataclasses import replace

from engines.draft.people import Person
from engines.draft.props import HELD_AT_CHEST, MOUNTS, PLAYED_SITTING, VEHICLES
from engines.draft.reading import read_sight
from engines.draft.sight import COMPANION, Amount, Member, Sight
from engines.draft.vocabulary import things
from engines.draft.words import language_of, tokens


def animals(sight: Sight) -> tuple[Amount, ...]:
    known = things()
    return tuple(amount for amount in sight.things if amount.name in known and known[amount.name].alive)


def led_by_verb(clause: str) -> bool:
    """Whether a clause in another language leaves out who acts: "findet einen Hund"."""
    words = tokens(clause)
    return bool(words) and bool(words[0].verbs) and bool(language_of(clause.lower().split()))


_ATTENDS = re.compile(r"\b(listens?|watch(es)?|cheers?|applauds?|claps?|stares?|looks? on|past|laughs? at)\b")
# What can be attended to.
_SHOWN = frozenset(("play", "sing", "dance", "skate", "fight", "ride", "work", "fly", "climb"))


def attended(
    own: Sight, cast: tuple[Member, ...], before: Sight, lead: tuple[Member, ...], clause: str
) -> tuple[Sight, tuple[Member, ...]]:
    """Add whom others listen to, watch or cheer: the lead, still doing what they did."""
    if not (lead and cast and before.cast and before.action in _SHOWN and _ATTENDS.search(clause.lower())):
        return own, cast
    if own.place not in {"", before.place} or any(same_role(member, lead) for member in cast):
        return own, cast
    others = tuple(
        replace(member, person=replace(member.person, does=own.action or "look")) if not member.person.does else member
        for member in cast
    )
    things_there = tuple(dict.fromkeys((*before.things, *own.things)))
    return replace(own, action=before.action, things=things_there), (lead[0], *others)


def with_crowd(cast: tuple[Member, ...], before: Sight, own: Sight) -> tuple[Member, ...]:
    """Add the crowd that is there already."""
    crowd = tuple(member for member in before.cast if member.person.extra == "crowd")
    here = own.place in {"", before.place} and cast and not any(member.person.extra == "crowd" for member in cast)
    return (*cast, *crowd) if here else cast


_INSTRUMENTS = HELD_AT_CHEST | PLAYED_SITTING
_CHASES = re.compile(r"\b(chases?|follows?|hunts?|catch(es)?|kiss(es)?|hugs?|feeds?) (him|her|it|them)\b")
_TEACHES = re.compile(r"\b(teach(es|ing)?|taught|learns?|learning|shows?)\b")


def left_out(own: Sight, before: Sight, clause: str) -> Sight:
    """Add what a clause leaves out since it was said: "dad teaches me to ride a bicycle; I teach my daughter"."""
    if _TEACHES.search(clause.lower()) and own.action == "work" and not own.things:
        return replace(own, things=before.things)
    if _CHASES.search(clause.lower()) and own.cast and not animals(own) and not before.cast:
        taken = [amount for amount in before.things if amount.name == "crown"]
        return replace(own, things=(*own.things, *animals(before), *taken))
    if any(amount.name == "fire" for amount in before.things) and own.place in {"", before.place} and own.cast:
        own = replace(own, things=tuple(dict.fromkeys((*own.things, Amount("fire")))))
    if not own.action and own.cast and any(amount.name in _INSTRUMENTS for amount in own.things):
        return replace(own, action="play")
    return own


_ROWS = re.compile(r"\b(row(s|ed|ing)?|paddl(e|es|ed|ing))\b")


def rowed(sight: Sight, clause: str) -> Sight:
    """Return a sight whose boat has oars where it is rowed."""
    if sight.action != "row" or not _ROWS.search(clause.lower()):
        return sight
    others = tuple(amount for amount in sight.things if amount.name not in {"boat", "rowing boat"})
    return replace(sight, things=(Amount("rowing boat"), *others))


_MET_DOING = re.compile(r"\b(?:her|him|them) (singing|dancing|playing|crying|sleeping|sitting|waiting|laughing)\b")


def each_doing(own: Sight, cast: tuple[Member, ...], clause: str) -> tuple[Member, ...]:
    """Say what the second of two does where it is something else: who is taught rides, who is found sings."""
    if len(cast) < 2 or cast[1].person.does:
        return cast
    met = _MET_DOING.search(clause.lower())
    rides = any(amount.name in MOUNTS for amount in own.things) and _TEACHES.search(clause.lower())
    does = read_sight(f"she is {met.group(1)}").action if met else "ride" if rides else ""
    return (cast[0], replace(cast[1], person=replace(cast[1].person, does=does)), *cast[2:]) if does else cast


_TAKES_OFF = re.compile(r"\b(takes?|taking|took|pulls?) off (his|her|the|their|a) (hat|cap|helmet|crown|mask)\b")


def bareheaded(sight: Sight, clause: str) -> Sight:
    """Return a sight whose lead holds the hat that was worn."""
    if not _TAKES_OFF.search(clause.lower()) or not sight.cast:
        return sight
    lead = replace(sight.cast[0], person=replace(sight.cast[0].person, hat="", does="hat off"))
    return replace(sight, cast=(lead, *sight.cast[1:]))


_BEATS = re.compile(r"\b(wins?|won) (the|a|her|his|every) (\w+ )?(fight|match|bout|title|duel)\b|\bknocks? out\b")


def defeating(sight: Sight, clause: str) -> Sight:
    """Return a sight with whoever lost the fight on the ground."""
    if not _BEATS.search(clause.lower()) or len(sight.cast) != 1 or sight.cast[0].count > 1:
        return sight
    lost = replace(Person.of_role(sight.cast[0].person.role), garment_color="#2f4f8a", gloves="", does="lie")
    return replace(sight, cast=(sight.cast[0], Member(lost)))


_DUELS = re.compile(r"\b(duels?|showdown|shootout|gunfight|standoff)\b")


def dueling(sight: Sight, clause: str) -> Sight:
    """Return a sight with the two who a duel takes."""
    if not _DUELS.search(clause.lower()):
        return sight
    cast = tuple(replace(member, count=2) for member in sight.cast) if len(sight.cast) == 1 else sight.cast
    return replace(sight, action="fight", cast=cast)


_LOVE = re.compile(r"\b(fall(s|ing)? in love|fell in love|in love with|kiss(es)?)\b")


def enamored(sight: Sight, clause: str) -> Sight:
    """Return a sight with the hearts that show love."""
    return replace(sight, things=(*sight.things, Amount("heart", 3))) if _LOVE.search(clause.lower()) else sight


def mounted(sight: Sight, before: Sight) -> Sight:
    """Return a sight with what is ridden: "jumps on a motorcycle and rides to the beach"."""
    here = [amount for amount in sight.things if amount.name in MOUNTS]
    rolling = [amount for amount in here if not things()[amount.name].alive]
    if (sight.action == "jump" and here) or (sight.action == "run" and rolling):
        return replace(sight, action="ride")
    there = [amount for amount in before.things if amount.name in MOUNTS]
    if sight.action == "ride" and not here and not drives(sight):
        return replace(sight, things=(*sight.things, *there[:1]))
    return sight


def drives(sight: Sight) -> bool:
    return any(amount.name in VEHICLES for amount in sight.things)


def still_weather(before: Sight, own: Sight) -> str:
    """Return the weather so far, unless the clause has its own time of day or goes elsewhere."""
    moved = own.place and own.place != before.place
    if before.weather == "dark":
        return "" if moved or own.light in {"day", "dusk"} else "dark"
    return "" if moved or (own.light and own.light != before.light) else before.weather


def who_is_met(member: Member, lead: tuple[Member, ...], cast: tuple[Member, ...]) -> Member:
    """Return the lead for a mere "him" or "her" that can mean the lead: "his daughter hugs him"."""
    if member.person.role != COMPANION or not lead or any(same_role(other, lead) for other in cast):
        return member
    fits = lead[0].person.sex in {"", member.person.sex} and lead[0].count == 1
    return lead[0] if fits else member


def same_role(member: Member, lead: tuple[Member, ...]) -> bool:
    return bool(lead) and member.person.role == lead[0].person.role


def as_lead(member: Member, lead: tuple[Member, ...]) -> Member:
    return lead[0] if same_role(member, lead) else member


def by_itself(own: Sight, subject: str, before: Sight, lead: tuple[Member, ...]) -> tuple[Sight, tuple[Member, ...]]:
    """Return what somebody does while a thing does something: "roses fall" as the ballerina goes on dancing, but "the
    bus leaves" without whoever was met so far."""
    alone = read_sight(subject) if subject else Sight()
    if own.cast or alone.cast or not alone.things:
        return own, lead
    if any(amount.name in VEHICLES for amount in alone.things):
        return own, ()
    if animals(own):
        return own, lead
    return replace(own, action=before.action if own.place in {"", before.place} else "look"), lead


def in_their_colors(sights: Sequence[Sight]) -> list[Sight]:
    """Give each thing and place of a story the color that was said of it last: "a red car… the car stops"."""
    colors: dict[str, str] = {}
    paints: dict[str, str] = {}
    found = []
    for sight in sights:
        paints |= {sight.place: sight.paint} if sight.paint else {}
        colors |= {amount.name: amount.color for amount in sight.things if amount.color}
        amounts = [replace(amount, color=colors.get(amount.name, "")) for amount in sight.things]
        seen = tuple({amount.name: amount for amount in amounts}.values())
        found.append(replace(sight, things=seen, paint=sight.paint or paints.get(sight.place, "")))
    return found
