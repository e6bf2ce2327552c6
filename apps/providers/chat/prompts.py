"""Build the prompts: the flavor's texts with the request and the song filled in."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.providers.base import ScenesRequest, SongBrief

# Appended to every system prompt, since some servers ignore `response_format` and the flavor may not mention JSON.
FORMAT = (
    "\n\nAnswer with one JSON object and nothing else: "
    '{"scenes": [{"description": "…", "negative_description": "…", "lipsync": false, "duration": 8.0}]}. '
    "One item per scene, in order. `description` is the shot as one paragraph, `negative_description` what must not "
    "be seen, `lipsync` true only where the character sings to the camera, `duration` the scene's seconds."
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
        {"role": "system", "content": _filled(str(prompts["system"]), values).rstrip() + FORMAT},
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
    return "\n".join(
        f"{number}. {start:.2f}-{end:.2f} s ({end - start:.2f} s){_section_at(request.song, start, end)}"
        f"{_lines_at(request.song, start, end)}"
        for number, (start, end) in enumerate(request.slots, start=1)
    )


def _section_at(song: SongBrief | None, start: float, end: float) -> str:
    """Return the section of the song at the slot's middle, as text."""
    middle = (start + end) / 2
    for section in song.sections if song else ():
        if section.start_seconds <= middle < section.end_seconds:
            return f", {section.label}, energy {section.energy:.1f}"
    return ""


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
