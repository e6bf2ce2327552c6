"""What the pages show of a project's cast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.assets.services import asset_view_url
from apps.core.text import listed
from apps.jobs.kinds import Kind
from apps.jobs.selectors import live_jobs
from apps.projects.cast.drawing import SHEETS, sheet_views
from apps.projects.cast.film_sections import sections_offered
from apps.projects.cast.selectors import lead_of, library_of, subjects_of, used_pictures
from apps.projects.models import Project, Subject, SubjectPicture
from apps.providers.capabilities import Capability
from apps.scenes.casting import scenes_subjects
from apps.scenes.models import Scene
from apps.studio.choosing.pickers import CALL_FIELD, project_picker
from apps.studio.live import Fragment
from apps.work.parameters import ReferenceParameters
from engines.lyrics.parts import section_kind

# What each kind is called where people choose it.
KIND_WORDS = (("character", "Character"), ("place", "Place"), ("prop", "Thing"), ("style", "Style"))
# Of the tag on chips and tiles.
COLOR_WORDS = (
    ("", "None"),
    ("#7cd4b8", "Mint"),
    ("#f0b45a", "Amber"),
    ("#ff9d8a", "Coral"),
    ("#8ab4ff", "Blue"),
    ("#c9a2ff", "Violet"),
    ("#d9d27a", "Straw"),
)
# The newest ones; a longer list isn't read.
TAKABLE = 100


@dataclass(frozen=True)
class PictureView:
    picture: SubjectPicture
    url: str
    preferred: bool


@dataclass(frozen=True)
class SubjectView:
    """A subject as a tile shows it. `scenes`: in how many it is."""

    subject: Subject
    pictures: Sequence[PictureView]
    scenes: int
    leads: bool
    drawing: bool

    @property
    def kind(self) -> str:
        return dict(KIND_WORDS)[self.subject.kind]

    @property
    def url(self) -> str:
        """Return the URL of its preferred picture, or ""."""
        return next((one.url for one in self.pictures if one.preferred), "")

    @property
    def has_sheet(self) -> bool:
        return self.subject.kind in SHEETS

    @property
    def sheet(self) -> tuple[str, str]:
        """Return the views of its reference sheet that are there, and those that are missing, as words."""
        there, missing = sheet_views(self.subject)
        return listed(there), listed(missing)


def subject_views(project: Project) -> list[SubjectView]:
    """Return the project's subjects in order."""
    subjects = list(subjects_of(project))
    lead = lead_of(subjects)
    scenes = list(Scene.objects.filter(project=project, deleted_at=None))
    counts: dict[UUID, int] = {}
    for shown in scenes_subjects(project, scenes).values():
        for one in shown:
            counts[one.pk] = counts.get(one.pk, 0) + 1
    drawing = _drawing(project)
    return [
        SubjectView(
            subject=one,
            pictures=_pictures(one),
            scenes=counts.get(one.pk, 0),
            leads=lead is not None and one.pk == lead.pk,
            drawing=str(one.pk) in drawing,
        )
        for one in subjects
    ]


def cast_piece(project: Project, views: Sequence[SubjectView]) -> Fragment:
    """Return the cast's tiles."""
    return Fragment(
        "cast", "studio/cast_tiles.html", [_facts(one) for one in views], {"project": project, "views": views}
    )


def subject_pieces(project: Project, view: SubjectView) -> list[Fragment]:
    """Return a subject's pictures, and the form that has one drawn."""
    context = {"project": project, "view": view, "sections": _sections(project, view)}
    picker = project_picker(project, Capability.IMAGE, name=CALL_FIELD)
    offered = [bool(view.pictures), bool(view.url), view.subject.kind, view.sheet]
    return [
        Fragment("pictures", "studio/subject_pictures.html", _facts(view), context),
        Fragment("drawing", "studio/subject_drawing.html", offered, {**context, "picker": picker}),
    ]


def takable(by: User, project: Project) -> list[Subject]:
    """Return the user's other subjects that the project could take, without those it has by name."""
    there = {name.casefold() for name in subjects_of(project).values_list("name", flat=True)}
    found = library_of(by).exclude(project=project)[:TAKABLE]
    return [one for one in found if one.name.casefold() not in there]


def _facts(view: SubjectView) -> list[Any]:
    pictures = [(one.picture.pk, one.picture.position, one.preferred, one.picture.section) for one in view.pictures]
    return [view.subject.pk, view.subject.version, pictures, view.scenes, view.leads, view.drawing]


def _sections(project: Project, view: SubjectView) -> list[str]:
    """Return the sections that a picture can be for, one of each kind, with those that its pictures have."""
    known = {section_kind(one): one for one in reversed(sections_offered(project))}
    worn = [one.picture.section for one in view.pictures if one.picture.section]
    return list(dict.fromkeys([*worn, *reversed(known.values())]))


def castable(subjects: Sequence[Subject], shown: Sequence[Subject]) -> list[Subject]:
    """Return those that a scene could show besides."""
    there = {one.pk for one in shown}
    return [one for one in subjects if one.pk not in there]


def _pictures(subject: Subject) -> list[PictureView]:
    first = next(iter(used_pictures(subject)), None)
    return [
        PictureView(one, asset_view_url(one.asset), first is not None and one.pk == first.pk)
        for one in subject.pictures.all()
    ]


def _drawing(project: Project) -> set[str]:
    """Return the ids of subjects that are being drawn."""
    jobs = [job for job in live_jobs(project.pk) if job.kind == Kind.CHARACTER_REFERENCE]
    asked = [ReferenceParameters.find(job) for job in jobs]
    return {str(one.subject_id or "") if one else "" for one in asked}
