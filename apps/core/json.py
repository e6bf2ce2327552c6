"""JSON whose shape isn't ours: its one type, and what of it the database can store."""

import math
from typing import Any

# An opaque JSON object: a provider's raw response or a webhook's body, a provider's own options and section of a flavor
# (only its folder knows their fields), evidence and facts that are kept for a person to read, a request body whose hash
# matters but not its fields, and the JSON of a row on its way from or to the model that defines it. Anything whose
# fields another app reads is a frozen dataclass or pydantic model instead.
JsonObject = dict[str, Any]


def storable(value: Any) -> Any:
    """Return a JSON value without what the database can't store: NaN, infinities, NUL and lone surrogates."""
    # A paid response is stored before it is read, so one odd character must not lose it.
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="ignore").decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value
