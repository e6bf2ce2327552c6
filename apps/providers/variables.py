"""The types of environment variables that a provider declares in its `settings.py`.

Django's settings are built from them, so neither this module nor those may import Django.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Text:
    """A name. With a `label` it can be entered on the Connect page of a single-user installation."""

    name: str
    default: str = ""
    label: str = ""


@dataclass(frozen=True)
class Secret(Text):
    """A key. It is never shown."""


@dataclass(frozen=True)
class Url:
    """An http or https URL, stored without a trailing slash. `label` is as for `Text`."""

    name: str
    default: str = ""
    label: str = ""


@dataclass(frozen=True)
class Number:
    """A whole number of at least `minimum`."""

    name: str
    default: int
    minimum: int = 0


Variable = Text | Url | Number


@cache
def declared_variables(provider: str) -> tuple[Variable, ...]:
    """Return what a provider's folder declares. One without settings, such as the draft engine, has no such module."""
    name = f"apps.providers.{provider}.settings"
    if importlib.util.find_spec(name) is None:
        return ()
    declared: tuple[Variable, ...] = importlib.import_module(name).VARIABLES
    return declared
