"""Build the prompts: the flavor's texts with the request and the song filled in."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.providers.request_types import ScenesRequest, SongBrief, SongPart, Subject

# Appended to every system prompt, since some servers ignore `response_format` and the flavor may not mention JSON.
FORMAT = (
    "\n\nAnswer with one JSON object and nothing else: "
    '{"scenes": [{"description": "…", "negative_description": "…", "lipsync": false, "duration": 8.0}]}. '
    "One item per scene, in order. `description` is the shot as one paragraph, `negative_description` what must not "
    "be seen, `lipsync` true only where the character sings to the camera, `duration` the scene's seconds."
)
# Appended too, where the film has a cast.
CAST = (
    "\n\nThe film's people, places and things, by name:\n{cast}\n"
    'Each scene also has "subjects": the names, exactly as above, of all of them that are to be seen in it, the most '
    "important first; an empty list if none is. Where one is seen, `description` says how it looks, as described here. "
    "Bring together who belongs together, and leave out who isn't needed."
)
# Appended too, where a part of the song comes back.
RETURNS = (
    "\n\nThe story arrives, turns and returns. Verses move it on, each with moments of its own. The chorus has one "
    "place and one motif, which no verse shows: whenever it comes back, it takes up the scenes of its first time from "
    "another angle, changed by what has happened since."
)
# A scene's lines are cut here: hundreds of scenes with long ones don't fit a small model's context.
LINES_LIMIT = 300


def scene_count(request: ScenesRequest) -> int:
    """Return one scene per slot, else the requested number, else the flavor's."""
    return len(request.slots) or request.number_of_scenes or int(request.settings["number_of_scenes"])


def messages_of(request: ScenesRequest) -> list[dict[str, str]]:
    """Return the system and user messages. `settings["scene_prompts"]` holds the flavor's texts."""
    prompts = request.settings["scene_prompts"]
    values = {
        "idea": request.idea,
        "character_description": request.character_description or "no particular person",
        "number_of_scenes": str(scene_count(request)),
        "scenes": _slots_text(request),
        "song": _song_text(request.song),
    }
    return [
        {
            "role": "system",
            "content": _filled(str(prompts["system"]), values).rstrip()
            + _arc_text(request.song)
            + FORMAT
            + _cast_text(request.subjects),
        },
        {"role": "user", "content": _filled(str(prompts["user"]), values)},
    ]


def repair_message(problem: str) -> dict[str, str]:
    """Return the message that asks for a correction of an unusable response."""
    text = f"That answer cannot be used: {problem} Answer again with the whole corrected JSON object and nothing else."
    return {"role": "user", "content": text}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Replace known `{name}`s and keep other braces. One pass, so that the values themselves are not replaced."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)


def _slots_text(request: ScenesRequest) -> str:
    if not request.slots:
        seconds = float(request.settings["duration_seconds"])
        return f"{scene_count(request)} scenes of about {seconds:g} s each"
    parts = request.song.parts() if request.song else ()
    return "\n".join(
        f"{number}. {start:.2f}-{end:.2f} s ({end - start:.2f} s){_section_at(request.song, start, end)}"
        f"{_return_at(parts, request.slots, number)}{_lines_at(request.song, start, end)}"
        for number, (start, end) in enumerate(request.slots, start=1)
    )


def _section_at(song: SongBrief | None, start: float, end: float) -> str:
    """Return the section of the song at the slot's middle, as text."""
    middle = (start + end) / 2
    for section in song.sections if song else ():
        if section.start_seconds <= middle < section.end_seconds:
            return f", {section.label}, energy {section.energy:.1f}"
    return ""


def _return_at(parts: Sequence[SongPart], slots: Sequence[tuple[float, float]], number: int) -> str:
    """Return which time the slot's part of the song comes, and for a chorus which scenes it takes up, as text; "" for
    what comes once."""
    part = next((one for one in parts if _is_in(slots[number - 1], one)), None)
    if part is None or part.times == 1:
        return ""
    told = f", {part.kind} {part.time} of {part.times}"
    if part.kind != "chorus" or part.time == 1:
        return told
    first = next(one for one in parts if one.kind == part.kind)
    scenes = [place for place, slot in enumerate(slots, start=1) if _is_in(slot, first)]
    if not scenes:
        return told
    taken = f"scene {scenes[0]}" if len(scenes) == 1 else f"scenes {scenes[0]}-{scenes[-1]}"
    return f"{told}, takes up {taken}"


def _is_in(slot: tuple[float, float], part: SongPart) -> bool:
    return part.start_seconds <= (slot[0] + slot[1]) / 2 < part.end_seconds


def _arc_text(song: SongBrief | None) -> str:
    return RETURNS if song and any(part.kind == "chorus" and part.times > 1 for part in song.parts()) else ""


def _cast_text(subjects: Sequence[Subject]) -> str:
    if not subjects:
        return ""
    return CAST.replace("{cast}", "\n".join(_told(one) for one in subjects))


def _told(subject: Subject) -> str:
    facts = [subject.description, subject.never_change and f"never changes: {subject.never_change}", subject.wardrobe]
    words = "; ".join(" ".join(fact.split()) for fact in facts if fact)
    return f"- {subject.name} ({subject.kind}){f': {words}' if words else ''}"


def _lines_at(song: SongBrief | None, start: float, end: float) -> str:
    """Return the lines sung in the slot, as text."""
    lines = song.lines_in(start, end) if song else ()
    words = " / ".join(" ".join(line.text.split()) for line in lines)
    return f', sung: "{words[:LINES_LIMIT]}"' if words else ""


def _song_text(song: SongBrief | None) -> str:
    if song is None:
        return "none"
    facts: list[Any] = [f"{song.duration_seconds:.1f} s"]
    facts += [f"{song.tempo_bpm:.0f} beats per minute"] if song.tempo_bpm else []
    facts += [f"title {song.title!r}"] if song.title else []
    facts += [
        f"{section.label} {section.start_seconds:.1f}-{section.end_seconds:.1f} s (energy {section.energy:.1f})"
        for section in song.sections
    ]
    facts += [_sung_text(song.sung)] if song.sung is not None else []
    return "; ".join(facts)


def _sung_text(sung: Sequence[tuple[float, float]]) -> str:
    """Describe where someone sings, so that lip-sync is requested there."""
    parts = ", ".join(f"{start:.0f}-{end:.0f} s" for start, end in sung)
    return f"somebody sings at {parts}; set lipsync only there" if sung else "nobody sings; set no lipsync"
