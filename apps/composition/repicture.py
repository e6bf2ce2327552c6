"""New pictures for a composed video: the same cuts under the same sound."""

from collections.abc import Iterator
from fractions import Fraction

from apps.assets.models import Asset
from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong
from apps.composition.models import Composition
from apps.composition.options import OptionChanges
from apps.composition.parameters import ComposeParameters
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from engines.composing.shot_plan import ShortClip


def composition_repicture(*, composition: Composition, pictures: Asset) -> Job:
    """Start composing the video again with `pictures`, an edited version of it, in place of the scenes' clips.

    The sound is muxed from the master again, so the proof compares it as for any composed video; any sound in
    `pictures` is dropped. Requires an open transaction; call it once per `pictures`.

    The new composition keeps the old one's fingerprint: it shows the same scenes, and is stale when they are. It
    becomes the final video only if the old one still is.
    """
    plan = repictured(composition, pictures)
    return job_create(
        by=composition.project.owner,
        new=NewJob(
            kind=Kind.COMPOSE,
            parameters=ComposeParameters(
                project_id=composition.project_id,
                plan=plan,
                fingerprint=composition.fingerprint,
                output_id=composition.output_id,
                options=OptionChanges.model_validate(composition.options),
                replaces=composition.asset_id,
            ),
            project_id=composition.project_id,
            dedupe_key=f"repicture:{pictures.pk}",
            flavor=composition.job.flavor if composition.job else "",
            config_hash=composition.job.config_hash if composition.job else "",
        ),
    )


def repictured(composition: Composition, pictures: Asset) -> FrozenPlan:
    """Return the composition's plan over new pictures, which already contain its transitions and burned-in lyrics."""
    plan = FrozenPlan.model_validate(composition.plan)
    mixed = any(shot.gain_db is not None for shot in plan.shots)
    return plan.model_copy(
        update={
            "shots": tuple(_shots(plan, pictures)),
            # If clips sound under the song, use the video's own mix; otherwise the master itself.
            "song": _own_sound(composition, plan) if mixed else plan.song,
            "burned_lyrics": "",
        }
    )


def _shots(plan: FrozenPlan, pictures: Asset) -> Iterator[FrozenShot]:
    clock = 0
    for shot in plan.shots:
        yield FrozenShot(
            asset_id=pictures.pk,
            frames=shot.frames,
            start=str(clock / Fraction(plan.fps)),
            short=ShortClip.HOLD,
            wanted=shot.wanted,
            name=shot.name,
            scene_id=shot.scene_id,
            sequence=shot.sequence,
            clip_id=shot.clip_id,
        )
        clock += shot.frames


def _own_sound(composition: Composition, plan: FrozenPlan) -> FrozenSong:
    seconds = sum(shot.frames for shot in plan.shots) / Fraction(plan.fps)
    return FrozenSong(asset_id=composition.asset_id, start="0", end=str(seconds))
