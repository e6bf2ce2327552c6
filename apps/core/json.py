"""The one type for JSON whose shape isn't ours."""

from typing import Any

# An opaque JSON object: a provider's raw response or a webhook's body, a provider's own options and section of a flavor
# (only its folder knows their fields), evidence and facts that are kept for a person to read, a request body whose hash
# matters but not its fields, and the JSON of a row on its way from or to the model that defines it. Anything whose
# fields another app reads is a frozen dataclass or pydantic model instead.
JsonObject = dict[str, Any]
