"""Reads the settings that each provider declares in `apps/providers/<name>/settings.py`."""

import pkgutil
from collections.abc import Iterator

import apps.providers
from apps.providers.variables import Number, Text, Url, Variable, declared_variables
from mvsite import env


def provider_settings() -> dict[str, str | int]:
    """Return every declared variable with its value. Raises ImproperlyConfigured for an invalid one."""
    return {variable.name: _value(variable) for variable in _declared()}


def _declared() -> Iterator[Variable]:
    for folder in pkgutil.iter_modules(apps.providers.__path__):
        if folder.ispkg:
            yield from declared_variables(folder.name)


def _value(variable: Variable) -> str | int:
    match variable:
        case Text(name, default):
            return env.text(name, default)
        case Url(name, default):
            return env.url(name, default)
        case Number(name, default, minimum):
            return env.integer(name, default, minimum=minimum)
