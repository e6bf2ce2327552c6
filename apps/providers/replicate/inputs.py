"""Convert our typed requests to a model's input, using the flavor's table. No HTTP, no Django models."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import ValidationError

from apps.core.errors import InputError
from apps.providers.base import Quote
from apps.providers.lengths import lipsync_seconds, seconds_of
from apps.providers.replicate.sections import ModelEntry, ReplicateSection
from apps.providers.request_types import (
    ImageRequest,
    LipsyncRequest,
    MediaInput,
    ProviderRequest,
    ScenesRequest,
    SegmentedLipsyncRequest,
    Subject,
    TranscriptionRequest,
    VideoRequest,
    VocalsRequest,
)
from apps.providers.wording import flavored_prompt, prompt_with_subjects

# A slot may be this much longer than an offered length, since frame times are not round numbers.
DURATION_TOLERANCE_SECONDS = 0.001
# Models take seeds as signed 32-bit numbers; ideogram documents the limit.
LARGEST_SEED = 2**31 - 1
# Reference pictures are billed by megapixels of 1024 × 1024; larger ones than four are made smaller first.
MEGAPIXEL = 1024 * 1024
LARGEST_MEGAPIXELS = 4


@dataclass(frozen=True)
class Plan:
    """A model, its entry in the flavor, and the length to buy (None if the model has no length)."""

    model: str
    entry: ModelEntry
    bought_seconds: float | None


def plan_of(request: ProviderRequest) -> Plan:
    """Choose the model and the length. Raises InputError if the model can't create what was requested."""
    if isinstance(request, ScenesRequest | SegmentedLipsyncRequest):
        raise InputError("Replicate can't do this. Choose another provider for it.")
    try:
        section = ReplicateSection.model_validate(request.settings["providers"]["replicate"])
    except (KeyError, ValidationError) as error:
        raise InputError("The flavor has no valid providers.replicate section for this.") from error
    entry = section.entry(section.model)
    _check_expressible(request, section.model, entry)
    if isinstance(request, VideoRequest):
        return Plan(section.model, entry, _bought_length(section.model, entry, request))
    if isinstance(request, LipsyncRequest):
        return Plan(section.model, entry, _lipsync_seconds(entry, request))
    if isinstance(request, TranscriptionRequest | VocalsRequest):
        return Plan(section.model, entry, seconds_of(request.audio))
    return Plan(section.model, entry, None)


def quote_of(request: ProviderRequest) -> Quote:
    """Return price × units from the flavor's table. Raises InputError."""
    plan = plan_of(request)
    price = plan.entry.price
    units = {
        "second": Decimal(str(plan.bought_seconds or 0)),
        "image": Decimal(request.num_images if isinstance(request, ImageRequest) else 1),
        "run": Decimal(1),
    }[price.unit]
    each = price.usd_for(plan.entry.fixed)
    amount = (units * each).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    amount_words = "1 run" if price.unit == "run" else f"{units.normalize():f} {price.unit}{'' if units == 1 else 's'}"
    added = _references_usd(request, plan)
    pictures = f" + ${added} for reference pictures" if added else ""
    model = plan.model.partition(":")[0]
    basis = f"{amount_words} × ${each}{pictures} ({model}, price of {price.dated:%Y-%m-%d})"
    return Quote(amount=amount + added, basis=basis, bought_seconds=plan.bought_seconds)


def _references_usd(request: ProviderRequest, plan: Plan) -> Decimal:
    """Return what the reference pictures add to the price. One of unknown size counts as the largest."""
    references = plan.entry.references
    if references is None or not references.usd_per_megapixel:
        return Decimal(0)
    pictures = [one.picture for one in _listed_pictures(request, plan) if one.picture is not None]
    pixels = [(one.width or 0) * (one.height or 0) for one in pictures]
    begun = sum(min(math.ceil(one / MEGAPIXEL), LARGEST_MEGAPIXELS) if one else LARGEST_MEGAPIXELS for one in pixels)
    return begun * references.usd_per_megapixel


def model_input(
    request: ProviderRequest, plan: Plan, *, key: str, address_of: Callable[[MediaInput], str]
) -> dict[str, Any]:
    """Return the model's `input`: mapped fields that have a value, on top of the fixed ones.

    `address_of` returns the URL at which the service can fetch a file.
    """
    given: dict[str, Any] = dict(plan.entry.fixed)
    for ours, value in _values(request, plan, key=key).items():
        theirs = plan.entry.inputs.get(ours)
        if theirs is None or value is None or value == "":
            continue
        sent = address_of(value) if isinstance(value, MediaInput) else value
        given[theirs.removesuffix("[]")] = [sent] if theirs.endswith("[]") else sent
    if plan.entry.references is not None and (listed := _listed_pictures(request, plan)):
        given[plan.entry.references.input] = [address_of(one.picture) for one in listed if one.picture is not None]
    return given


def pictures_sent(request: ProviderRequest, plan: Plan) -> tuple[Subject, ...]:
    """Return the subjects whose pictures are sent, those of the model's list in its order. Not the first frame."""
    if not isinstance(request, ImageRequest | VideoRequest):
        return ()
    return (*_single_picture(request, plan), *_listed_pictures(request, plan))


# What excludes a list of pictures, as people say it.
_EXCLUDED_BY = {"image": "a first frame", "last_image": "a last frame"}


def unlisted_because(request: ProviderRequest, plan: Plan) -> str:
    """Return what is in the way of the model's list of pictures; "" if nothing is, or it has none."""
    references = plan.entry.references
    if references is None or not isinstance(request, ImageRequest | VideoRequest):
        return ""
    beside = [_EXCLUDED_BY.get(name, name) for name in references.excludes if getattr(request, name, None)]
    if beside:
        return f"it takes no pictures beside {beside[0]}"
    ratios, lengths = references.aspect_ratios, references.durations_seconds
    if ratios and _nearest_ratio(request, plan.entry.aspect_ratios) not in ratios:
        return f"it takes pictures only in {' and '.join(ratios)}"
    if lengths and plan.bought_seconds not in lengths:
        offered = " and ".join(f"{one:g}" for one in lengths)
        return f"it takes pictures only with clips of {offered} s, and this one is {plan.bought_seconds or 0:g} s long"
    return ""


def seed_of(request: ProviderRequest, *, key: str) -> int:
    """Return the requested seed, or for 0 one derived from the attempt's key.

    The service echoes the input, so a derived seed is also the mark for finding a submit whose response was lost."""
    wanted = getattr(request, "seed", 0)
    if wanted:
        return int(wanted) % LARGEST_SEED
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % LARGEST_SEED


def _values(request: ProviderRequest, plan: Plan, *, key: str) -> Mapping[str, Any]:
    """Return our fields by the names that flavors use."""
    if isinstance(request, LipsyncRequest):
        return {
            "video": request.video,
            "audio": request.audio,
            "temperature": request.temperature,
            "active_speaker_detection": request.active_speaker_detection,
            "occlusion_detection_enabled": request.occlusion_detection_enabled,
        }
    if isinstance(request, TranscriptionRequest | VocalsRequest):
        return {"audio": request.audio, "language": getattr(request, "language", "")}
    values: dict[str, Any] = {"seed": seed_of(request, key=key)}
    if isinstance(request, ImageRequest | VideoRequest):
        values |= {
            "prompt": _prompt(request, plan),
            "negative_prompt": request.negative_prompt,
            "character_reference": request.character_reference,
            "aspect_ratio": _shape(request, plan.entry),
        }
    if isinstance(request, VideoRequest):
        bought = plan.bought_seconds
        values |= {
            "image": _first_frame(request, plan.entry),
            "last_image": request.last_image,
            "duration": int(bought) if bought is not None else None,
        }
    if isinstance(request, ImageRequest):
        values["num_images"] = request.num_images
    return values


def _check_expressible(request: ProviderRequest, model: str, entry: ModelEntry) -> None:
    if isinstance(request, VideoRequest) and request.last_image is not None:
        if "last_image" not in entry.inputs:
            raise InputError(f"{model} takes no last frame. Choose another model.", code="input_unsupported")
        if request.image is None:
            raise InputError(f"{model} takes a last frame only together with a first one.", code="input_missing")
    if isinstance(request, ImageRequest) and request.num_images > 1 and "num_images" not in entry.inputs:
        raise InputError(f"{model} creates one image at a time. Request one image per call.")
    prompt = flavored_prompt(request) if isinstance(request, ImageRequest | VideoRequest) else ""
    limit = entry.maximum_prompt_characters
    if limit and len(prompt) > limit:
        raise InputError(f"{model} takes prompts of up to {limit} characters; this one has {len(prompt)}. Shorten it.")
    given = {"image": _first_frame(request, entry)} if isinstance(request, VideoRequest) else {}
    missing = [field for field in entry.required if given.get(field, getattr(request, field, None)) in (None, "")]
    if missing:
        names = " and ".join(name.replace("_", " ") for name in missing)
        advice = "Generate the scene's image first, or choose" if missing == ["image"] else "Add it, or choose"
        raise InputError(f"{model} can't work without {names}. {advice} another model.", code="input_missing")


def _first_frame(request: VideoRequest, entry: ModelEntry) -> MediaInput | None:
    """Return the clip's first frame, else the character's image if the model has no other input for that."""
    elsewhere = "character_reference" in entry.inputs or entry.references is not None
    return request.image or (None if elsewhere else request.character_reference)


def _prompt(request: ImageRequest | VideoRequest, plan: Plan) -> str:
    references = plan.entry.references
    return prompt_with_subjects(
        request,
        pictures_sent(request, plan),
        # A picture in a field of its own has no number.
        tag=references.tag if references and not _single_picture(request, plan) else "",
        limit=plan.entry.maximum_prompt_characters,
    )


def _single_picture(request: ImageRequest | VideoRequest, plan: Plan) -> tuple[Subject, ...]:
    """Return the character in the model's own field for one."""
    if "character_reference" not in plan.entry.inputs:
        return ()
    return tuple(one for one in _pictured(request) if one.picture == request.character_reference)[:1]


def _listed_pictures(request: ProviderRequest, plan: Plan) -> tuple[Subject, ...]:
    """Return the subjects for the model's list of references, the most important ones if there are too many; none if
    it can't take them along with the rest."""
    references = plan.entry.references
    if references is None or not isinstance(request, ImageRequest | VideoRequest) or unlisted_because(request, plan):
        return ()
    single = _single_picture(request, plan)
    return tuple(one for one in _pictured(request) if one not in single)[: references.most]


def _pictured(request: ImageRequest | VideoRequest) -> tuple[Subject, ...]:
    """Return the subjects with a picture. The character of a request that names no subjects has no name."""
    found = tuple(one for one in request.subjects if one.picture is not None)
    if not found and request.character_reference is not None:
        return (Subject("", "character", picture=request.character_reference),)
    return found


def _bought_length(model: str, entry: ModelEntry, request: VideoRequest) -> float:
    """Return the shortest offered length that covers the request, since prices rise with the length."""
    wanted = request.duration_seconds
    offered = entry.durations_seconds
    if request.last_image is not None and entry.last_frame_durations_seconds:
        offered = entry.last_frame_durations_seconds
    if offered:
        fitting = [one for one in offered if one + DURATION_TOLERANCE_SECONDS >= wanted]
        if fitting:
            return float(min(fitting))
        longest = float(max(offered))
    else:
        whole = max(float(math.ceil(wanted - DURATION_TOLERANCE_SECONDS)), entry.minimum_seconds or 0.0)
        if entry.maximum_seconds is None or whole <= entry.maximum_seconds:
            return whole
        longest = entry.maximum_seconds
    raise InputError(
        f"{model} creates clips of up to {longest:g} s; the scene needs {wanted:.2f} s. "
        "Split or shorten the scene, or choose a model with longer clips.",
        code="too_long",
    )


def _lipsync_seconds(entry: ModelEntry, request: LipsyncRequest) -> float:
    """Return the length of the output, which is what is billed."""
    mode = str(entry.fixed.get("sync_mode", "loop"))
    seconds = lipsync_seconds(request, mode)
    if entry.maximum_seconds is not None and seconds > entry.maximum_seconds:
        raise InputError(f"The model supports up to {entry.maximum_seconds:g} s; this is {seconds:.1f} s. Shorten it.")
    return seconds


def _shape(request: ImageRequest | VideoRequest, entry: ModelEntry) -> str:
    """Return the picture's shape as the model wants it: a ratio, or the size that stands for it."""
    if entry.sizes:
        return entry.sizes[_nearest_ratio(request, list(entry.sizes))]
    return _nearest_ratio(request, entry.aspect_ratios)


def _nearest_ratio(request: ImageRequest | VideoRequest, offered: list[str]) -> str:
    """Return the requested aspect ratio, or the nearest offered one; the composition crops the rest."""
    if not offered or request.aspect_ratio in offered:
        return request.aspect_ratio
    return min(offered, key=lambda ratio: abs(math.log(_ratio(ratio) / _ratio(request.aspect_ratio))))


def _ratio(text: str) -> float:
    width, height = text.split(":")
    return float(width) / float(height)
