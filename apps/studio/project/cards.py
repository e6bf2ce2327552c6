"""What a scene's card shows, computed once for page, fragment and poll."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from apps.assets.models import Asset
from apps.assets.services import asset_view_url
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import Code, State
from apps.projects.models import Project
from apps.scenes.lipsync_inputs import lip_synced_clip
from apps.scenes.models import Scene
from apps.scenes.scene_words import SceneLine, scene_lines
from apps.scenes.selectors import clip_notes, clip_suspicions, refused_clip_problems, scene_error, scene_status
from apps.scenes.softening import can_soften
from apps.studio.live import Fragment
from apps.studio.words import REARRANGING_WORDS, SCENE_WORDS, Word


@dataclass(frozen=True)
class SceneCard:
    """One scene as its card shows it. `job` is set while it is relevant; missing URLs are "".

    `song_window` is what Quick gen syncs to, [start, end) in seconds of the song; None outside the song.
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
    lines: Sequence[SceneLine] = ()

    @property
    def busy(self) -> bool:
        return self.job is not None and self.job.is_live

    @property
    def lipsyncing(self) -> bool:
        return self.busy and self.job is not None and self.job.kind == Kind.LIPSYNC

    @property
    def lip_synced(self) -> bool:
        """Return whether the current clip is lip-synced, or a part of one that is."""
        clip = self.scene.current_clip
        return clip is not None and lip_synced_clip(clip) is not None

    @property
    def lipsync_state(self) -> str:
        """Return "running" or "done" for the scene's latest job if that is a lip-sync, else ""."""
        job = self.job
        if job is None or job.kind not in {Kind.LIPSYNC, Kind.PRO_LIPSYNC}:
            return ""
        if job.is_live:
            return "running"
        return "done" if job.state == State.SUCCEEDED and not self.error else ""

    @property
    def asks_a_person(self) -> bool:
        """Return whether a person has to find out what happened to a request that may have been paid for."""
        return self.job is not None and self.job.state == State.NEEDS_ATTENTION

    @property
    def content_refused(self) -> bool:
        """Return whether a content check refused the scene's latest work: the same words would be refused again."""
        return self.job is not None and self.job.code == Code.CONTENT_REFUSED

    @property
    def refused_inputs(self) -> list[str]:
        """Return what it refused, as far as the provider said."""
        told = str(self.job.error_evidence.get("refused_inputs", "")) if self.job is not None else ""
        return [name for name in told.split(",") if name]

    @property
    def can_soften(self) -> bool:
        return can_soften(self.project)

    @property
    def retry_cost(self) -> Decimal:
        """Return what a retry costs, in US dollars."""
        job = self.job
        return job.quoted_cost if job is not None and not job.is_live else Decimal(0)

    @property
    def refused_clip_id(self) -> str:
        """Return the new clip that failed its checks, until a person decides about it."""
        job = self.job
        return str(job.result.get("clip_id", "")) if job is not None and refused_clip_problems(self.scene) else ""

    @property
    def notes(self) -> list[str]:
        """Return notes about the current clip."""
        clip = self.scene.current_clip
        return clip_notes(clip) if clip is not None else []

    @property
    def suspicions(self) -> list[str]:
        """Return what looks wrong with the current clip, unless something more urgent is shown."""
        clip = self.scene.current_clip
        return clip_suspicions(clip) if clip is not None and not (self.busy or self.error) else []

    @property
    def remake_cost(self) -> Decimal:
        """Return what regenerating the current clip costs, in US dollars."""
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
            [line.text for line in self.lines],
        ]
        if job is not None:
            facts += [job.pk, job.state, int(job.progress_percentage), job.progress_message]
        return Fragment(
            self.anchor, "studio/scene_card.html", facts, {"card": self, "project": self.project, "page": page}
        )


def scene_cards(
    project: Project, scenes: Sequence[Scene], *, windows: Mapping[int, tuple[Decimal, Decimal]] | None = None
) -> list[SceneCard]:
    """Return the cards in order; each scene starts where the previous one ends. `windows`: on the song, by number."""
    cards, clock = [], Decimal(0)
    lines = scene_lines(project, scenes)
    for scene in scenes:
        length = scene.duration or _clip_seconds(scene)
        window = (windows or {}).get(scene.sequence or 0)
        card = _card(project, scene, start=clock, end=clock + length, window=window)
        cards.append(replace(card, lines=lines.get(scene.pk, ())))
        clock += length
    return cards


def view_url(asset: Asset | None) -> str:
    """Return the URL of a file for its owner's browser; "" for none."""
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
