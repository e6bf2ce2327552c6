"""Which subjects' pictures a piece of work sends, and why others are left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.providers.request_types import ImageRequest, ProviderRequest, Subject, VideoRequest
from apps.work.shots.planning import part_request, shot_quote
from apps.work.work import Work


@dataclass(frozen=True)
class Pictures:
    """`sent` are in the order in which the model gets them. `note` is a sentence about the rest, or ""."""

    sent: tuple[Subject, ...] = ()
    left_out: tuple[Subject, ...] = ()
    without: tuple[Subject, ...] = ()
    note: str = ""


def pictures_of(work: Work) -> Pictures:
    """Return the subjects' pictures that the work's request is sent with. Raises InputError as its quote does."""
    request = _sent_first(work)
    subjects: tuple[Subject, ...] = getattr(request, "subjects", ())
    pictured = tuple(one for one in subjects if one.picture is not None)
    without = tuple(one for one in subjects if one.picture is None)
    sent = work.choice.provider.pictures_sent(request) if pictured else ()
    left_out = tuple(one for one in pictured if one not in sent)
    return Pictures(sent, left_out, without, _note(work, request, sent, left_out))


def pictures_notes(works: Sequence[Work]) -> list[str]:
    """Return which pictures the works are sent without, each sentence once. A judge makes none, and sees all."""
    with_pictures = (
        work for work in works if isinstance(work.request, ImageRequest | VideoRequest) and work.request.subjects
    )
    return list(dict.fromkeys(note for work in with_pictures if (note := pictures_of(work).note)))


def _note(work: Work, request: ProviderRequest, sent: Sequence[Subject], left_out: Sequence[Subject]) -> str:
    if not left_out:
        return ""
    provider = work.choice.provider
    model = provider.model_used(work.request.capability, work.choice.config.values) or provider.label or provider.title
    names = _listed([one.name for one in left_out])
    if provider.built_in:
        return f"{model} draws {names} after the words about them, not after pictures."
    if sent:
        verb = "is" if len(left_out) == 1 else "are"
        return f"{model} takes {len(sent)} picture{'' if len(sent) == 1 else 's'} here: {names} {verb} left out."
    if getattr(request, "image", None) is not None:
        source = work.frozen.inputs.get("image")
        follows = source is not None and (source.last_frame_of is not None or source.frame is not None)
        start = "the last frame of the scene before" if follows else "the scene's image"
        return f"The clip starts from {start}; beside it, {model} takes no picture of {names}."
    why = provider.no_pictures_because(request)
    reason = f": {why}." if why else "."
    return f"{model} takes no picture of {names} here{reason} Choose another model to keep their looks."


def _sent_first(work: Work) -> ProviderRequest:
    """Return the request, or of a clip that is made in parts the first one's."""
    request = work.request
    if not isinstance(request, VideoRequest):
        return request
    seconds = shot_quote(work.choice.provider, request).seconds
    return part_request(request, seconds, 0) if seconds else request


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
