"""Times and numbers as people type them into the pages of a song."""

from apps.core.errors import InputError
from apps.studio.times import time_typed


def seconds_typed(text: str) -> float:
    """Parse a time. Raises InputError that repeats the text, since the page has many times."""
    try:
        return float(time_typed(text))
    except InputError as error:
        raise InputError(f"“{text[:20]}” isn't a time. Type it as 1:23.5, or in seconds.") from error


def number_typed(text: str, problem: str) -> float:
    """Parse a number from 0. Raises InputError with `problem` for anything else."""
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(problem) from error
    if not 0 <= number < 100_000:
        raise InputError(problem)
    return number
