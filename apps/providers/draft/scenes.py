"""The draft's scene writer: creates a shot list from an idea, a character, a song and a flavor's grammar."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from apps.core.errors import InputError
from apps.providers.base import WrittenScene
from apps.providers.draft.naming import Cast
from apps.providers.request_types import ScenesRequest, SongBrief, SongPart
from engines.draft.film import SHORT_FILM, Film, Place
from engines.draft.grammar import Choice, Move, SceneGrammar, Shot
from engines.draft.idea import Idea, read_idea
from engines.draft.numbers import stable_number
from engines.draft.reading import read_sight
from engines.draft.sight import Sight
from engines.draft.vocabulary import places
from engines.lyrics.parts import section_kind

# Shot sizes in which mouth movement is visible.
_SINGING_SIZES = {"medium", "close"}
# Shot sizes in which a whole action is seen, and actions that need them.
_ROOMY_SIZES = {"wide", "full", "medium"}
_WHOLE_BODY = {"walk", "run", "dance", "jump", "raise", "ride", "row", "skate", "fly", "swim", "climb", "fight"}
# Shot sizes in which only head and shoulders are seen.
_BUSTS = {"medium", "close", "extreme_close"}
_CALM = 0.35
# A performance is sung for much of its duration; rests between lines don't count as sung.
_SUNG = 0.4
Kind = TypeVar("Kind", bound=Choice)
# At most one in this many shots is without the character.
_INSERT_EVERY = 5


@dataclass(frozen=True)
class Slot:
    """One scene's place in the song."""

    start_seconds: float
    end_seconds: float
    energy: float
    label: str
    place: Place


@dataclass
class _Memory:
    """What the previous scenes used, so that neighbors differ."""

    used: dict[str, list[str]] = field(default_factory=dict)
    since_insert: int = 2
    owed_performance: float = 0.0

    def recent(self, kind: str, count: int) -> list[str]:
        return self.used.get(kind, [])[-count:]

    def note(self, kind: str, words: str) -> None:
        self.used.setdefault(kind, []).append(words)


def write_scenes(
    request: ScenesRequest, grammar: SceneGrammar, parameters: dict[str, Any], negative: str
) -> tuple[WrittenScene, ...]:
    """Write one scene per slot. The same request gives the same scenes. Raises InputError for an empty idea."""
    if not request.idea.strip():
        raise InputError("Say what the video is about.", errors={"idea": ["This field may not be empty."]})
    words = parameters.get("providers", {}).get("draft", {}).get("words_of_idea", 14)
    slots = plan_slots(request, parameters)
    rng = np.random.default_rng(stable_number(request.idea, request.character_description, request.seed, len(slots)))
    memory = _Memory()
    cast = Cast.of(request.subjects)
    hidden = cast.hidden(request.idea)
    idea = _placed(read_idea(hidden, most_words=words), grammar, [place for _, place in cast.places])
    # Whoever has a name is called by it, and described beside the prompt.
    company = cast.company()
    description = company[0] if len(company) > 1 else request.character_description
    if cast.names_somebody(hidden):
        description, company = "", ()
    film = Film.of(idea, description, grammar, [slot.place for slot in slots], cast.places_said(), company)
    written = [_write(index, slots, film, request, cast, grammar, rng, memory) for index in range(len(slots))]
    return tuple(replace(scene, negative_description=negative) for scene in written)


def _placed(idea: Idea, grammar: SceneGrammar, own: Sequence[str]) -> Idea:
    """Return an idea that plays nowhere at the film's own places, one after the other, or at one of the flavor's."""
    if any(moment.sight.place for moment in idea.moments):
        return idea
    if own:
        count = len(idea.moments)
        at = [own[number * len(own) // count] for number in range(count)]
        return replace(idea, moments=tuple(
            replace(moment, sight=replace(moment.sight, place=place))
            for moment, place in zip(idea.moments, at, strict=True)
        ))  # fmt: skip
    named = [place for choice in grammar.places if (place := read_sight(choice.words).place)]
    if not named:
        return idea
    place = named[stable_number(idea.moments[0].text) % len(named)]
    moments = tuple(replace(moment, sight=replace(moment.sight, place=place)) for moment in idea.moments)
    return replace(idea, moments=moments)


def mark_of(prompt: str) -> str:
    """Return a short mark of a prompt, by which its picture's facts are known to belong to it."""
    return f"{stable_number(prompt):016x}"


def _write(
    index: int, slots: Sequence[Slot], film: Film, request: ScenesRequest, cast: Cast, grammar: SceneGrammar,
    rng: np.random.Generator, memory: _Memory,
) -> WrittenScene:  # fmt: skip
    """Return the scene without its negative description."""
    slot = slots[index]
    singing = _sings(slot, request.song, grammar, memory)
    if singing and film.is_last_chance(index):
        singing = False
        memory.owed_performance += 1
    insert = not singing and 0 < index < len(slots) - 1 and memory.since_insert >= _INSERT_EVERY and rng.random() < 0.75
    # A detail may not take the only picture of a moment.
    insert = insert and film.seen_itself(index) and film.has_insert(index)
    roomy = not singing and not insert and film.is_moment(index)
    shot = _choose_shot(index, slots, grammar, rng, memory, singing=singing or (not insert and film.is_inside(index)),
                        insert=insert, roomy=roomy)  # fmt: skip
    insert = insert and shot.size == "detail"
    memory.since_insert = 0 if insert else memory.since_insert + 1
    if insert:
        shown = film.insert(index)
    elif singing:
        shown = film.performance(index, _choose("action", grammar.performances, slot.energy, rng, memory).words)
    else:
        calm = [choice for choice in grammar.actions if read_sight(f"she {choice.words}").action not in _WHOLE_BODY]
        pool = calm if calm and shot.size in {"close", "extreme_close"} else grammar.actions
        shown = film.story(index, lambda: _choose("action", pool, slot.energy, rng, memory).words)
    sentences = grammar.inserts if insert else grammar.sentences
    fresh = [sentence for sentence in sentences if sentence not in memory.recent("sentence", 1)] or sentences
    sentence = fresh[int(rng.integers(len(fresh)))]
    memory.note("sentence", sentence)
    timed = replace(shown.sight, light=film.light_at(index, film.moment(index)))
    light = _choose_light(timed, grammar, slot.energy, rng, memory)
    sight = replace(timed, light=timed.light or read_sight(light).light)
    light = f"{light}{_weather_words(shown.text, light, sight)}"
    for _ in range(4):  # no two scenes in the same words
        move = _choose_move(index, slots, grammar, rng, memory).words
        text = (sentence if insert else _said_once(sentence)).format(
            shot=shot.words, subject=shown.subject, action=shown.action, moment=shown.text, place=shown.place,
            light=light, move=move,
        )  # fmt: skip
        description = f"{_sentence_case(cast.shown(text))} {_sentence_case(grammar.style)}."
        if description not in memory.recent("description", 1000):
            break
    memory.note("description", description)
    seen, names = cast.tagged(sight, film.lead_role) if request.subjects else (sight, frozenset[str]())
    return WrittenScene(
        sequence=index + 1,
        description=description,
        duration=round(slot.end_seconds - slot.start_seconds, 6),
        lipsync=singing,
        section=slot.label,
        shot=shot.words,
        camera=move,
        light=light,
        place=cast.shown(film.said(sight.place)),
        subjects=cast.said(description, names, nobody=insert) if request.subjects else None,
        picture={"of": mark_of(description), **seen.to_data()},
    )


def _said_once(sentence: str) -> str:
    """Return a sentence in which the moment isn't said twice. It is a whole clause: where a sentence also names who
    does what, those words are enough; where it only names the place, the moment has it."""
    if "{subject}" in sentence and "{action}" in sentence:
        placed = sentence if "{place}" in sentence else sentence.replace("{action}", "{action} {place}")
        once = placed.replace("{moment}", "")
    else:
        once = sentence.replace("{place}", "")
    if once == sentence:
        return sentence
    tidy = re.sub(r"\s+(?=[.,:;!?])", "", once)
    return re.sub(r"[.,:;]+(?=[.,:;!?])", "", tidy).lstrip(" .,:;!?")


_WEATHER_WORDS = {
    "rain": " in the rain",
    "snow": " in falling snow",
    "fog": " through drifting fog",
    "dust": " in drifting dust",
}


def _weather_words(text: str, light: str, sight: Sight) -> str:
    """Add the weather outdoors, unless the text already has it."""
    place = places().get(sight.place)
    if (
        not sight.weather
        or (place is not None and place.indoors)
        or read_sight(f"{text} {light}").weather == sight.weather
    ):
        return ""
    return _WEATHER_WORDS[sight.weather]


def _choose_light(sight: Sight, grammar: SceneGrammar, energy: float, rng: np.random.Generator, memory: _Memory) -> str:
    """Choose a light for what is seen: the story's time of day, else one that suits the place."""
    place = places().get(sight.place)
    wanted = sight.light or (place.light if place else "")
    fitting = [light for light in grammar.lights if not wanted or read_sight(light.words).light == wanted]
    if not wanted:
        unfit = "interior" if place is None or not place.indoors else "day"
        fitting = [light for light in grammar.lights if read_sight(light.words).light != unfit]
    return _choose("light", fitting or grammar.lights, energy, rng, memory).words


def plan_slots(request: ScenesRequest, parameters: dict[str, Any]) -> list[Slot]:
    """Return the given slots, or equal ones over the song, or ones of the flavor's length, with their energy."""
    length = float(parameters.get("duration_seconds", 8))
    bounds = list(request.slots)
    if not bounds:
        song = request.song
        count = request.number_of_scenes or (
            max(1, round(song.duration_seconds / length)) if song else int(parameters.get("number_of_scenes", 8))
        )
        if song:
            length = song.duration_seconds / count
        bounds = [(number * length, (number + 1) * length) for number in range(count)]
    energies = _spread([_energy(request.song, start, end, bounds[-1][1]) for start, end in bounds])
    parts = request.song.parts() if request.song else ()
    return [
        Slot(start, end, energy, _label(request.song, start, end), _place(parts, (start + end) / 2))
        for (start, end), energy in zip(bounds, energies, strict=True)
    ]


def _energy(song: SongBrief | None, start: float, end: float, whole: float) -> float:
    """Return the mean energy of the sections the slot overlaps; without a song, an arc that rises and settles."""
    if song is None or not song.sections:
        share = (start + end) / 2 / whole if whole else 0.5
        return float(0.25 + 0.65 * np.sin(np.pi * min(1.0, share * 1.15)) ** 1.5)
    overlaps = [
        (min(end, section.end_seconds) - max(start, section.start_seconds), section.energy) for section in song.sections
    ]
    known = [(length, energy) for length, energy in overlaps if length > 0]
    total = sum(length for length, _ in known)
    return sum(length * energy for length, energy in known) / total if total else 0.5


def _spread(energies: list[float]) -> list[float]:
    """Average the energies with themselves stretched to 0…1, so that even a uniform song has quiet and loud parts."""
    low, high = min(energies), max(energies)
    if high - low < 0.05:
        return energies
    return [0.5 * energy + 0.5 * (energy - low) / (high - low) for energy in energies]


def _place(parts: Sequence[SongPart], middle: float) -> Place:
    found = next((part for part in parts if part.start_seconds <= middle < part.end_seconds), None)
    return Place(found.kind, found.time) if found else Place()


def _label(song: SongBrief | None, start: float, end: float) -> str:
    middle = (start + end) / 2
    sections = song.sections if song else ()
    return next((part.label.lower() for part in sections if part.start_seconds <= middle < part.end_seconds), "")


def _sings(slot: Slot, song: SongBrief | None, grammar: SceneGrammar, memory: _Memory) -> bool:
    """Whether the character sings: in the flavor's share of the sung scenes, spread evenly. If it isn't known where
    the song is sung, the labeled performance sections count, or in a song without labels, its louder parts."""
    if song is None:
        return False
    named = {section_kind(section.label) for section in song.sections} & {"verse", "chorus", "bridge"}
    wanted = grammar.performance_sections
    fits = any(part in slot.label or part == slot.place.kind for part in wanted) if named else slot.energy > _CALM
    sung = song.sung_share(slot.start_seconds, slot.end_seconds)
    if sung is not None:
        fits = sung > _SUNG
    if not fits:
        return False
    share = grammar.performance_share
    memory.owed_performance += share
    # The first line heard is sung to the camera; if that is only a guess, it waits until one is half due.
    if not share or memory.owed_performance < (0.5 if sung is None else min(0.5, share)):
        return False
    memory.owed_performance -= 1
    return True


def _choose_shot(
    index: int, slots: Sequence[Slot], grammar: SceneGrammar, rng: np.random.Generator, memory: _Memory,
    *, singing: bool, insert: bool, roomy: bool,
) -> Shot:  # fmt: skip
    energy = slots[index].energy
    pool = [shot for shot in grammar.shots if (shot.size == "detail") == insert]
    if singing:
        pool = [shot for shot in pool if shot.size in _SINGING_SIZES]
    elif index == 0 and energy < 0.75:
        pool = [shot for shot in pool if shot.size in {"extreme_wide", "wide"}]
    elif index == len(slots) - 1 and energy < 0.6:
        pool = [shot for shot in pool if shot.size in {"extreme_wide", "wide", "full"}]
    if roomy or (
        not singing
        and not insert
        and len(slots) < SHORT_FILM
        and any(size in _BUSTS for size in memory.recent("size", 3))
    ):
        pool = [shot for shot in pool if shot.size in _ROOMY_SIZES] or pool
    last = memory.recent("size", 1)
    if index == len(slots) - 1 and roomy and "full" not in last:
        pool = [shot for shot in pool if shot.size == "full"] or pool  # the end is to be read
    apart = [shot for shot in pool or grammar.shots if shot.size not in last]
    shot = _choose("shot", apart or pool or grammar.shots, energy, rng, memory)
    memory.note("size", shot.size)
    return shot


def _choose_move(
    index: int, slots: Sequence[Slot], grammar: SceneGrammar, rng: np.random.Generator, memory: _Memory
) -> Move:
    energy = slots[index].energy
    last = memory.recent("kind", 1)
    pool = [move for move in grammar.moves if move.kind not in last]
    if index == len(slots) - 1:
        pool = [move for move in pool if move.kind == "pull_out"] or pool
    move = _choose("move", pool or grammar.moves, energy, rng, memory)
    memory.note("kind", move.kind)
    return move


def _choose(kind: str, pool: Sequence[Kind], energy: float, rng: np.random.Generator, memory: _Memory) -> Kind:
    """Choose one that suits this energy (likelier the closer), avoiding the previous one if there is another."""
    home = [choice for choice in pool if choice.low <= energy <= choice.high] or list(pool)
    last = memory.recent(kind, 2)
    fresh = [choice for choice in home if choice.words not in last]
    fresh = fresh or [choice for choice in home if choice.words not in last[-1:]]
    fresh = fresh or [choice for choice in pool if choice.words not in last[-1:]] or home
    distance = np.array([abs((choice.low + choice.high) / 2 - energy) for choice in fresh])
    weights = np.exp(-3 * distance)
    chosen = fresh[int(rng.choice(len(fresh), p=weights / weights.sum()))]
    memory.note(kind, chosen.words)
    return chosen


def _sentence_case(text: str) -> str:
    """Capitalize the start of each sentence."""
    tidy = re.sub(r",(?=[,.:;])", "", re.sub(r"\s+", " ", text).strip())
    return re.sub(r"(^|[.!?] )(\w)", lambda found: found.group(1) + found.group(2).upper(), tidy)
