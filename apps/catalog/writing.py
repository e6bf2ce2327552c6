"""Write what a check found into the flavors' files: when a model was checked, that it is retired, its successor."""

import datetime
import difflib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from apps.catalog.models import CheckResult, ModelCheck
from apps.catalog.services import ProviderCheck
from apps.flavors.entry_text import entry_set
from apps.flavors.registry import capability_settings

TABLES = ("models", "former_models")


@dataclass(frozen=True)
class Written:
    """One flavor file. `patch` is what should change where it could not be written; `by_hand` are entries that could
    not be edited."""

    path: Path
    entries: int
    patch: str = ""
    by_hand: tuple[str, ...] = ()


def checks_write(found: Sequence[ProviderCheck], *, today: datetime.date) -> list[Written]:
    """Edit the files of the flavors that describe a checked model. Edits made in the studio are not files, and stay."""
    texts: dict[Path, str] = {}
    entries: dict[Path, int] = {}
    by_hand: dict[Path, list[str]] = {}
    for check in (check for one in found for check in one.checks):
        if not (values := _values(check, today)):
            continue
        for path in _files(check):
            text = texts.setdefault(path, path.read_text(encoding="utf-8"))
            place = _place(text, check)
            if place is None:
                continue
            edited = entry_set(text, place, values)
            if edited is None:
                by_hand.setdefault(path, []).append(
                    f"{check.model}: {', '.join(f'{key}: {value}' for key, value in values.items())}"
                )
            elif edited != text:
                texts[path], entries[path] = edited, entries.get(path, 0) + 1
    return [_written(path, text, entries.get(path, 0), tuple(by_hand.get(path, ()))) for path, text in texts.items()]


def _values(check: ModelCheck, today: datetime.date) -> dict[str, str | datetime.date]:
    """Return what the check says for certain. A model whose requests would fail needs a person."""
    if check.result == CheckResult.WORKS:
        return {"checked": today}
    if check.result == CheckResult.GONE:
        return {"retires": today} | ({"successor": check.successor} if check.successor else {})
    return {}


def _files(check: ModelCheck) -> Iterator[Path]:
    for flavor in check.flavors:
        config_type = capability_settings(flavor, check.capability).config_type
        path = Path(settings.CONFIGS_DIR) / flavor / f"{config_type}.yaml"
        if path.is_file():
            yield path


def _place(text: str, check: ModelCheck) -> tuple[str, ...] | None:
    """Return where this text describes the model; None if it only inherits it."""
    for table in TABLES:
        place = ("providers", check.provider, table, check.model)
        if entry_set(text, place, {}) is not None:
            return place
    return None


def _written(path: Path, text: str, entries: int, by_hand: tuple[str, ...]) -> Written:
    before = path.read_text(encoding="utf-8")
    if text == before:
        return Written(path, 0, by_hand=by_hand)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.chmod(path.stat().st_mode)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        lines = difflib.unified_diff(
            before.splitlines(keepends=True), text.splitlines(keepends=True), str(path), str(path)
        )
        return Written(path, 0, "".join(lines), by_hand)
    return Written(path, entries, by_hand=by_hand)
