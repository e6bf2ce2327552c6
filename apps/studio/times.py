"""Times as people type them, on every page alike."""

import re
from decimal import Decimal

from apps.core.errors import InputError

WRONG_TIME = "Type seconds, such as 41.5, or minutes and seconds, such as 0:41.5."
_CLOCK = re.compile(r"^(?:(\d{1,3}):)?(\d{1,5}(?:\.\d{1,6})?)$")


def time_typed(text: str) -> Decimal:
    """Parse `83.5`, `83,5` or `1:23.5` into seconds. Raises InputError for anything else."""
    found = _CLOCK.match(text.strip().replace(",", "."))
    if found is None:
        raise InputError(WRONG_TIME)
    return 60 * Decimal(found[1] or 0) + Decimal(found[2])
