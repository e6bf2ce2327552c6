"""Finding and checking every flavor under the configs folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apps.flavors.files import FlavorFile, FlavorProblem, read_flavor_file, validate
from apps.flavors.schema import CONFIG_TYPES

DEFAULT = "default"


@dataclass(frozen=True)
class Discovered:
    """`files` holds the usable flavors only, config type by config type; `problems` the others, all of theirs."""

    files: Mapping[str, Mapping[str, FlavorFile]]
    problems: Mapping[str, tuple[FlavorProblem, ...]] = field(default_factory=dict)


def discover(root: Path) -> Discovered:
    """Read every `<flavor>/*.yaml` under `root`. A broken flavor, `default` too, is among the problems."""
    files: dict[str, dict[str, FlavorFile]] = {}
    problems: dict[str, tuple[FlavorProblem, ...]] = {}
    folders = sorted(folder for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []
    for folder in sorted(folders, key=lambda found: found.name != DEFAULT):
        loaded, found = _read_folder(folder, root=root)
        found += _check(loaded, files.get(DEFAULT, {}))
        if found:
            problems[folder.name] = tuple(found)
        else:
            files[folder.name] = loaded
    if DEFAULT not in files and DEFAULT not in problems:
        problems[DEFAULT] = (FlavorProblem(f"{root.name}/{DEFAULT}", 1, "the default flavor's folder is missing"),)
    return Discovered(files, problems)


def _read_folder(folder: Path, *, root: Path) -> tuple[dict[str, FlavorFile], list[FlavorProblem]]:
    loaded: dict[str, FlavorFile] = {}
    problems: list[FlavorProblem] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        source = str(path.relative_to(root.parent))
        if path.suffix != ".yaml" or path.stem not in CONFIG_TYPES:
            known = ", ".join(f"{name}.yaml" for name in CONFIG_TYPES)
            problems.append(FlavorProblem(source, 1, f"is not a flavor file; the names are {known}"))
            continue
        try:
            loaded[path.stem] = read_flavor_file(path, root=root.parent)
        except FlavorProblem as problem:
            problems.append(problem)
    if folder.name == DEFAULT:
        problems += [
            FlavorProblem(f"{root.name}/{DEFAULT}/{name}.yaml", 1, "is missing; the default flavor must be complete")
            for name in CONFIG_TYPES
            if name not in loaded and not any(problem.source.endswith(f"/{name}.yaml") for problem in problems)
        ]
    return loaded, problems


def _check(loaded: Mapping[str, FlavorFile], default: Mapping[str, FlavorFile]) -> list[FlavorProblem]:
    problems = []
    for config_type, file in loaded.items():
        base = default.get(config_type)
        try:
            validate(config_type, [base, file] if base else [file])
        except FlavorProblem as problem:
            problems.append(problem)
    return problems
