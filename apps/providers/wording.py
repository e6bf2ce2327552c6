"""The flavor's text around a prompt, for providers that generate from text alone.

The draft provider doesn't need it: its flavor's look is in its palettes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.providers.request_types import ImageRequest, Subject, VideoRequest


def flavored_prompt(request: ImageRequest | VideoRequest) -> str:
    """Return the prompt as it is sent: in the flavor's `image_prompts` template, or with its `prompt_suffix`."""
    if isinstance(request, VideoRequest):
        return f"{request.prompt} {request.settings.get('prompt_suffix', '')}".strip()
    templates: Mapping[str, Any] = request.settings.get("image_prompts", {})
    if request.purpose == "character_reference":
        template = str(templates.get("character_reference", "{character_description}"))
        return template.replace("{character_description}", request.prompt)
    if request.purpose == "subject":
        return request.prompt
    return str(templates.get("scene", "{prompt}")).replace("{prompt}", request.prompt)


def prompt_with_subjects(
    request: ImageRequest | VideoRequest, pictured: Sequence[Subject], *, tag: str = "", limit: int | None = None
) -> str:
    """Return the prompt with what has to be said about who and what is in it, as far as that fits into `limit`.

    `pictured` are the subjects whose pictures are sent, in that order. `tag` is how the model's prompts name a picture,
    such as "[Image{number}]"; without one, several pictures are explained by their order.
    """
    prompt = flavored_prompt(request)
    for sentence in _sentences(request, pictured, tag):
        longer = f"{prompt} {sentence}"
        if limit is None or len(longer) <= limit:
            prompt = longer
    return prompt


def _sentences(request: ImageRequest | VideoRequest, pictured: Sequence[Subject], tag: str) -> Iterator[str]:
    named = [one for one in pictured if one.name]
    if tag:
        for number, one in enumerate(pictured, start=1):
            if one.name:
                yield f"{_capitalized(tag.format(number=number))} shows {one.name}."
    elif len(pictured) > 1 and len(named) == len(pictured):
        yield f"The reference pictures show, in this order: {', '.join(one.name for one in named)}."
    for one in request.subjects:
        if one not in pictured and one.description and one.description.casefold() not in request.prompt.casefold():
            yield _ended(f"{one.name}: {one.description}")
        if one.wardrobe:
            yield _ended(f"{one.name} here: {one.wardrobe}")
        if one.never_change:
            yield _ended(f"Never change about {one.name}: {one.never_change}")


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ended(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
