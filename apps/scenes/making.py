"""Jobs that generate a scene's image and clips.

`…_work` functions read and quote without writing; the services create the job and point the scene at it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import InputError, NotFound
from apps.core.json import JsonObject
from apps.jobs import money
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.providers.capabilities import Capability
from apps.scenes.approval import refuse_unapproved
from apps.scenes.casting import scene_cast
from apps.scenes.entry import scene_following, scenes_following
from apps.scenes.entry_frames import LAST, matched_picture, video_inputs, work_frame_found
from apps.scenes.models import Origin, Scene
from apps.scenes.picks import scene_picks
from apps.scenes.scene_frames import SceneFrames, scene_spans, span_beats, span_energy
from apps.scenes.selectors import scene_get, scenes_get, scenes_of
from apps.work.choice import Choice, Chooser, Picked, chooser, provider_choose
from apps.work.frozen import FrozenRequest, ImageValues, VideoValues
from apps.work.parameters import FollowingClip, ImageParameters, VideoParameters
from apps.work.seeds import SEED_MAXIMUM
from apps.work.work import Spending, Work, spending_check, work_prepare, work_start
from engines.media.formats import picture_size

# A prime, so that neighboring scenes' seeds don't collide as takes increase.
SEED_STRIDE = 1009
MAXIMUM_TAKES = 8
# What ends as a clip, which an unapproved scene doesn't get.
CLIP_KINDS = {Kind.VIDEO, Kind.LIPSYNC}


@dataclass(frozen=True)
class GenerationSpec:
    """Options of a call besides the scene itself; empty means the project's choice."""

    provider: str = ""
    model: str = ""
    flavor: str = ""
    seed: int | None = None
    takes: int = 1

    @property
    def picked(self) -> Picked:
        return Picked(self.provider, self.model)


@dataclass(frozen=True)
class AskedImage:
    """What is asked of an image besides its scene; see `ImageParameters`."""

    then_video: bool = False
    clip_by: Picked = field(default_factory=Picked)
    note: str = ""
    keeps_approval: bool = False


def words_noted(prompt: str, note: str) -> str:
    """Return the words for an image with a person's note about the one before."""
    return f"{prompt.rstrip()}\n{note}" if note else prompt


def scene_key(scene: Scene) -> str:
    """Return the dedupe key shared by all work on the scene, which allows one job at a time."""
    return f"scene:{scene.pk}"


def image_work(
    *,
    by: User,
    scene: Scene,
    spec: GenerationSpec,
    asked: AskedImage = AskedImage(),  # frozen
    choose: Chooser = provider_choose,
) -> Work:
    """Return the work of the scene's still image. Raises InputError for a scene without a prompt."""
    project = scene.project
    _refuse_empty(scene)
    choice = choose(
        Capability.IMAGE, flavor=spec.flavor or project.flavor, picks=scene_picks(scene, Capability.IMAGE, spec.picked)
    )
    width, height = picture_size(project.aspect_ratio, project.resolution)
    prompts = choice.config.values["image_prompts"]
    cast = scene_cast(scene)
    if (matched := matched_picture(scene)) is not None:
        cast = cast.with_reference(*matched)
    values = ImageValues(
        prompt=words_noted(scene.prompt, asked.note),
        negative_prompt=scene.negative_prompt or prompts["negative_prompt"],
        width=width,
        height=height,
        aspect_ratio=project.aspect_ratio,
        purpose="scene",
        seed=_seed(scene, spec, 0, images=_images_drawn(scene)),
        subjects=cast.values,
        picture=_picture(scene),
        settings=dict(choice.config.values),
    )
    frozen = FrozenRequest.of(values, cast.inputs)
    parameters = ImageParameters(
        frozen=frozen,
        then_video=asked.then_video,
        clip_by=FollowingClip(provider=asked.clip_by.provider, model=asked.clip_by.model),
        note=asked.note,
        keeps_approval=asked.keeps_approval,
    )
    return work_prepare(by=by, kind=Kind.IMAGE, parameters=parameters, choice=choice)


def _picture(scene: Scene) -> JsonObject:
    """Return what the scene's writer noted of what is to be seen; it says for which words."""
    noted = scene.facts.get("picture")
    return noted if isinstance(noted, dict) else {}


def video_works(*, by: User, scene: Scene, spec: GenerationSpec) -> list[Work]:
    """Return the work of the scene's clip, once per take with its own seed; only the first becomes current."""
    span = scene_span(scene)
    return [video_work(by=by, scene=scene, spec=spec, span=span, take=take) for take in range(spec.takes)]


def scenes_video_works(
    *, by: User, project_id: UUID, sequences: Sequence[int], spec: GenerationSpec
) -> list[tuple[Scene, Work]]:
    """Return each scene with its quoted clip. All frames are computed once. Raises NotFound for an unknown scene
    number."""
    chosen = scenes_get(by=by, project_id=project_id, sequences=sequences)
    if not chosen:
        return []
    project = chosen[0].project
    scenes = list(scenes_of(project))
    spans = dict(zip([scene.pk for scene in scenes], scene_spans(project, scenes), strict=True))
    following = scenes_following(project, scenes)
    for scene in chosen:
        scene.known_following = following[scene.pk]
    choose = chooser()
    return [(scene, video_work(by=by, scene=scene, spec=spec, span=spans[scene.pk], choose=choose)) for scene in chosen]


def scene_span(scene: Scene) -> SceneFrames:
    """Return the scene's frames on the project's grid. Raises NotFound if it was deleted in the meantime."""
    scenes = list(scenes_of(scene.project))
    for other, span in zip(scenes, scene_spans(scene.project, scenes), strict=True):
        if other.pk == scene.pk:
            return span
    raise NotFound("This scene was deleted in the meantime.")


def video_work(
    *,
    by: User,
    scene: Scene,
    spec: GenerationSpec,
    span: SceneFrames,
    take: int = 0,
    choose: Chooser = provider_choose,
) -> Work:
    """Return the work of the scene's clip over these frames of the song."""
    project = scene.project
    _refuse_empty(scene)
    choice = choose(
        Capability.VIDEO, flavor=spec.flavor or project.flavor, picks=scene_picks(scene, Capability.VIDEO, spec.picked)
    )
    width, height = picture_size(project.aspect_ratio, project.resolution)
    cast = scene_cast(scene)
    values = VideoValues(
        prompt=scene.prompt,
        negative_prompt=scene.negative_prompt or choice.config.values["negative_prompt"],
        duration_seconds=span.duration_seconds,
        width=width,
        height=height,
        fps=project.fps,
        frames=span.frames,
        aspect_ratio=project.aspect_ratio,
        energy=span_energy(project, span),
        beat_seconds=span_beats(project, span),
        seed=_seed(scene, spec, take),
        take=_take(scene, spec, take),
        subjects=cast.values,
        picture=_picture(scene),
        settings=dict(choice.config.values),
    )
    inputs = {**cast.inputs, **video_inputs(scene, choice)}
    parameters = VideoParameters(frozen=FrozenRequest.of(values, inputs), make_current=take == 0)
    try:
        return work_prepare(by=by, kind=Kind.VIDEO, parameters=parameters, choice=choice)
    except InputError as error:
        if LAST not in inputs or error.code != "input_unsupported":
            raise
    # Without the image to arrive at it still continues, which the note says before anybody pays.
    del inputs[LAST]
    parameters = parameters.model_copy(update={"frozen": FrozenRequest.of(values, inputs)})
    work = work_prepare(by=by, kind=Kind.VIDEO, parameters=parameters, choice=choice)
    return replace(work, note=_bridge_note(work.choice))


def _bridge_note(choice: Choice) -> str:
    provider = choice.provider
    model = provider.model_used(Capability.VIDEO, choice.config.values) or provider.label or provider.title
    return f"{model} takes no last frame, so a bridge only continues and doesn't arrive at its own picture."


def scene_image_generate(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    spec: GenerationSpec,
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> Job:
    """Start the scene's image. Raises ConflictError while another job is working on the scene."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        work = image_work(by=by, scene=scene, spec=spec)
        return _start(by, scene, [work], spending, idempotency)


def scene_video_generate(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    spec: GenerationSpec,
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> Job:
    """Start the takes; return the first one's job. Raises ConflictError while another job is working on the scene."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        works = video_works(by=by, scene=scene, spec=spec)
        return _start(by, scene, works, spending, idempotency)


def scene_work_start(
    *, by: User, scene: Scene, work: Work, take: int = 0, idempotency: Idempotency | None = None
) -> Job:
    """Create the job and point the scene at it. The caller holds the project's lock.

    Raises ConflictError for a clip of a scene that needs an approval and doesn't have it, or that continues from one
    without a clip."""
    if work.kind in CLIP_KINDS:
        refuse_unapproved(scene)
        work = work_frame_found(scene, work)
    job = work_start(
        by=by,
        work=work,
        project_id=scene.project_id,
        scene_id=scene.pk,
        dedupe_key=scene_key(scene) + (f":take-{take + 1}" if take else ""),
        idempotency=idempotency,
    )
    if take == 0:
        scene.job = job
        scene.save(update_fields=["job", "updated_at"])
    return job


def project_spending(project: Project, spending: Spending) -> Spending:
    """Return the caller's spending options, with the project's threshold."""
    return Spending(project.confirm_above, spending.confirmed, spending.max_cost)


def _start(by: User, scene: Scene, works: list[Work], spending: Spending, idempotency: Idempotency | None) -> Job:
    if earlier := idempotent_job(by=by, idempotency=idempotency):
        return earlier
    total = sum((work.quote.amount for work in works), start=works[0].quote.amount * 0)
    spending_check(total, project_spending(scene.project, spending))
    money.cost_check_fits(owner_id=by.pk, project_id=scene.project_id, amount=total)
    jobs = [
        scene_work_start(by=by, scene=scene, work=work, take=take, idempotency=None if take else idempotency)
        for take, work in enumerate(works)
    ]
    return jobs[0]


def _images_drawn(scene: Scene) -> int:
    """Return how many images the scene has had, so that another one differs."""
    if scene.image_id is None:
        return 0
    return Job.objects.filter(scene_id=scene.pk, kind=Kind.IMAGE, state=State.SUCCEEDED).count()


def _seed(scene: Scene, spec: GenerationSpec, take: int, *, images: int = 0) -> int:
    """Return the seed. Generating the same project again in the same order repeats the seeds; retries get new ones."""
    if spec.seed is not None:
        return (spec.seed + take) % (SEED_MAXIMUM + 1)
    tries = images + (0 if scene._state.adding else scene.clips.count())
    return (_first_seed(scene) + tries + take) % (SEED_MAXIMUM + 1)


def _take(scene: Scene, spec: GenerationSpec, take: int) -> int:
    """Return which clip of its picture this is: 0 for the first one of the scene's image, or of the frame that it
    starts from. A given seed says it by itself, so that it gives the same clip whenever it is used."""
    if spec.seed is not None:
        return (spec.seed + take - _first_seed(scene)) % (SEED_MAXIMUM + 1)
    if scene._state.adding or scene_following(scene).starts_from is not None:
        return take
    # `all`, because a whole project's scenes come with their clips loaded.
    drawn = [clip for clip in scene.clips.all() if clip.origin == Origin.GENERATED]
    if scene.image is not None:
        drawn = [clip for clip in drawn if clip.created_at > scene.image.created_at]
    return len(drawn) + take


def _first_seed(scene: Scene) -> int:
    return scene.project.seed + SEED_STRIDE * (scene.sequence or 0)


def _refuse_empty(scene: Scene) -> None:
    if not scene.prompt.strip():
        raise InputError(
            f"Scene {scene.sequence} has no prompt yet. Describe what it shows.",
            errors={"prompt": ["may not be empty"]},
        )
