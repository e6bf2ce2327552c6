"""The list of projects, which is the home page."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.acting import acting_user
from apps.assets.models import Asset
from apps.composition.stills.posters import project_posters
from apps.jobs.states import State
from apps.production.sample import sample_start
from apps.projects import services
from apps.projects.models import Project
from apps.projects.selectors import ProjectStatus, project_status, projects_of, song_seconds
from apps.scenes.models import Scene
from apps.studio.live import LIVE_METHODS, Fragment, changed_list, live_response, piece_html, poll_of
from apps.studio.project.cards import view_url
from apps.studio.words import PROJECT_WORDS, Word

PAGE_SIZE = 24


@dataclass(frozen=True)
class ProjectTile:
    """A project in the list: poster, status, length and how many scenes have a clip."""

    project: Project
    poster: Asset | None
    scenes: int
    made: int
    asking: int

    def piece(self) -> Fragment:
        status = project_status(self.project)
        asks = self.asking and status in {ProjectStatus.COMPLETED, ProjectStatus.DRAFT}
        word = Word("Needs you", "warn") if asks else PROJECT_WORDS[status]
        seconds = song_seconds(self.project)
        if self.project.final_video is not None:
            seconds = self.project.final_video.duration_seconds  # type: ignore[assignment]
        facts = [
            self.project.title,
            self.project.version,
            word.text,
            self.made,
            self.scenes,
            self.poster and self.poster.pk,
        ]
        facts += [self.project.final_video_id, seconds]
        context = {"tile": self, "word": word, "seconds": seconds, "poster_url": view_url(self.poster)}
        context["final_url"] = view_url(self.project.final_video)
        return Fragment(f"project-{self.project.pk}", "studio/project_tile.html", facts, context)


@login_required
@require_http_methods(LIVE_METHODS)
def projects(request: HttpRequest) -> HttpResponse:
    by = acting_user(request)
    page = Paginator(projects_of(by), PAGE_SIZE).get_page(request.GET.get("page"))
    tiles = _tiles(list(page.object_list))
    pieces = [tile.piece() for tile in tiles]
    busy = any(getattr(row, "has_live_jobs", False) or row.generating for row in page.object_list)
    url = f"{reverse('studio:projects')}?page={page.number}"
    whole = _list_piece(request, page, pieces)
    if request.method == "POST":
        return live_response(request, changed_list(request, whole, pieces), url=url, busy=busy)
    context = {
        "list": piece_html(request, whole),
        "any": bool(pieces),
        "poll": poll_of(url, busy=busy),
    }
    return render(request, "studio/projects.html", context)


def _list_piece(request: HttpRequest, page: Page[Project], tiles: list[Fragment]) -> Fragment:
    """Return the piece for which projects are on this page of the list."""
    context = {"page": page, "tiles": [piece_html(request, tile) for tile in tiles]}
    facts = [[tile.id for tile in tiles], page.number, page.paginator.num_pages]
    return Fragment("projects", "studio/projects_list.html", facts, context)


def _tiles(rows: list[Project]) -> list[ProjectTile]:
    """Return the tiles, with a few queries for all."""
    live = Scene.objects.filter(project__in=rows, deleted_at=None)
    asking = Count("pk", filter=Q(job__state=State.NEEDS_ATTENTION))
    counts = live.values_list("project_id").annotate(scenes=Count("pk"), made=Count("current_clip"), asking=asking)
    counted = {project_id: numbers for project_id, *numbers in counts}
    posters = project_posters(rows)
    return [ProjectTile(row, posters.get(row.pk), *counted.get(row.pk, (0, 0, 0))) for row in rows]


@login_required
@require_POST
def sample(request: HttpRequest) -> HttpResponse:
    """Make the sample film, or go on with it, and show it being made."""
    return redirect("studio:quick-gen", sample_start(by=acting_user(request)).pk)


@login_required
@require_POST
def project_delete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    services.project_delete(by=acting_user(request), project_id=project_id)
    return redirect("studio:projects")
