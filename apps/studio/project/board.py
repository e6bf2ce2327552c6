"""A project's four pages as live pieces: their common bar, and what each shows below it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.composition.models import Composition
from apps.composition.outputs import videos_behind
from apps.composition.selectors import CurrentPlans, composes_final, composition_is_stale, current_composition
from apps.composition.stills.covers import cover_of
from apps.jobs.estimates import job_time_left
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import live_jobs
from apps.jobs.states import Code, State
from apps.production.approving import project_approvals
from apps.production.quick import quick_windows
from apps.projects.models import Project
from apps.scenes.model_choices import troubled_choices
from apps.scenes.models import Scene
from apps.scenes.picture_notes import scenes_pictures_notes
from apps.scenes.selectors import scenes_of
from apps.studio.deliver.tiles import deliver_pieces, renewing_words
from apps.studio.deliver.version_rows import proof_of
from apps.studio.live import Fragment
from apps.studio.project.card_window import EVERY_CARD
from apps.studio.project.cards import LIGHT_CARD, SceneCard, scene_cards, view_url
from apps.studio.project.money import money_piece
from apps.studio.project.shell import shell_pieces

# The pages that show the final video.
WITH_FINAL = {"quick", "project"}


@dataclass(frozen=True)
class Board:
    """Everything a project's page shows at one moment."""

    project: Project
    pieces: Sequence[Fragment]
    busy: bool
    scene_count: int

    def changed_pieces(self, held: Collection[str]) -> list[Fragment]:
        """Return all pieces; without individual cards if the page has to replace the whole grid."""
        grid = next((piece for piece in self.pieces if piece.id == "scenes"), None)
        if grid is None or grid.seen in held:
            return list(self.pieces)
        return [piece for piece in self.pieces if not piece.id.startswith("scene-")]


def board_of(project: Project, *, page: str, full: Collection[int] = EVERY_CARD) -> Board:
    """Build the board. `page` is "quick" (Storyboard), "edit", "project" (Deliver), "settings" or "cast", which has
    pieces of its own; `full`: the scenes whose cards it shows in full."""
    scenes = list(scenes_of(project))
    live = list(live_jobs(project.pk))
    now = CurrentPlans(project, scenes)
    current = current_composition(project) if page in WITH_FINAL and project.final_video is not None else None
    stale = current is not None and composition_is_stale(current, now)
    # Deliver offers it where the film is.
    may_compose = page == "edit" or (page == "quick" and (current is None or stale))
    pieces = [*shell_pieces(project, scenes, live, page, may_compose), _troubled(project, scenes, page)]
    if page == "settings":
        pieces.append(money_piece(project))
    elif page != "cast":
        if page in WITH_FINAL:
            pieces.append(_final(now, live, page, current, stale=stale))
        elif page == "edit":
            pieces.append(_compose_failed(project, live))
        pieces += deliver_pieces(now) if page == "project" else _scene_pieces(project, scenes, page, full)
    return Board(project, pieces, busy=bool(live) or project.generating, scene_count=len(scenes))


def _scene_pieces(project: Project, scenes: Sequence[Scene], page: str, full: Collection[int]) -> list[Fragment]:
    cards = scene_cards(project, scenes, windows=quick_windows(project) if page == "quick" else None)
    if page == "quick":
        notes = scenes_pictures_notes(project, {card.scene: card.cast for card in cards}, full)
        cards = [replace(card, pictures_note=notes.get(card.scene.pk, "")) for card in cards]
    shown = [card.piece(page) if card.scene.sequence in full else card.light_piece() for card in cards]
    pieces = [_approval(project, scenes, page)] if page == "quick" else []
    return [*pieces, _grid(project, cards, shown, page), *shown]


def _approval(project: Project, scenes: Sequence[Scene], page: str) -> Fragment:
    """Return the line that says how far the approval is, or that it is off, with the button that switches it; empty
    where there is nothing to approve."""
    found = project_approvals(project, scenes) if project.needs_approval and scenes else None
    # Where scenes were approved, or have pictures to look at before their clips.
    may_begin = not project.needs_approval and any(
        scene.approval_of or (scene.image_id and not scene.current_clip_id) for scene in scenes
    )
    facts = [found.total, found.approved, found.redo, found.seen, project.generating] if found else [may_begin]
    context = {"approvals": found, "may_begin": may_begin, "project": project, "page": page}
    return Fragment("approval", "studio/approval_line.html", facts, context)


def _troubled(project: Project, scenes: Sequence[Scene], page: str) -> Fragment:
    """Return the banner about chosen models that can't be used any more; empty without any."""
    found = troubled_choices(project, scenes)
    facts = [(one.capability, one.checked.offer.model, one.in_project, one.sequences) for one in found]
    return Fragment("models", "studio/model_banner.html", facts, {"project": project, "found": found, "page": page})


def _final(now: CurrentPlans, live: Sequence[Job], page: str, current: Composition | None, *, stale: bool) -> Fragment:
    project, video = now.project, now.project.final_video
    composing = next((job for job in live if job.kind == Kind.COMPOSE and composes_final(job)), None)
    stale = stale and composing is None
    failed = _failed_compose(project) if composing is None else None
    cover = cover_of(project)
    missing = sum(1 for scene in now.scenes if not scene.current_clip_id)
    renewing = renewing_words(videos_behind(now)) if page == "project" and not missing else ""
    context = {
        "project": project,
        "page": page,
        "renewing": renewing,
        "video": video,
        "url": view_url(video),
        "poster_url": view_url(cover.poster if cover else current.poster if current else None),
        "proof": proof_of(current) if current is not None else None,
        "composing": composing,
        "stale": stale,
        "error": failed.error if failed is not None else "",
        "may_reencode": _may_reencode(failed),
        "made": any(scene.current_clip_id for scene in now.scenes),
        "missing": missing,
        "scene_count": len(now.scenes),
        **_animatic(now, page),
    }
    facts = [video and video.pk, stale, context["error"], context["made"], bool(now.scenes), cover and cover.updated_at]
    facts.append(context["animatic"])
    facts += [missing, len(now.scenes), renewing] if page == "project" else []
    facts += (
        [composing.pk, composing.state, int(composing.progress_percentage), job_time_left(composing)]
        if composing
        else []
    )
    template = "studio/deliver/film.html" if page == "project" else "studio/final.html"
    return Fragment("final", template, facts, context)


def _animatic(now: CurrentPlans, page: str) -> dict[str, Any]:
    """Return what plays the scenes' pictures on the song: `animatic` says whether there are any to play."""
    project = now.project
    pictured = [scene for scene in now.scenes if scene.image_id or scene.current_clip_id]
    if page != "quick" or project.song is None or not pictured:
        return {"animatic": False}
    part = f"{project.song_start:f},{project.song_end:f}" if project.song_end else f"{project.song_start:f}"
    return {"animatic": True, "song_part": part, "still_url": view_url(pictured[0].image)}


def _may_reencode(failed: Job | None) -> bool:
    """Return whether re-encoding everything may help: it gets around what can't be copied faithfully."""
    return failed is not None and failed.code == Code.MEDIA_FAILED


def _compose_failed(project: Project, live: Sequence[Job]) -> Fragment:
    """Return what Edit says about a final video that wasn't composed; hidden otherwise."""
    composing = any(job.kind == Kind.COMPOSE and composes_final(job) for job in live)
    failed = None if composing else _failed_compose(project)
    context = {"project": project, "failed": failed, "may_reencode": _may_reencode(failed)}
    return Fragment("uncomposed", "studio/compose_failed.html", [failed and (failed.pk, failed.attempt)], context)


def _failed_compose(project: Project) -> Job | None:
    """Return the job of the newest composition of the final video, if it failed."""
    jobs = Job.objects.filter(project_id=project.pk, kind=Kind.COMPOSE, parameters__output_id=None)
    last = jobs.order_by("-created_at").defer("parameters", "result").first()
    return last if last is not None and last.state == State.FAILED else None


def _grid(project: Project, cards: Sequence[SceneCard], shown: Sequence[Fragment], page: str) -> Fragment:
    facts = [str(card.scene.pk) for card in cards]
    light = sum(piece.template == LIGHT_CARD for piece in shown)
    context = {"project": project, "entries": list(zip(cards, shown, strict=True)), "page": page, "light": light}
    return Fragment("scenes", "studio/scenes_grid.html", [*facts, project.generating and not cards], context)
