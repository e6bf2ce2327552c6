"""Finding and checking every flavor under the configs folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apps.flavors.files import FlavorFile, FlavorProblem, read_flavor_file, validate
from apps.flavors.schema import CONFIG_TYPES

DEFAULT = "default"


@dataclass(frozen=True)
class Discovered:
    """`files` holds the usable flavors only, config type by config type; `problems` the others, all of theirs.
    `ignored` are files that no config type is named after; they do not make a flavor unusable."""

    files: Mapping[str, Mapping[str, FlavorFile]]
    problems: Mapping[str, tuple[FlavorProblem, ...]] = field(default_factory=dict)
    ignored: tuple[FlavorProblem, ...] = ()


def discover(root: Path) -> Discovered:
    """Read every `<flavor>/*.yaml` under `root`. A broken flavor is among the problems; a broken `default` is all of
    them, as the others cannot be judged without it."""
    files: dict[str, dict[str, FlavorFile]] = {}
    problems: dict[str, tuple[FlavorProblem, ...]] = {}
    ignored: list[FlavorProblem] = []
    folders = sorted(folder for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []
    for folder in sorted(folders, key=lambda found: found.name != DEFAULT):
        ignored += _unknown_files(folder, root=root)
        loaded, found = _read_folder(folder, root=root)
        found += _check(loaded, files.get(DEFAULT, {}))
        if found:
            problems[folder.name] = tuple(found)
            if folder.name == DEFAULT:
                break
        else:
            files[folder.name] = loaded
    if DEFAULT not in files and DEFAULT not in problems:
        problems[DEFAULT] = (FlavorProblem(f"{root.name}/{DEFAULT}", 1, "the default flavor's folder is missing"),)
    return Discovered(files, problems, tuple(ignored))


def _unknown_files(folder: Path, *, root: Path) -> list[FlavorProblem]:
    known = ", ".join(f"{name}.yaml" for name in CONFIG_TYPES)
    return [
        FlavorProblem(str(path.relative_to(root.parent)), 1, f"is not read; the names are {known}")
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
        if path.suffix != ".yaml" or path.stem not in CONFIG_TYPES
    ]


def _read_folder(folder: Path, *, root: Path) -> tuple[dict[str, FlavorFile], list[FlavorProblem]]:
    loaded: dict[str, FlavorFile] = {}
    problems: list[FlavorProblem] = []
    for path in sorted(path for path in folder.glob("*.yaml") if path.stem in CONFIG_TYPES):
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
