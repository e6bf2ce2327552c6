"""What a project's four pages share: its title, and the bar with state, progress, what to do next, and money."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import project_money
from apps.production.generate_all import approved_scenes
from apps.production.problem_words import chain_sentence
from apps.production.stages import jobs_progress, project_progress
from apps.projects.models import Project
from apps.projects.selectors import ProjectStatus, project_status, song_seconds
from apps.scenes.made_from import clip_is_draft
from apps.scenes.models import Scene
from apps.scenes.redoing import scenes_to_redo
from apps.scenes.selectors import SceneStatus, scene_status
from apps.studio.live import Fragment
from apps.studio.project.paused import paused_of
from apps.studio.project.unfinished import scene_seconds, unfinished
from apps.studio.words import PROJECT_WORDS, Word

# The pages that show the scenes' cards.
WITH_CARDS = {"quick", "edit"}


def shell_pieces(
    project: Project, scenes: Sequence[Scene], live: Sequence[Job], page: str, may_compose: bool
) -> list[Fragment]:
    """Return the title, the bar, and what went wrong, if anything did. `may_compose`: the page offers that, and it
    would change something."""
    problem = "" if live or project.generating else project.problem or chain_sentence(project, scenes)
    return [
        Fragment("heading", "studio/project_heading.html", [project.title], {"project": project}),
        _bar(project, scenes, live, page, may_compose),
        Fragment("problem", "studio/project_problem.html", [problem], {"problem": problem}),
    ]


def _bar(project: Project, scenes: Sequence[Scene], live: Sequence[Job], page: str, may_compose: bool) -> Fragment:
    made = sum(1 for scene in scenes if scene.current_clip_id)
    spending = project_money(project.pk)
    word = _word(project, scenes)
    progress = project_progress(project, scenes, live) if project.generating else jobs_progress(live) if live else None
    missing = _missing(project, scenes)
    drafts = sum(1 for scene in scenes if scene.current_clip is not None and clip_is_draft(scene.current_clip))
    redone = len(scenes_to_redo(project, scenes)) if made and page in WITH_CARDS else 0
    paused = paused_of(project, live)
    if paused is not None:
        word = Word("Paused", "warn")
    composing = any(job.kind == Kind.COMPOSE for job in live)
    composes = may_compose and bool(scenes) and made == len(scenes) and not project.generating and not composing
    context: dict[str, Any] = {
        "project": project,
        "page": page,
        "word": word,
        "made": made,
        "scene_count": len(scenes),
        "missing": missing,
        "drafts": drafts,
        "redone": redone,
        "money": spending,
        "live": bool(live) or project.generating,
        "composes": composes,
        "progress": progress,
        "paused": paused,
        "seconds": sum(map(scene_seconds, scenes), Decimal(0)) if scenes else song_seconds(project),
    }
    facts = [word.text, made, missing, drafts, redone, len(scenes), spending, composes, project.generating]
    facts.append(paused)
    facts += [progress.words, progress.percent, progress.left] if progress else []
    return Fragment("status", "studio/project_bar.html", [*facts, bool(live), project.version], context)


def _word(project: Project, scenes: Sequence[Scene]) -> Word:
    """Return the project's state. A composed film that misses something says what instead of "Done"."""
    status = project_status(project)
    if status not in {ProjectStatus.COMPLETED, ProjectStatus.DRAFT}:
        return PROJECT_WORDS[status]
    asking = sum(1 for scene in scenes if scene_status(scene) == SceneStatus.NEEDS_ATTENTION)
    if asking:
        return Word(f"{asking} scene{' needs' if asking == 1 else 's need'} you", "warn")
    missing = unfinished(project, scenes) if status == ProjectStatus.COMPLETED else []
    return Word(" · ".join(missing).capitalize(), "warn") if missing else PROJECT_WORDS[status]


def _missing(project: Project, scenes: Sequence[Scene]) -> int:
    """Return how many scenes the one button would make something for."""
    bare = [scene for scene in scenes if scene.current_clip_id is None]
    if not project.needs_approval:
        return len(bare)
    approved = approved_scenes(project, scenes)
    return sum(1 for scene in bare if scene.image_id is None or scene.pk in approved)
