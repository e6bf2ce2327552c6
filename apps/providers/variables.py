"""The environment variables that a provider declares in its `settings.py`.

Django's settings are made of them, so neither this module nor those may import Django.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A key, a secret, a name."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Url:
    """An address at http or https, kept without a slash at its end."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Number:
    """A whole number of at least `minimum`."""

    name: str
    default: int
    minimum: int = 0


Variable = Text | Url | Number
