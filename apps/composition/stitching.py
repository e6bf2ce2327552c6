"""`stitch_video`: any clips in order, with a song over them."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.assets.describing import asset_facts
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.composition.frozen import FrozenPlan, FrozenShot, FrozenSong, flashing_cuts_apart
from apps.composition.options import ComposeOptions, OptionChanges, decibels, resolved_options, transition_kind
from apps.composition.parameters import StitchParameters
from apps.core.errors import InputError
from apps.flavors.registry import resolve
from apps.jobs.idempotency import Idempotency
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from engines.composing.shot_plan import ShortClip, picture_seconds
from engines.media.formats import FRAME_RATES, ClipFormat
from engines.media.frames import FrameGrid

# The longest side of the output; larger clips are scaled down.
_LONGEST_SIDE = 3840
# Smaller pictures are less than one block of the encoder.
_SHORTEST_SIDE = 16


def stitch_start(
    *,
    by: User,
    video_ids: Sequence[UUID],
    audio_id: UUID | None = None,
    audio_start: Decimal = Decimal(0),
    overrides: OptionChanges | None = None,
    flavor: str = "",
    idempotency: Idempotency | None = None,
) -> Job:
    """Join whole clips in order, at the size and rate most of them have.

    Raises NotFound for an unknown id, InputError if no clip is given or the song starts too late."""
    if not video_ids:
        raise InputError("Choose at least one video.", errors={"video_ids": ["empty"]})
    clips = [asset_get(by=by, asset_id=video_id, kind=AssetKind.VIDEO) for video_id in video_ids]
    song = asset_get(by=by, asset_id=audio_id, kind=AssetKind.AUDIO) if audio_id else None
    config = resolve(flavor, "compose_params")
    options = resolved_options(config.values, overrides or OptionChanges())
    plan = stitch_plan(clips, song, Fraction(audio_start), options)
    with transaction.atomic():
        return job_create(
            by=by,
            new=NewJob(
                kind=Kind.STITCH,
                parameters=StitchParameters(
                    plan=plan,
                    video_ids=tuple(clip.pk for clip in clips),
                    audio_id=song.pk if song else None,
                    options=overrides or OptionChanges(),
                ),
                flavor=config.flavor,
                config_hash=config.hash,
            ),
            idempotency=idempotency,
        )


def stitch_plan(
    clips: Sequence[Asset], song: Asset | None, audio_start: Fraction, options: ComposeOptions
) -> FrozenPlan:
    shape = common_format(clips)
    seconds = [_seconds(clip) for clip in clips]
    spans = FrameGrid(shape.fps).spans(seconds)
    starts = accumulate(seconds[:-1], initial=Fraction(0))
    kind = transition_kind(options.transition)
    frames = 2 * max(1, round(options.transition_seconds * shape.fps / 2)) if kind else 0
    volume = options.clip_sound_volume
    shots = tuple(
        FrozenShot(
            asset_id=clip.pk,
            frames=max(1, end - start),
            short=ShortClip(options.short_clip),
            slowest=options.slowest,
            transition=kind,
            transition_frames=frames,
            gain_db=decibels(volume) if volume > 0 else None,
            wanted=str(wanted),
        )
        for clip, (start, end), wanted in zip(clips, spans, starts, strict=True)
    )
    total = sum(shot.frames for shot in shots) / shape.fps
    return FrozenPlan(
        width=shape.width,
        height=shape.height,
        fps=str(shape.fps),
        encoding=options.encoding.name,
        fit=options.picture_fit,
        shots=flashing_cuts_apart(shots, shape.fps),
        song=_song(song, audio_start, total, options) if song else None,
        reencode=options.reencode,
    )


def common_format(clips: Sequence[Asset]) -> ClipFormat:
    """Return the format most clips have, so that most can be copied; the first one wins a tie."""
    sizes = Counter((clip.width, clip.height) for clip in clips if clip.width and clip.height)
    timed = [clip for clip in clips if clip.fps]
    steady = [clip for clip in timed if not clip.variable_frame_rate]
    rates = Counter(Fraction(clip.fps) for clip in steady or timed)
    width, height = sizes.most_common(1)[0][0] if sizes else (1280, 720)
    rate = rates.most_common(1)[0][0] if rates else Fraction(24)
    scale = min(1.0, _LONGEST_SIDE / max(width, height))
    return ClipFormat(
        max(_SHORTEST_SIDE, 2 * round(width * scale / 2)),
        max(_SHORTEST_SIDE, 2 * round(height * scale / 2)),
        min(FRAME_RATES, key=lambda known: abs(known - rate)),
    )


def _seconds(clip: Asset) -> Fraction:
    """Return the length of the picture, which may be shorter than the file's sound."""
    seconds = picture_seconds(asset_facts(clip))
    if not seconds:
        raise InputError("A clip's length is unknown. Upload the clip again.", evidence={"asset_id": str(clip.pk)})
    return seconds


def _song(song: Asset, start: Fraction, seconds: Fraction, options: ComposeOptions) -> FrozenSong:
    length = Fraction(str(song.duration_seconds or 0))
    if start >= length:
        raise InputError(
            f"The song is only {float(length):.2f} seconds long.", errors={"audio_start": ["past the end of the song"]}
        )
    return FrozenSong(
        asset_id=song.pk,
        start=str(start),
        end=str(min(length, start + seconds)),
        fade_in_seconds=options.fade_in_seconds,
        fade_out_seconds=options.fade_out_seconds,
        loudness_lufs=options.loudness_lufs,
        gain_db=decibels(options.song_volume),
    )
