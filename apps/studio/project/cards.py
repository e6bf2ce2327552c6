"""What a scene's card shows, worked out once for page, fragment and poll."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.assets.models import Asset
from apps.assets.services import asset_view_url
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.projects.models import Project
from apps.scenes.models import Scene
from apps.scenes.selectors import clip_notes, clip_suspicions, refused_clip_problems, scene_error, scene_status
from apps.studio.live import Fragment
from apps.studio.words import REARRANGING_WORDS, SCENE_WORDS, Word


@dataclass(frozen=True)
class SceneCard:
    """One scene as its card shows it. `job` is set while it has something to say; urls are "" where there is none.

    `song_window` is what Quick gen syncs to, [start, end) in seconds of the song; None where there is nothing.
    """

    scene: Scene
    project: Project
    word: Word
    error: str
    job: Job | None
    start_seconds: Decimal
    end_seconds: Decimal
    image_url: str
    video_url: str
    song_window: tuple[Decimal, Decimal] | None

    @property
    def busy(self) -> bool:
        return self.job is not None and self.job.is_live

    @property
    def lipsyncing(self) -> bool:
        return self.busy and self.job is not None and self.job.kind == Kind.LIPSYNC

    @property
    def asks_a_person(self) -> bool:
        """Whether nobody but a person can say what happened to a request that may be paid."""
        return self.job is not None and self.job.state == State.NEEDS_ATTENTION

    @property
    def retry_cost(self) -> Decimal:
        """What trying again costs, in US dollars."""
        job = self.job
        return job.quoted_cost if job is not None and not job.is_live else Decimal(0)

    @property
    def refused_clip_id(self) -> str:
        """The new clip that did not pass its checks, while nobody has decided about it."""
        job = self.job
        return str(job.result.get("clip_id", "")) if job is not None and refused_clip_problems(self.scene) else ""

    @property
    def notes(self) -> list[str]:
        """What is worth knowing of the current clip."""
        clip = self.scene.current_clip
        return clip_notes(clip) if clip is not None else []

    @property
    def suspicions(self) -> list[str]:
        """What looks wrong with the current clip, where nothing more urgent is to be said."""
        clip = self.scene.current_clip
        return clip_suspicions(clip) if clip is not None and not (self.busy or self.error) else []

    @property
    def remake_cost(self) -> Decimal:
        """What making the current clip anew costs, in US dollars."""
        clip = self.scene.current_clip
        return clip.job.quoted_cost if clip is not None and clip.job is not None else Decimal(0)

    @property
    def rearranging(self) -> tuple[tuple[str, str], ...]:
        return REARRANGING_WORDS

    @property
    def anchor(self) -> str:
        return f"scene-{self.scene.pk}"

    def piece(self, page: str) -> Fragment:
        """`page` chooses the buttons: "project", "quick" or "edit"."""
        job = self.job
        facts: list[Any] = [
            self.scene.sequence,
            self.scene.version,
            self.scene.prompt,
            self.scene.lipsync,
            self.word.text,
            self.error,
            self.start_seconds,
            self.end_seconds,
            self.scene.image_id,
            self.scene.current_clip_id,
            self.project.song_id,
            self.song_window,
        ]
        if job is not None:
            facts += [job.pk, job.state, int(job.progress_percentage), job.progress_message]
        return Fragment(
            self.anchor, "studio/scene_card.html", facts, {"card": self, "project": self.project, "page": page}
        )


def scene_cards(
    project: Project, scenes: Sequence[Scene], *, windows: Mapping[int, tuple[Decimal, Decimal]] | None = None
) -> list[SceneCard]:
    """Cards in order; each scene starts where the one before it ends. `windows`: of the song, by number."""
    cards, clock = [], Decimal(0)
    for scene in scenes:
        length = scene.duration or _clip_seconds(scene)
        window = (windows or {}).get(scene.sequence or 0)
        cards.append(_card(project, scene, start=clock, end=clock + length, window=window))
        clock += length
    return cards


def view_url(asset: Asset | None) -> str:
    """Where the owner's browser finds a file; "" for none."""
    return asset_view_url(asset) if asset is not None else ""


def _card(
    project: Project, scene: Scene, *, start: Decimal, end: Decimal, window: tuple[Decimal, Decimal] | None
) -> SceneCard:
    clip = scene.current_clip
    return SceneCard(
        scene=scene,
        project=project,
        word=SCENE_WORDS[scene_status(scene)],
        error=scene_error(scene),
        job=scene.job,
        start_seconds=start,
        end_seconds=end,
        image_url=view_url(scene.image),
        video_url=view_url(clip.asset) if clip is not None else "",
        song_window=window,
    )


def _clip_seconds(scene: Scene) -> Decimal:
    clip = scene.current_clip
    seconds = clip.asset.duration_seconds if clip is not None else None
    return Decimal(str(seconds or 0))
