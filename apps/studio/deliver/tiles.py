"""The Deliver page as live pieces: the film, its other videos, what else can be made, cover, package and versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from apps.composition.captions import readable_words
from apps.composition.handoff.export import package_state
from apps.composition.hook import film_frames, hook_range
from apps.composition.models import Output
from apps.composition.options import OptionChanges
from apps.composition.outputs import output_problem
from apps.composition.planning import video_options
from apps.composition.project_looks import OutputState, outputs_of
from apps.composition.selectors import CurrentPlans
from apps.composition.stills.covers import cover_of
from apps.jobs.estimates import job_time_left
from apps.jobs.states import State
from apps.projects.models import AspectRatio, Project
from apps.scenes.scene_frames import scene_spans
from apps.studio.deliver.assembly import assembly_piece
from apps.studio.deliver.version_rows import ProofShown, proof_of, versions_piece
from apps.studio.live import Fragment
from apps.studio.project.cards import view_url
from apps.studio.words import STYLE_WORDS, TRACK_WORDS, Word
from engines.lyrics.caption_look import CaptionStyle

OFFERED_HOOK_SECONDS = (15, 30)


@dataclass(frozen=True)
class OutputTile:
    """One of the other videos as its tile shows it. Missing URLs are ""."""

    state: OutputState
    word: Word
    url: str
    poster_url: str
    captions: str
    proof: ProofShown | None
    # Why it can't be made now.
    problem: str = ""
    # From where to where of the film a cut goes; None for a whole video, and where an earlier state was made.
    cut: tuple[float, float] | None = None

    @property
    def facts(self) -> list[Any]:
        output, job, composition = self.state.output, self.state.job, self.state.composition
        facts = [output.pk, output.name, output.framing, self.captions, self.word.text, composition and composition.pk]
        facts += [self.problem, self.cut]
        if job is not None:
            facts += [job.error, int(job.progress_percentage), job.progress_message, job_time_left(job)]
        return facts


@dataclass(frozen=True)
class Offer:
    """A video that could be made: a shape, or a cut of some seconds in the film's own."""

    title: str
    words: str
    ratio: str
    query: str
    mark: str = "+"


def renewing_words(behind: Sequence[UUID | None]) -> str:
    """Return what one click makes of the videos that are behind: ids of outputs, None for the film."""
    others = len(behind) - (None in behind)
    if None not in behind:
        return f"Make {others} other video{'' if others == 1 else 's'}" if others else ""
    return f"Make the film and {others} other{'' if others == 1 else 's'} again" if others else "Make the film again"


def deliver_pieces(now: CurrentPlans) -> list[Fragment]:
    project = now.project
    return [_outputs(now), _cover(project, now), assembly_piece(project), _package(project, now), versions_piece(now)]


def output_word(state: OutputState) -> Word:
    """Return an output's status as its badge shows it."""
    if state.job is not None and state.job.is_live:
        return Word("Making", "live")
    if state.job is not None and state.job.state == State.FAILED:
        return Word("Failed", "bad")
    if state.composition is None:
        return Word("Not made yet")
    return Word("Changed since", "warn") if state.stale else Word("Done", "done")


def _outputs(now: CurrentPlans) -> Fragment:
    project, scenes = now.project, now.scenes
    tiles = [_tile(now, state) for state in outputs_of(now)]
    able = bool(scenes) and all(scene.current_clip_id for scene in scenes)
    words = bool(readable_words(project).lines)
    offers = offers_of(now, [tile.state.output for tile in tiles])
    context = {"project": project, "tiles": tiles, "able": able, "words": words, "offers": offers}
    facts = [able, words, [offer.title for offer in offers], *(tile.facts for tile in tiles)]
    return Fragment("outputs", "studio/deliver/outputs.html", facts, context)


def _tile(now: CurrentPlans, state: OutputState) -> OutputTile:
    project, made = now.project, state.composition
    problem = output_problem(now, state.output)
    working = state.job is not None and state.job.is_live
    return OutputTile(
        state=state,
        word=Word("Can't be made", "warn") if problem and not working else output_word(state),
        url=view_url(made.asset) if made is not None else "",
        poster_url=view_url(made.poster) if made is not None else "",
        captions=_own_captions(project, state.output),
        proof=proof_of(made) if made is not None else None,
        problem=problem,
        cut=None if problem or state.stale else _cut(now, state.output),
    )


def _cut(now: CurrentPlans, output: Output) -> tuple[float, float] | None:
    frames = None if output.hook_seconds is None else film_frames(now.project, now.scenes)
    if frames is None:
        return None
    (first, last), fps = hook_range(now.project, output, frames), Fraction(now.project.fps)
    return float(first / fps), float(last / fps)


def _own_captions(project: Project, output: Output) -> str:
    """Return the captions of an output that has its own; "" if they are the film's."""
    if not output.captions:
        return ""
    captions = video_options(project, output).captions
    if captions.style is CaptionStyle.NONE:
        return "no captions"
    return f"{STYLE_WORDS[captions.style].lower()} {TRACK_WORDS[captions.track]}"


def offers_of(now: CurrentPlans, outputs: Sequence[Output]) -> list[Offer]:
    """Return what could be made besides: the other shapes of the whole film, and short cuts if it is long enough."""
    project = now.project
    if not now.scenes:
        return []
    spans = scene_spans(project, list(now.scenes))
    length = spans[-1].end_seconds
    taken = {output.aspect_ratio for output in outputs if output.hook_seconds is None} | {project.aspect_ratio}
    lengths = {output.hook_seconds for output in outputs}
    uses = {"9:16": "Shorts, Reels, TikTok", "1:1": "Feeds", "4:5": "Feeds on phones", "16:9": "YouTube, screens"}
    ratios = ("9:16", "1:1", "4:5", "16:9")
    shapes = [Offer(ratio, uses[ratio], ratio, f"shape={ratio}") for ratio in ratios if ratio not in taken]
    upright = AspectRatio.PORTRAIT if AspectRatio.PORTRAIT in taken else project.aspect_ratio
    cuts = [
        Offer(
            f"Hook, {seconds} s",
            "The loudest part, from a downbeat",
            upright,
            f"shape={upright}&hook={seconds}",
            mark=f"{seconds} s",
        )
        for seconds in OFFERED_HOOK_SECONDS
        if seconds not in lengths and seconds <= length
    ]
    return [*shapes, *cuts]


def _cover(project: Project, now: CurrentPlans) -> Fragment:
    cover = cover_of(project)
    shown = any(scene.current_clip_id or scene.image_id for scene in now.scenes)
    outputs = list(project.outputs.all())
    context = {
        "project": project,
        "cover": cover,
        "poster_url": view_url(cover.poster) if cover else "",
        "able": shown,
        "outputs": outputs,
    }
    facts = [cover and cover.updated_at, shown, [(output.pk, output.name) for output in outputs]]
    return Fragment("cover", "studio/deliver/cover.html", facts, context)


def _package(project: Project, now: CurrentPlans) -> Fragment:
    state = package_state(project)
    able = any(scene.current_clip_id for scene in now.scenes)
    context = {
        "project": project,
        "package": state,
        "able": able,
        "url": view_url(state.archive) if state and state.archive else "",
    }
    facts: list[Any] = [able]
    if state is not None:
        job = state.job
        facts += [job.pk, job.state, job.error, int(job.progress_percentage), job.progress_message, state.current]
        facts.append(job_time_left(job))
    return Fragment("package", "studio/deliver/package.html", facts, context)


def reencode_wish(request: HttpRequest) -> OptionChanges:
    """Return the options of a form's "Re-encode everything" button; none for the other buttons."""
    return OptionChanges(reencode=True) if request.POST.get("reencode") else OptionChanges()
