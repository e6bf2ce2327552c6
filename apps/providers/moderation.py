"""What a service's content check refused, as far as its words say.

Services answer with free text: "The input or output was flagged as sensitive. (E005)", "The input image contains …".
"""

import re

# The code of a ProviderError or a RemoteStatus for such a refusal.
CONTENT_REFUSED = "content_refused"
_REFUSED = re.compile(r"sensitive|flagged|moderat|safety|nsfw|content (?:polic|filter)|\bE005\b", re.IGNORECASE)
# Says nothing about which of them it was.
_EITHER = re.compile(r"\b(?:an? |the )?inputs?(?: or |/)outputs?\b|\bdifferent inputs?\b", re.IGNORECASE)
# Our names of the inputs, and "output" for what the service made.
_NAMED = {
    "prompt": re.compile(r"\b(?:prompts?|text|words?)\b", re.IGNORECASE),
    "image": re.compile(r"\b(?:images?|pictures?|photos?|(?:first|start|last|end)[ _]frame)\b", re.IGNORECASE),
    "audio": re.compile(r"\baudio\b", re.IGNORECASE),
    "output": re.compile(r"\b(?:outputs?|generated|results?)\b", re.IGNORECASE),
}


def content_refused(words: str) -> bool:
    """Whether these words of a service mean that its content check refused the work."""
    return bool(_REFUSED.search(words))


def refused_inputs(words: str) -> tuple[str, ...]:
    """Return which inputs were refused: "prompt", "image", "audio", "output"; none if the words don't say."""
    told = _EITHER.sub("", words)
    return tuple(name for name, pattern in _NAMED.items() if pattern.search(told))
