"""All flavors, resolved in memory. Requests read from here and never from disk.

Files are read once, when Django starts. Edits are in Postgres; at most once a second a reader queries the edits'
fingerprint (one aggregate query) and reloads them if it has changed, so every process sees an edit within about a
second. A snapshot is never changed, only replaced, and callers get copies.
"""

import copy
import hashlib
import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Max, Sum

from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.flavors.discovery import DEFAULT, Discovered, discover
from apps.flavors.files import FlavorFile, FlavorProblem, parse_flavor_text, validate
from apps.flavors.models import FlavorEdit
from apps.flavors.schema import CONFIG_TYPES

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0

Layers = Mapping[tuple[str, str], FlavorFile]
# The problems of unreadable edits, each with its flavor.
EditProblems = Sequence[tuple[str, FlavorProblem]]


@dataclass(frozen=True)
class ResolvedConfig:
    """The values of one config type. `flavor` is the one used; `hash` identifies exactly these values."""

    flavor: str
    config_type: str
    values: JsonObject
    hash: str


@dataclass(frozen=True)
class Snapshot:
    """`resolved` and `own` (whether the flavor itself sets anything) are keyed by flavor and config type."""

    names: tuple[str, ...]
    resolved: Mapping[tuple[str, str], ResolvedConfig]
    own: frozenset[tuple[str, str]]
    problems: Mapping[str, tuple[FlavorProblem, ...]]


def config_hash(values: JsonObject) -> str:
    """Return a short hash that changes when any of these values does."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def build_snapshot(discovered: Discovered, edits: Layers, unreadable: EditProblems = ()) -> Snapshot:
    """Resolve everything. An edit that is no longer valid is skipped and logged as an error; its file applies again."""
    names = sorted({*discovered.files, *(flavor for flavor, _ in edits)}, key=lambda name: (name != DEFAULT, name))
    resolved: dict[tuple[str, str], ResolvedConfig] = {}
    problems = {name: list(found) for name, found in discovered.problems.items()}
    for flavor, unread in unreadable:
        problems.setdefault(flavor, []).append(unread)
    for name in names:
        for config_type in CONFIG_TYPES:
            values, problem = _resolve_values(name, config_type, discovered, edits)
            if problem:
                problems.setdefault(name, []).append(problem)
                log.error("flavor_edit_ignored", flavor=name, config_type=config_type, reason=str(problem))
            resolved[name, config_type] = ResolvedConfig(name, config_type, values, config_hash(values))
    own = {(name, config_type) for name, files in discovered.files.items() for config_type in files} | set(edits)
    return Snapshot(tuple(names), resolved, frozenset(own), {name: tuple(found) for name, found in problems.items()})


def layers_of(flavor: str, config_type: str, discovered: Discovered, edits: Layers) -> list[FlavorFile]:
    """Return the layers, lowest first: default's file, its edit, the flavor's file, its edit."""
    flavors = [DEFAULT] if flavor == DEFAULT else [DEFAULT, flavor]
    found = [
        layer
        for name in flavors
        for layer in (discovered.files.get(name, {}).get(config_type), edits.get((name, config_type)))
    ]
    return [layer for layer in found if layer is not None]


def _resolve_values(
    flavor: str, config_type: str, discovered: Discovered, edits: Layers
) -> tuple[JsonObject, FlavorProblem | None]:
    """Return the values, and the problem of an edit that had to be skipped. Files alone are always valid."""
    kept = dict(edits)
    first: FlavorProblem | None = None
    for dropped in (None, (flavor, config_type), (DEFAULT, config_type)):
        if dropped:
            kept.pop(dropped, None)
        try:
            return validate(config_type, layers_of(flavor, config_type, discovered, kept)), first
        except FlavorProblem as problem:
            first = first or problem
    raise first or AssertionError("unreachable: a loop that never ran")


class FlavorRegistry:
    """The flavors of one process; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._discovered = Discovered({})
        self._snapshot: Snapshot | None = None
        self._fingerprint: tuple[int, int, int] = (0, 0, 0)
        self._checked_at = float("-inf")

    def load(self, root: Path) -> None:
        """Read the files. Raises ImproperlyConfigured when `default` is broken."""
        discovered = discover(root)
        for ignored in discovered.ignored:
            log.warning("flavor_file_ignored", reason=str(ignored))
        for name, problems in discovered.problems.items():
            for problem in problems:
                log.error("flavor_broken", flavor=name, reason=str(problem))
        if DEFAULT in discovered.problems:
            reasons = "; ".join(str(problem) for problem in discovered.problems[DEFAULT])
            raise ImproperlyConfigured(f"The default flavor is broken, so mvsite cannot start: {reasons}")
        with self._lock:
            self._discovered = discovered
            self._snapshot = build_snapshot(discovered, {})
            self._fingerprint = (0, 0, 0)
            self._checked_at = float("-inf")
            names = self._snapshot.names
        log.info("flavors_loaded", flavors=list(names))
        if settings.MV_DEBUG_MODE:
            log.info("config_flavors_discovered", flavors=list(names), root=str(root.name))

    @property
    def discovered(self) -> Discovered:
        return self._discovered

    def check_now(self) -> None:
        """Make the next reader check for new edits."""
        self._checked_at = float("-inf")

    def snapshot(self) -> Snapshot:
        """Return the current state, at most about a second old."""
        if self._snapshot is None or time.monotonic() - self._checked_at >= POLL_SECONDS:
            with self._lock:
                self._refresh()
        if self._snapshot is None:
            raise ImproperlyConfigured("Flavors were not loaded; is apps.flavors in INSTALLED_APPS?")
        return self._snapshot

    def _refresh(self) -> None:
        """Reload if needed. Called under the lock, so the second of two waiting threads has nothing to do."""
        now = time.monotonic()
        if now - self._checked_at < POLL_SECONDS:
            return
        fingerprint = _edits_fingerprint()
        if fingerprint != self._fingerprint:
            self._snapshot = build_snapshot(self._discovered, *stored_edits())
            self._fingerprint = fingerprint
            log.info("flavor_edits_loaded", flavors=list(self._snapshot.names), edits=fingerprint[0])
        self._checked_at = now


def _edits_fingerprint() -> tuple[int, int, int]:
    """Return the count, sum of versions and highest id, which change whenever an edit is created, saved or deleted."""
    found = FlavorEdit.objects.aggregate(count=Count("id"), versions=Sum("version"), newest=Max("id"))
    return (found["count"], found["versions"] or 0, found["newest"] or 0)


def stored_edits() -> tuple[dict[tuple[str, str], FlavorFile], list[tuple[str, FlavorProblem]]]:
    """Return every readable edit, and the problems of the others, which are skipped and logged as errors."""
    edits, problems = {}, []
    for edit in FlavorEdit.objects.all():
        try:
            edits[edit.flavor, edit.config_type] = parse_flavor_text(edit.text, source=f"edit of {edit}")
        except FlavorProblem as problem:
            problems.append((edit.flavor, problem))
            log.error("flavor_edit_ignored", flavor=edit.flavor, config_type=edit.config_type, reason=str(problem))
    return edits, problems


registry = FlavorRegistry()


def flavor_names() -> list[str]:
    """Return the usable flavors, `default` first."""
    return list(registry.snapshot().names)


def resolve(flavor: str, config_type: str, *, module: str = "") -> ResolvedConfig:
    """Return the values of one config type, each from the flavor or else from `default`.

    "" means `default`. An unknown flavor, or one that sets nothing of this type, falls back with a warning and
    never fails. `module` names the caller in the debug log, if it isn't the calling module itself.
    """
    if config_type not in CONFIG_TYPES:
        raise InputError(f"There is no config type {config_type!r}; the types are {', '.join(CONFIG_TYPES)}.")
    snapshot = registry.snapshot()
    wanted = flavor or DEFAULT
    used = wanted if wanted in snapshot.names else DEFAULT
    if (wanted, config_type) not in snapshot.own:
        reason = "missing_file" if used == wanted else "unknown_flavor"
        log.warning("config_flavor_fallback", flavor=wanted[:100], config_type=config_type, used=DEFAULT, reason=reason)
    found = snapshot.resolved[used, config_type]
    values = copy.deepcopy(dict(found.values))
    if settings.MV_DEBUG_MODE:
        caller = module or str(sys._getframe(1).f_globals.get("__name__", ""))
        log.info("config_flavor_selected", flavor=used, requested=wanted[:100], config_type=config_type)
        log.info("config_flavor_loaded", flavor=used, config_type=config_type, module=caller, values=values)
    else:
        log.info("flavor_resolved", flavor=used, config_type=config_type, hash=found.hash)
    return ResolvedConfig(used, config_type, values, found.hash)


# The config types each capability needs in addition to its own parameters, by their key in the settings.
_CAPABILITY_TYPES: dict[str, tuple[str, ...]] = {
    "scenes": ("parameters", "scene_prompts"),
    "image": ("image_params", "image_prompts"),
    "video": ("video_params",),
    "lipsync": ("lipsync_params",),
    "segmented_lipsync": ("lipsync_params",),
    "transcription": ("transcription_params",),
    "vocals": ("vocals_params",),
    # Whoever writes scenes can also look at takes.
    "judge": ("parameters",),
}


def capability_settings(flavor: str, capability: str, *, module: str = "") -> ResolvedConfig:
    """Return a provider request's `settings`: the capability's parameters, and the prompts that belong to them under
    their own key (`scene_prompts`, `image_prompts`). `flavor` shows which folder has the files next to the YAML.
    """
    main, *others = _CAPABILITY_TYPES[capability]
    caller = module or str(sys._getframe(1).f_globals.get("__name__", ""))
    found = resolve(flavor, main, module=caller)
    values = dict(found.values)
    for config_type in others:
        values[config_type] = dict(resolve(flavor, config_type, module=caller).values)
    digest = config_hash(values) if others else found.hash
    return ResolvedConfig(found.flavor, main, values | {"flavor": found.flavor}, digest)


def shown_settings(flavor: str, capability: str) -> ResolvedConfig:
    """Return `capability_settings` for display on pages: nothing is logged, and the values are shared, so don't change
    them."""
    snapshot = registry.snapshot()
    used = flavor if flavor in snapshot.names else DEFAULT
    main, *others = _CAPABILITY_TYPES[capability]
    found = snapshot.resolved[used, main]
    more = {config_type: snapshot.resolved[used, config_type].values for config_type in others}
    return ResolvedConfig(used, main, {**found.values, **more, "flavor": used}, found.hash)


def flavor_provider(flavor: str, capability: str) -> str:
    """Return the name of the flavor's provider. For display on pages, so nothing is logged."""
    snapshot = registry.snapshot()
    used = flavor if flavor in snapshot.names else DEFAULT
    return str(snapshot.resolved[used, _CAPABILITY_TYPES[capability][0]].values["provider"])
