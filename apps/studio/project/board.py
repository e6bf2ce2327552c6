"""A project's page as live pieces: status and money, the final video, the grid of scenes, each card."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from apps.composition.selectors import CurrentPlans, composes_final, composition_is_stale, current_composition
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import live_jobs, project_money
from apps.jobs.states import Code, State
from apps.production.quick import quick_windows
from apps.production.stages import jobs_progress, project_progress
from apps.projects.models import Project
from apps.projects.selectors import project_status, song_seconds
from apps.scenes.model_choices import troubled_choices
from apps.scenes.models import Scene
from apps.scenes.selectors import scenes_of
from apps.studio.live import Fragment
from apps.studio.project.cards import SceneCard, scene_cards, view_url
from apps.studio.project.finishing import finishing_pieces
from apps.studio.words import PROJECT_WORDS


@dataclass(frozen=True)
class Board:
    """Everything a project's page shows at one moment."""

    project: Project
    cards: Sequence[SceneCard]
    pieces: Sequence[Fragment]
    busy: bool

    def changed_pieces(self, held: Collection[str]) -> list[Fragment]:
        """Return all pieces; without individual cards if the page has to replace the whole grid."""
        grid = next(piece for piece in self.pieces if piece.id == "scenes")
        if grid.seen in held:
            return list(self.pieces)
        return [piece for piece in self.pieces if not piece.id.startswith("scene-")]


def board_of(project: Project, *, page: str) -> Board:
    """Build the board. `page` is "project", "quick" or "edit" and decides which buttons a card has."""
    scenes = list(scenes_of(project))
    cards = scene_cards(project, scenes, windows=quick_windows(project) if page == "quick" else None)
    live = list(live_jobs(project.pk))
    now = CurrentPlans(project, scenes)
    pieces = [
        _status(project, scenes, live, page),
        _troubled(project, scenes, page),
        _final(now, live, page),
        _grid(project, cards, page),
    ]
    if page == "edit":
        pieces.append(_head(project, scenes, live))
    if page == "project":
        pieces += finishing_pieces(now)
    card_pieces = [card.piece(page) for card in cards]
    return Board(project, cards, [*pieces, *card_pieces], busy=bool(live) or project.generating)


def _status(project: Project, scenes: Sequence[Scene], live: Sequence[Job], page: str) -> Fragment:
    made = sum(1 for scene in scenes if scene.current_clip_id)
    spending = project_money(project.pk)
    word = PROJECT_WORDS[project_status(project)]
    progress = project_progress(project, scenes, live) if project.generating else jobs_progress(live) if live else None
    context: dict[str, Any] = {
        "project": project,
        "page": page,
        "word": word,
        "made": made,
        "scene_count": len(scenes),
        "money": spending,
        "live": bool(live) or project.generating,
        "progress": progress,
        # A single job shows its own time left.
        "job": live[0] if len(live) == 1 and not project.generating else None,
        "song_seconds": song_seconds(project),
    }
    facts = [word.text, made, len(scenes), spending, project.problem, project.generating]
    facts += [progress.words, progress.percent] if progress else []
    return Fragment("status", "studio/project_status.html", [*facts, bool(live), project.version], context)


def _troubled(project: Project, scenes: Sequence[Scene], page: str) -> Fragment:
    """Return the banner about chosen models that can't be used any more; empty without any."""
    found = troubled_choices(project, scenes)
    facts = [(one.capability, one.checked.offer.model, one.in_project, one.sequences) for one in found]
    return Fragment("models", "studio/model_banner.html", facts, {"project": project, "found": found, "page": page})


def _head(project: Project, scenes: Sequence[Scene], live: Sequence[Job]) -> Fragment:
    """Return the Edit page's header: title, spending and links."""
    spending = project_money(project.pk)
    made = sum(1 for scene in scenes if scene.current_clip_id)
    composing = any(job.kind == Kind.COMPOSE for job in live)
    facts = [project.version, spending, made, len(scenes), composing, project.final_video_id]
    context = {
        "project": project,
        "money": spending,
        "made": made,
        "scene_count": len(scenes),
        "composing": composing,
    }
    return Fragment("head", "studio/edit_head.html", facts, context)


def _final(now: CurrentPlans, live: Sequence[Job], page: str) -> Fragment:
    project, video = now.project, now.project.final_video
    composing = next((job for job in live if job.kind == Kind.COMPOSE and composes_final(job)), None)
    current = current_composition(project) if video is not None else None
    stale = current is not None and composing is None and composition_is_stale(current, now)
    failed = _failed_compose(project) if composing is None else None
    context = {
        "project": project,
        "page": page,
        "video": video,
        "url": view_url(video),
        "poster_url": view_url(current.poster) if current is not None else "",
        "proof": current.proof.get("sentence", "") if current is not None else "",
        "composing": composing,
        "stale": stale,
        "error": failed.error if failed is not None else "",
        # Re-encoding everything gets around what can't be copied faithfully.
        "may_reencode": failed is not None and failed.code == Code.MEDIA_FAILED,
        "made": any(scene.current_clip_id for scene in now.scenes),
    }
    progress = [composing.pk, composing.state, int(composing.progress_percentage)] if composing else []
    return Fragment(
        "final", "studio/final.html", [video and video.pk, stale, context["error"], context["made"], *progress], context
    )


def _failed_compose(project: Project) -> Job | None:
    """Return the job of the newest composition of the final video, if it failed."""
    jobs = Job.objects.filter(project_id=project.pk, kind=Kind.COMPOSE, parameters__output_id=None)
    last = jobs.order_by("-created_at").defer("parameters", "result").first()
    return last if last is not None and last.state == State.FAILED else None


def _grid(project: Project, cards: Sequence[SceneCard], page: str) -> Fragment:
    facts = [str(card.scene.pk) for card in cards]
    context = {"project": project, "entries": [(card, card.piece(page)) for card in cards], "page": page}
    return Fragment("scenes", "studio/scenes_grid.html", [*facts, project.generating and not cards], context)
