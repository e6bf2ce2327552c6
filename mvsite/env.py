"""Reads environment variables. Invalid values raise an error that says how to fix them."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """Return the variable's value without surrounding space, or `default` if it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    """Return a yes/no variable, or `default` if it is unset or empty. Raises ImproperlyConfigured for anything else."""
    word = text(name)
    if not word:
        return default
    if word.lower() in TRUE_WORDS:
        return True
    if word.lower() in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name}={word!r} isn't a yes or no. Set it to true or false, or unset it.")


def integer(name: str, default: int, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return a whole number from `minimum` to `maximum`. Raises ImproperlyConfigured otherwise."""
    word = text(name)
    if not word:
        return default
    try:
        value = int(word)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}={word!r} isn't a whole number. Set it to a number such as {default}."
        ) from error
    if minimum is not None and value < minimum:
        raise ImproperlyConfigured(f"{name}={value} is too small. Set it to {minimum} or more.")
    if maximum is not None and value > maximum:
        raise ImproperlyConfigured(f"{name}={value} is too large. Set it to {maximum} or less.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list, or that of `default` if the variable is unset."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str, default: str = "") -> list[IPv4Network | IPv6Network]:
    """Return a comma-separated list of addresses and networks. Raises ImproperlyConfigured for anything else."""
    try:
        return [ip_network(word, strict=False) for word in words(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}: {error}. Set it to addresses or networks such as 10.0.0.2 or 172.16.0.0/12, separated by commas."
        ) from error


def folder(name: str, default: Path) -> Path:
    """Return an absolute folder path, which may not exist yet."""
    return Path(text(name, str(default))).expanduser().resolve()


def url(name: str, default: str = "", *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """Return a URL with one of `schemes` and no trailing slash. Raises ImproperlyConfigured otherwise."""
    value = text(name, default)
    if value and value.split("://", 1)[0] not in schemes:
        expected = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must start with {expected}. Correct it or unset it.")
    return value.rstrip("/")
