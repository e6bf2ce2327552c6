"""What an undo and a redo of a song's words lead to: rules over the numbers of their versions."""

from dataclasses import dataclass
from functools import cached_property

# Versions of earlier releases don't say what was done.
UNNAMED = "the last change"


@dataclass(frozen=True)
class Entry:
    """A version. An undo or redo adds a copy, of `restored_from`; else `change` says what was done."""

    number: int
    restored_from: int | None
    change: str


@dataclass(frozen=True)
class History:
    """The kept versions, newest first. Each version that a person made follows from the one that was shown then."""

    entries: tuple[Entry, ...]

    @cached_property
    def _by_number(self) -> dict[int, Entry]:
        return {entry.number: entry for entry in self.entries}

    @cached_property
    def _now(self) -> int:
        return self._shown(self.entries[0])

    def _shown(self, entry: Entry) -> int:
        """Return the version that the entry is, or is a copy of while that is kept."""
        original = entry.restored_from
        return entry.number if original is None or original not in self._by_number else original

    def _before(self, number: int) -> int | None:
        earlier = next((entry for entry in self.entries if entry.number < number), None)
        return None if earlier is None else self._shown(earlier)

    @property
    def earlier(self) -> int | None:
        """The version that an undo brings back; None if there is none."""
        return self._before(self._now)

    @property
    def later(self) -> int | None:
        """The version that a redo brings back: the newest that was made from the one shown now."""
        made = (entry.number for entry in self.entries if entry.restored_from is None and entry.number > self._now)
        return next((number for number in made if self._before(number) == self._now), None)

    @property
    def undo(self) -> str | None:
        """What an undo takes back; None if there is nothing."""
        return None if self.earlier is None else self._by_number[self._now].change or UNNAMED

    @property
    def redo(self) -> str | None:
        """What a redo brings back; None if there is nothing."""
        return None if self.later is None else self._by_number[self.later].change or UNNAMED
