"""Parameters that a chat server doesn't know or no longer takes: left out, or sent under their other name.

Servers refuse them with 400 or 422 before anything is generated, so such a refusal is free. Seen are OpenAI's
`{"param": "temperature", "code": "unsupported_value"}`, "Unsupported parameter: 'max_tokens'…", "`temperature` is
deprecated for this model." without a `param`, and FastAPI's `{"detail": [{"loc": ["body", "top_p"], …}]}`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# What a request can do without. The prompt itself says that the answer is JSON.
OPTIONAL = ("temperature", "top_p", "response_format", "max_completion_tokens", "max_tokens")
# Never sent without a limit, since the quote depends on it: the older name instead of the newer one.
RENAMED = {"max_completion_tokens": "max_tokens"}
UNSUPPORTED = re.compile(
    r"unsupported|not support|deprecated|unrecogni[sz]ed|unknown|unexpected|not (?:permitted|allowed)|extra",
    re.IGNORECASE,
)
REFUSED_STATUSES = frozenset({400, 422})


def without_unsupported(sent: Mapping[str, Any], *, status: int | None, answer: Any) -> dict[str, Any] | None:
    """Return the request without the parameter that this refusal names as unsupported, or None if it names none."""
    name = _named(sent, answer) if status in REFUSED_STATUSES else ""
    if not name or name == "max_tokens":
        return None
    rest = {key: value for key, value in sent.items() if key != name}
    if name in RENAMED:
        rest[RENAMED[name]] = sent[name]
    return rest


def _named(sent: Mapping[str, Any], answer: Any) -> str:
    texts = list(_texts(answer))
    if not any(UNSUPPORTED.search(text) for text in texts):
        return ""
    # A value that is exactly a name (`param`, an item of `loc`) says more than a sentence that may suggest another.
    candidates = [name for name in OPTIONAL if name in sent]
    exact = [name for name in candidates if name in texts]
    named = [name for name in candidates if any(re.search(rf"\b{name}\b", text) for text in texts)]
    return next(iter(exact or named), "")


def _texts(value: Any) -> Iterator[str]:
    """Yield every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
