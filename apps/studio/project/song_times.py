"""Times and numbers as people type them into the pages of a song."""

from apps.core.errors import InputError


def seconds_typed(text: str) -> float:
    """Parse `1:23.5` or `83.5`. Raises InputError for anything else."""
    minutes, _, seconds = text.rpartition(":")
    wrong = f"“{text[:20]}” isn't a time. Type it as 1:23.5, or in seconds."
    whole = number_typed(minutes, wrong) if minutes else 0.0
    return 60 * whole + number_typed(seconds, wrong)


def number_typed(text: str, problem: str) -> float:
    """Parse a number from 0. Raises InputError with `problem` for anything else."""
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(problem) from error
    if not 0 <= number < 100_000:
        raise InputError(problem)
    return number
