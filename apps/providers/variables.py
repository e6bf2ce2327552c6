"""The types of environment variables that a provider declares in its `settings.py`.

Django's settings are built from them, so neither this module nor those may import Django.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A key, a secret, a name."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Url:
    """An http or https URL, stored without a trailing slash."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Number:
    """A whole number of at least `minimum`."""

    name: str
    default: int
    minimum: int = 0


Variable = Text | Url | Number
