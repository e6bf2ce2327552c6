"""Convert our typed requests to a model's input, using the flavor's table. No HTTP, no Django models."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import ValidationError

from apps.core.errors import InputError
from apps.providers.base import (
    ImageRequest,
    LipsyncRequest,
    MediaInput,
    ProviderRequest,
    Quote,
    ScenesRequest,
    SegmentedLipsyncRequest,
    VideoRequest,
)
from apps.providers.lengths import lipsync_seconds
from apps.providers.replicate.sections import ModelEntry, ReplicateSection
from apps.providers.wording import flavored_prompt

# A slot may be this much longer than an offered length, since frame times are not round numbers.
DURATION_TOLERANCE_SECONDS = 0.001
# Models take seeds as signed 32-bit numbers; ideogram documents the limit.
LARGEST_SEED = 2**31 - 1


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
    entry = section.models[section.model]
    _check_expressible(request, section.model, entry)
    if isinstance(request, VideoRequest):
        return Plan(section.model, entry, _bought_length(section.model, entry, request.duration_seconds))
    if isinstance(request, LipsyncRequest):
        return Plan(section.model, entry, _lipsync_seconds(entry, request))
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
    amount = (units * price.usd).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    amount_words = "1 run" if price.unit == "run" else f"{units.normalize():f} {price.unit}{'' if units == 1 else 's'}"
    basis = f"{amount_words} × ${price.usd} ({plan.model}, price of {price.dated:%Y-%m-%d})"
    return Quote(amount=amount, basis=basis, bought_seconds=plan.bought_seconds)


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
    return given


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
    values: dict[str, Any] = {"seed": seed_of(request, key=key)}
    if isinstance(request, ImageRequest | VideoRequest):
        values |= {
            "prompt": flavored_prompt(request),
            "negative_prompt": request.negative_prompt,
            "character_reference": request.character_reference,
            "aspect_ratio": _nearest_ratio(request, plan.entry.aspect_ratios),
        }
    if isinstance(request, VideoRequest):
        bought = plan.bought_seconds
        values |= {"image": _first_frame(request, plan.entry), "duration": int(bought) if bought is not None else None}
    if isinstance(request, ImageRequest):
        values["num_images"] = request.num_images
    return values


def _check_expressible(request: ProviderRequest, model: str, entry: ModelEntry) -> None:
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
    """Return the clip's first frame, else the character's image if the model has no separate input for that."""
    return request.image or (None if "character_reference" in entry.inputs else request.character_reference)


def _bought_length(model: str, entry: ModelEntry, wanted: float) -> float:
    """Return the shortest offered length that covers the request, since prices rise with the length."""
    if entry.durations_seconds:
        fitting = [one for one in entry.durations_seconds if one + DURATION_TOLERANCE_SECONDS >= wanted]
        if fitting:
            return float(min(fitting))
        longest = float(max(entry.durations_seconds))
    else:
        whole = float(math.ceil(wanted - DURATION_TOLERANCE_SECONDS))
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


def _nearest_ratio(request: ImageRequest | VideoRequest, offered: list[str]) -> str:
    """Return the requested aspect ratio, or the nearest offered one; the composition crops the rest."""
    if not offered or request.aspect_ratio in offered:
        return request.aspect_ratio
    return min(offered, key=lambda ratio: abs(math.log(_ratio(ratio) / _ratio(request.aspect_ratio))))


def _ratio(text: str) -> float:
    width, height = text.split(":")
    return float(width) / float(height)
