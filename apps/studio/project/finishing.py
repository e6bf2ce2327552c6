"""The sections of a project's page about its videos: versions, other outputs, how they are composed, and money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from apps.composition.changes import plan_changes
from apps.composition.lyrics import lyrics_reading
from apps.composition.models import Composition, Lyrics
from apps.composition.options import OptionChanges
from apps.composition.planning import project_look
from apps.composition.project_looks import OutputState, outputs_of
from apps.composition.selectors import CurrentPlans, composition_is_stale, compositions_of
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.jobs.states import State
from apps.production.project_money import project_account
from apps.projects.models import Project
from apps.studio.live import Fragment
from apps.studio.project.cards import view_url
from apps.studio.words import LOOK_WORDS, LYRICS_WORDS, PRESET_WORDS, Word

# How many the project's page shows; the versions page has the rest.
NEWEST_VERSIONS = 6


@dataclass(frozen=True)
class Version:
    """One composed video in the list."""

    composition: Composition
    changes: str
    stale: bool
    in_use: bool
    url: str
    poster_url: str


def finishing_pieces(now: CurrentPlans) -> list[Fragment]:
    project = now.project
    return [
        Fragment("heading", "studio/project_head.html", [project.title], {"project": project}),
        Fragment("about", "studio/project_about.html", [project.version], {"project": project}),
        _outputs(now),
        _assembly(project),
        _money(project),
        _versions(now),
    ]


def versions_of(now: CurrentPlans, found: Sequence[Composition]) -> list[Version]:
    """Return the versions of consecutive compositions, newest first. The last one only serves as the comparison for the
    one before it, unless it is the project's first."""
    earlier: Iterable[Composition | None] = [*found[1:], None]
    return [
        Version(
            composition=one,
            changes=plan_changes(before.plan if before else None, one.plan),
            stale=composition_is_stale(one, now),
            in_use=one.asset_id == now.project.final_video_id,
            url=view_url(one.asset),
            poster_url=view_url(one.poster),
        )
        for one, before in zip(found, earlier, strict=False)
    ]


def main_versions(project: Project) -> Any:
    """Return compositions in the project's own format, newest first."""
    return compositions_of(project).filter(output=None)


def _versions(now: CurrentPlans) -> Fragment:
    project = now.project
    # One more than is shown, to compare the last one against.
    found = list(main_versions(project)[: NEWEST_VERSIONS + 1])
    versions = versions_of(now, found)[:NEWEST_VERSIONS]
    facts = [(version.composition.pk, version.stale, version.in_use) for version in versions]
    more = len(found) > NEWEST_VERSIONS
    context = {"project": project, "versions": versions, "more": more}
    return Fragment("versions", "studio/versions.html", [*facts, more], context)


def output_word(state: OutputState) -> Word:
    """Return an output's status as its badge shows it."""
    if state.job is not None and state.job.is_live:
        return Word("Making", "live")
    if state.job is not None and state.job.state == State.FAILED:
        return Word("Failed", "bad")
    if state.composition is None:
        return Word("Not made yet")
    return Word("Changed since", "warn") if state.stale else Word("Done", "done")


def _video_url(composition: Composition | None) -> str:
    return view_url(composition.asset) if composition is not None else ""


def _outputs(now: CurrentPlans) -> Fragment:
    project, scenes = now.project, now.scenes
    states = outputs_of(now)
    rows = [(state, output_word(state), _video_url(state.composition)) for state in states]
    able = bool(scenes) and all(scene.current_clip_id for scene in scenes)
    facts: list[Any] = [able]
    for state, word, _ in rows:
        facts += [state.output.pk, state.output.name, word.text, state.composition and state.composition.pk]
        if state.job is not None:
            facts += [state.job.error, int(state.job.progress_percentage), state.job.progress_message]
    context = {"project": project, "rows": rows, "able": able}
    return Fragment("outputs", "studio/outputs.html", facts, context)


def _assembly(project: Project) -> Fragment:
    look = project_look(project).told()
    lyrics = Lyrics.objects.filter(project=project).first()
    context = {
        "project": project,
        "look": look_words(look),
        "lyrics": lyrics,
        "lyrics_words": lyrics_words(lyrics) if lyrics else "",
        "lyrics_unsure": bool(lyrics and not lyrics.encoding_sure),
    }
    facts = [look, project.version, lyrics and lyrics.updated_at]
    return Fragment("assembly", "studio/assembly.html", facts, context)


def look_words(look: JsonObject) -> str:
    """Return what the project sets itself; the rest comes from the flavor."""
    words = []
    if transition := look.get("transition"):
        seconds = look.get("transition_seconds")
        words.append(LOOK_WORDS[transition] + (f" of {seconds:g} s" if seconds and transition != "none" else ""))
    if (volume := look.get("clip_sound_volume")) is not None:
        words.append(f"clip sound at {volume * 100:.0f} %" if volume else "song only")
    words += [LOOK_WORDS[look[name]] for name in ("short_clip", "background", "quality") if look.get(name)]
    words += [f"{word} {look[name]:g} s" for name, word in FADES if look.get(name)]
    return ", ".join(words)


FADES = (("fade_in_seconds", "fades in over"), ("fade_out_seconds", "fades out over"))


def lyrics_words(lyrics: Lyrics) -> str:
    """Return how many lines there are, and how the video shows them."""
    try:
        count = len(lyrics_reading(lyrics).lyrics.lines)
    except InputError as error:
        return error.message
    ways = [LYRICS_WORDS[name] for name in ("burn", "soft") if getattr(lyrics, name)]
    if lyrics.burn:
        ways[0] = f"{ways[0]} ({PRESET_WORDS[lyrics.preset].lower()})"
    return f"{count} line{'' if count == 1 else 's'}, {' and '.join(ways) if ways else 'not used'}"


def _money(project: Project) -> Fragment:
    account = project_account(project)
    facts = [account, project.confirm_above, project.version]
    return Fragment("money", "studio/money.html", facts, {"project": project, "account": account})


def reencode_wish(request: HttpRequest) -> OptionChanges:
    """Return the options of a form's "Re-encode everything" button; none for the other buttons."""
    return OptionChanges(reencode=True) if request.POST.get("reencode") else OptionChanges()
