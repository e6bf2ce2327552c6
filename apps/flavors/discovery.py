"""Find and check every flavor in the configs folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apps.flavors.files import FlavorFile, FlavorProblem, read_flavor_file, shown_name, shown_path, validate
from apps.flavors.schema import CONFIG_TYPES, FLAVOR_NAME, FLAVOR_NAME_WORDS

DEFAULT = "default"


@dataclass(frozen=True)
class Discovered:
    """`files` has the usable flavors by config type, `problems` all problems of the others. `ignored` lists files
    that aren't named after a config type; they don't make a flavor unusable."""

    files: Mapping[str, Mapping[str, FlavorFile]]
    problems: Mapping[str, tuple[FlavorProblem, ...]] = field(default_factory=dict)
    ignored: tuple[FlavorProblem, ...] = ()


def discover(root: Path) -> Discovered:
    """Read every `<flavor>/*.yaml` under `root`. If `default` is broken, only its problems are reported, since the
    other flavors can't be checked without it."""
    files: dict[str, dict[str, FlavorFile]] = {}
    problems: dict[str, tuple[FlavorProblem, ...]] = {}
    ignored: list[FlavorProblem] = []
    for folder in _folders(root):
        loaded, found = _folder_read(folder, root=root)
        ignored += _unknown_files(folder, root=root)
        found += _check(loaded, files.get(DEFAULT, {}))
        if found:
            problems[shown_name(folder.name)] = tuple(found)
            if folder.name == DEFAULT:
                break
        else:
            files[folder.name] = loaded
    if DEFAULT not in files and DEFAULT not in problems:
        problems[DEFAULT] = (FlavorProblem(f"{root.name}/{DEFAULT}", 1, "the default flavor's folder is missing"),)
    return Discovered(files, problems, tuple(ignored))


def _folders(root: Path) -> list[Path]:
    """Return the flavors' folders, `default` first. Hidden folders belong to other programs and are skipped."""
    found = [folder for folder in root.iterdir() if folder.is_dir()] if root.is_dir() else []
    visible = [folder for folder in found if not folder.name.startswith((".", "__"))]
    return sorted(visible, key=lambda folder: (folder.name != DEFAULT, folder.name))


def _folder_read(folder: Path, *, root: Path) -> tuple[dict[str, FlavorFile], list[FlavorProblem]]:
    """Return the folder's files and all problems with them or with the folder itself."""
    source = shown_path(folder, root=root.parent)
    if not FLAVOR_NAME.match(folder.name):
        return {}, [FlavorProblem(source, 1, f"is not a valid flavor name. {FLAVOR_NAME_WORDS}")]
    try:
        # Globbing a folder without permission silently finds nothing.
        next(os.scandir(folder), None)
    except OSError as error:
        return {}, [FlavorProblem(source, 1, f"can't be opened: {error.strerror}")]
    return _read_folder(folder, root=root)


def _unknown_files(folder: Path, *, root: Path) -> list[FlavorProblem]:
    known = ", ".join(f"{name}.yaml" for name in CONFIG_TYPES)
    return [
        FlavorProblem(shown_path(path, root=root.parent), 1, f"is ignored; use one of the names {known}")
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
