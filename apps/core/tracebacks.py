"""Where an error came from, for logs and an operator's evidence."""

import traceback

LONGEST = 6000


def where_from(error: BaseException) -> str:
    """Return the error's and its causes' types and stack frames, the first cause first.

    Unlike Python's own format it leaves out what they say, since a network library repeats signed links in it."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        frames = "".join(traceback.format_tb(seen.__traceback__))
        parts.insert(0, f"{type(seen).__name__}\n{frames}")
        seen = seen.__cause__
    return "\n".join(parts)[-LONGEST:]
