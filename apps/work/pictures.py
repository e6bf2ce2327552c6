"""Which subjects' pictures a piece of work sends, and why others are left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.providers.request_types import Subject
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
    request = work.request
    subjects: tuple[Subject, ...] = getattr(request, "subjects", ())
    pictured = tuple(one for one in subjects if one.picture is not None)
    without = tuple(one for one in subjects if one.picture is None)
    sent = work.choice.provider.pictures_sent(request) if pictured else ()
    left_out = tuple(one for one in pictured if one not in sent)
    first_frame = getattr(request, "image", None) is not None
    return Pictures(sent, left_out, without, _note(work, sent, left_out, first_frame=first_frame))


def _note(work: Work, sent: Sequence[Subject], left_out: Sequence[Subject], *, first_frame: bool) -> str:
    if not left_out:
        return ""
    provider = work.choice.provider
    model = provider.model_used(work.request.capability, work.choice.config.values) or provider.label or provider.title
    names = _listed([one.name for one in left_out])
    if sent:
        verb = "is" if len(left_out) == 1 else "are"
        return f"{model} takes {len(sent)} picture{'' if len(sent) == 1 else 's'} here: {names} {verb} left out."
    if first_frame:
        return f"The clip starts from the scene's image; beside it, {model} takes no picture of {names}."
    return f"{model} takes no picture of {names} here. Choose another model to keep their looks."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
