"""Page texts about a Pro order's source and what became of its result in the project."""

from dataclasses import dataclass

from django.urls import reverse

from apps.composition.models import Composition
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.pro.parameters import ProParameters
from apps.projects.models import Project
from apps.scenes.models import Clip, Scene
from apps.scenes.selectors import clip_suspicions


@dataclass(frozen=True)
class DestinationWords:
    """The source of an order and where its result goes, as page texts."""

    title: str
    url: str
    promise: str


@dataclass(frozen=True)
class ResultNews:
    """What became of the result: text with a link. Empty for an order without a project. `busy`: it may change."""

    sentence: str = ""
    url: str = ""
    link: str = ""
    bad: bool = False
    busy: bool = False


def destination_words(project: Project, sequence: int | None) -> DestinationWords:
    if sequence is None:
        promise = "The result becomes the next final video: new pictures, with the same cuts and the song unchanged."
        return DestinationWords(project.title, reverse("studio:edit", args=[project.pk]), promise)
    url = reverse("studio:edit", args=[project.pk])
    promise = f"The result becomes the next clip of scene {sequence}; earlier clips are kept."
    return DestinationWords(f"{project.title}, scene {sequence}", url, promise)


def result_news(job: Job) -> ResultNews:
    """Return what became of the result in the project that the order came from."""
    project = Project.objects.filter(pk=job.project_id).first() if job.project_id else None
    asked = ProParameters.find(job)
    has_destination = asked is not None and asked.home is not None
    if project is None or not has_destination or not (job.is_live or job.state == State.SUCCEEDED):
        return ResultNews()
    if job.scene_id is not None:
        return _scene_news(project, job)
    return _final_news(project, job)


def _scene_news(project: Project, job: Job) -> ResultNews:
    scene = Scene.objects.filter(pk__in=[job.scene_id]).first()
    clip = Clip.objects.filter(job=job).order_by("-created_at").first()
    if scene is None or scene.sequence is None:
        return ResultNews("Its scene was deleted in the meantime; the result is kept here.")
    name = f"scene {scene.sequence}"
    url = f"{reverse('studio:edit', args=[project.pk])}#scene-{scene.pk}"
    link = f"{project.title}, {name}"
    if clip is None:
        return ResultNews(f"The result becomes the next clip of {name}.", url, link)
    if clip.pk == scene.current_clip_id:
        doubts = clip_suspicions(clip)
        return ResultNews(" ".join([f"It is now the current clip of {name}.", *doubts]), url, link, bad=bool(doubts))
    if not clip.usable:
        problems = " ".join(clip.checks.get("problems", []))
        return ResultNews(f"It was kept in the history of {name} and not used. {problems}", url, link, bad=True)
    return ResultNews(f"It was kept in the history of {name}, which now uses another clip.", url, link)


def _final_news(project: Project, job: Job) -> ResultNews:
    url, link = reverse("studio:edit", args=[project.pk]), project.title
    if job.result.get("not_composed"):
        sentence = "It wasn't combined with the song: its length differs from the video it was made from."
        return ResultNews(sentence, url, link, bad=True)
    compose = Job.objects.filter(pk=job.result.get("compose_job_id")).first()
    if compose is None:
        return ResultNews("The result becomes the next final video, under the same song.", url, link)
    if compose.is_live:
        return ResultNews(
            "It is being combined with the song.", reverse("studio:job", args=[compose.pk]), "Watch", busy=True
        )
    made = Composition.objects.filter(job=compose).first()
    if made is None:
        words = f"It couldn't be combined with the song: {compose.error or 'it was cancelled.'}"
        return ResultNews(words, reverse("studio:job", args=[compose.pk]), "Open the failed job", bad=True)
    if made.asset_id == project.final_video_id:
        return ResultNews("It was combined with the song and is now the final video.", url, link)
    return ResultNews(
        "It was combined with the song and kept among the composed videos; another one is the final video.", url, link
    )
