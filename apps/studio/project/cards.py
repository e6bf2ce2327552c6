"""What a scene's card shows, computed once for page, fragment and poll."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from apps.assets.models import Asset
from apps.assets.services import asset_view_url
from apps.composition.models import SceneLook
from apps.jobs.estimates import job_time_left
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import Code, State
from apps.projects.cast.selectors import subjects_of
from apps.projects.models import Project, Subject
from apps.scenes.approval import scene_approvals
from apps.scenes.casting import scenes_subjects
from apps.scenes.clip_use import gap_seconds
from apps.scenes.entry import CUT, Following, scenes_following
from apps.scenes.entry_stale import scenes_stale
from apps.scenes.layout import fill_the_song
from apps.scenes.lipsync_inputs import lip_synced_clip
from apps.scenes.made_from import has_older_words
from apps.scenes.models import Approval, Entry, Scene
from apps.scenes.scene_words import SceneLine, scene_lines
from apps.scenes.selectors import (
    SceneStatus,
    clip_notes,
    clip_suspicions,
    refused_clip_problems,
    scene_error,
    scene_status,
)
from apps.scenes.softening import can_soften
from apps.studio.live import Fragment
from apps.studio.project.cast_views import castable
from apps.studio.project.unfinished import scene_seconds
from apps.studio.words import SCENE_WORDS, Rearranging, Word, rearranging

LIGHT_CARD = "studio/scene_card_light.html"
DONE = SCENE_WORDS[SceneStatus.COMPLETED]


@dataclass(frozen=True)
class Gap:
    """The end of a scene for which its clip has no picture. `filled`: the way that was chosen for it; "" if none."""

    seconds: Decimal
    filled: str

    @property
    def ways(self) -> tuple[str, ...]:
        return ("hold", "slow", "loop")

    @property
    def words(self) -> str:
        """`Gap 8.5 s`, and what fills it."""
        filled = {"hold": "held", "slow": "slowed", "loop": "looped", "bounce": "back and forth"}.get(self.filled, "")
        return f"Gap {self.seconds:.1f} s{f', {filled}' if filled else ''}"


@dataclass(frozen=True)
class SceneCard:
    """One scene as its card shows it. `job` is set while it is relevant; missing URLs are "".

    `song_window` is what Quick gen syncs to, [start, end) in seconds of the song; None outside the song.
    `pictures_note` says which pictures of subjects, or as a bridge of its own, its next image or clip is made without.
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
    cast: Sequence[Subject] = ()
    castable: Sequence[Subject] = ()
    gap: Gap | None = None
    fills_song: bool = False
    scene_count: int = 0
    approval: Approval = Approval.PROPOSED
    following: Following = CUT
    stale: str = ""
    pictures_note: str = ""

    @property
    def entry_words(self) -> str:
        """`continues from 2`; "" for a cut."""
        before = self.following.before
        word = {Entry.CONTINUE: "continues from", Entry.BRIDGE: "bridges from", Entry.MATCH: "matches"}
        return f"{word[self.following.entry]} {before.sequence}" if before is not None else ""

    @property
    def stale_words(self) -> str:
        """Return in a few words that what the scene continues from was changed since."""
        before = self.following.before
        verb = "matches" if self.following.entry == Entry.MATCH else "continues from"
        return f"{verb} an older shot {before.sequence}" if before is not None else ""

    @property
    def older_words(self) -> bool:
        return has_older_words(self.scene)

    @property
    def waits_for_approval(self) -> bool:
        """Return whether its first clip can't be made before it is approved."""
        needed = self.project.needs_approval and self.approval != Approval.APPROVED
        return needed and self.scene.current_clip_id is None

    @property
    def may_be_decided(self) -> bool:
        """Return whether the scene can be approved or sent back now."""
        has_something = self.scene.image_id or self.scene.current_clip_id
        return self.project.needs_approval and bool(has_something) and not self.busy

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
    def clip_starts(self) -> Decimal:
        """Return where in its clip the scene starts, for the player."""
        return self.scene.clip_in

    @property
    def poster_url(self) -> str:
        """Return a picture of the part of the clip that is shown; "" where only the clip itself has one."""
        return "" if self.scene.clip_in else self.image_url

    @property
    def rearranging(self) -> list[Rearranging]:
        return rearranging(self.scene.sequence or 0, self.scene_count, fills_song=self.fills_song)

    @property
    def anchor(self) -> str:
        return f"scene-{self.scene.pk}"

    @property
    def state(self) -> str:
        """Return a hash of all but the progress of what runs, for whoever else on the page shows the scene."""
        return self.light_piece().seen

    def light_piece(self) -> Fragment:
        """Return the card as it is before it comes near the window."""
        return Fragment(self.anchor, LIGHT_CARD, ["light", *self._facts], {"card": self})

    def piece(self, page: str) -> Fragment:
        """`page` chooses the buttons: "quick" or "edit"."""
        job = self.job
        progress = [int(job.progress_percentage), job.progress_message, job_time_left(job)] if job is not None else []
        context = {"card": self, "project": self.project, "page": page}
        facts = [*self._facts, *progress, self.pictures_note]
        return Fragment(self.anchor, "studio/scene_card.html", facts, context)

    @property
    def _facts(self) -> list[Any]:
        job = self.job
        return [
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
            self.scene.clip_in,
            self.gap and (self.gap.words, self.gap.filled),
            self.scene_count,
            self.fills_song,
            self.project.song_id,
            self.song_window,
            [line.text for line in self.lines],
            self.project.needs_approval and self.approval,
            self.entry_words,
            self.stale,
            [(one.name, one.color) for one in (*self.cast, *self.castable)],
            len(self.cast),
            job and [job.pk, job.state],
        ]


def scene_cards(
    project: Project, scenes: Sequence[Scene], *, windows: Mapping[int, tuple[Decimal, Decimal]] | None = None
) -> list[SceneCard]:
    """Return the cards in order; each scene starts where the previous one ends. `windows`: on the song, by number."""
    cards, clock = [], Decimal(0)
    lines = scene_lines(project, scenes)
    casts, subjects = scenes_subjects(project, scenes), list(subjects_of(project))
    filled = {look.scene_id: look.short_clip for look in SceneLook.objects.filter(scene__in=scenes)}
    fills_song = fill_the_song(project, scenes)
    approvals = scene_approvals(project, scenes)
    following, stale = scenes_following(project, scenes), scenes_stale(project, scenes)
    for scene in scenes:
        length = scene_seconds(scene)
        window = (windows or {}).get(scene.sequence or 0)
        card = _card(project, scene, start=clock, end=clock + length, window=window)
        gap = _gap(scene, length, filled.get(scene.pk, ""))
        word = Word(gap.words, "warn") if gap and not gap.filled and card.word == DONE else card.word
        cards.append(
            replace(
                card,
                lines=lines.get(scene.pk, ()),
                cast=casts[scene.pk],
                castable=castable(subjects, casts[scene.pk]),
                gap=gap,
                word=word,
                fills_song=fills_song,
                scene_count=len(scenes),
                approval=approvals[scene.pk],
                following=following[scene.pk],
                stale=stale.get(scene.pk, ""),
            )
        )
        clock += length
    return cards


def _gap(scene: Scene, length: Decimal, filled: str) -> Gap | None:
    seconds = gap_seconds(scene, length)
    return Gap(seconds, filled) if seconds else None


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
        image_url=view_url(clip.poster if clip is not None and clip.poster else scene.image),
        video_url=view_url(clip.asset) if clip is not None else "",
        song_window=window,
    )
