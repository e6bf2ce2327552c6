"""How a project's videos are composed, in words: transitions and sound, captions, lyrics."""

from apps.composition.captions import readable_words
from apps.composition.lyrics import lyrics_reading
from apps.composition.models import Lyrics
from apps.composition.options import Captions
from apps.composition.planning import project_look
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.studio.live import Fragment
from apps.studio.words import LOOK_WORDS, STYLE_WORDS, TRACK_WORDS
from engines.lyrics.caption_look import CaptionStyle

FADES = (("fade_in_seconds", "fades in over"), ("fade_out_seconds", "fades out over"))


def assembly_piece(project: Project) -> Fragment:
    look = project_look(project).told()
    lyrics = Lyrics.objects.filter(project=project).first()
    captions, words = project_look(project).captions, len(readable_words(project).lines)
    context = {
        "project": project,
        "look": look_words(look),
        "lyrics": lyrics,
        "lyrics_words": lyrics_words(lyrics) if lyrics else "",
        "lyrics_unsure": bool(lyrics and not lyrics.encoding_sure),
        "captions": captions_words(captions),
        "words": words,
    }
    facts = [look, project.version, lyrics and lyrics.updated_at, words]
    return Fragment("assembly", "studio/deliver/assembly.html", facts, context)


def look_words(look: JsonObject) -> str:
    """Return what the project sets itself; the rest comes from the flavor."""
    words = []
    if transition := look.get("transition"):
        seconds = look.get("transition_seconds")
        words.append(LOOK_WORDS[transition] + (f" of {seconds:g} s" if seconds and transition != "none" else ""))
    if (volume := look.get("clip_sound_volume")) is not None:
        words.append(f"clip sound at {volume * 100:.0f} %" if volume else "song only")
    words += [LOOK_WORDS[look[name]] for name in ("short_clip", "background", "quality") if look.get(name)]
    words += ["colors matched at cuts"] if look.get("color_match") else []
    words += [f"{word} {look[name]:g} s" for name, word in FADES if look.get(name)]
    return ", ".join(words)


def lyrics_words(lyrics: Lyrics) -> str:
    """Return how many lines there are."""
    try:
        count = len(lyrics_reading(lyrics).lyrics.lines)
    except InputError as error:
        return error.message
    return f"{count} line{'' if count == 1 else 's'}"


def captions_words(captions: Captions) -> str:
    """Return how the video shows its words."""
    if captions.style is CaptionStyle.NONE:
        return "None: the words aren't shown."
    font = f", in {captions.font}" if captions.font and captions.burned else ""
    return f"{STYLE_WORDS[captions.style]}, {TRACK_WORDS[captions.track]}{font}"
