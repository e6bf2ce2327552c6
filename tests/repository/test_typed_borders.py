"""What travels between apps is typed: no `dict[str, Any]` in what one app offers another."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPAQUE = {f"{kind}[str, {value}]" for kind in ("dict", "Mapping", "MutableMapping") for value in ("Any", "object")}
# Each with the reason why its dicts have no model.
ALLOWED = {
    "apps.generation.api": "what a serializer validated, for the API views of the apps above",
}


def offered(tree: ast.Module) -> Iterator[tuple[str, str, list[ast.expr | None]]]:
    """Yield (name to import, name to show, annotations) of each public function, method and field."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node.name, annotations(node)
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        for member in node.body:
            if isinstance(member, ast.AnnAssign):
                yield node.name, f"{node.name}.{ast.unparse(member.target)}", [member.annotation]
            elif isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                yield node.name, f"{node.name}.{member.name}", annotations(member)


def annotations(function: ast.FunctionDef) -> list[ast.expr | None]:
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return [*(one.annotation for one in every if one), function.returns]


def is_opaque(annotation: ast.expr | None) -> bool:
    return annotation is not None and any(
        isinstance(part, ast.Subscript) and ast.unparse(part) in OPAQUE for part in ast.walk(annotation)
    )


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of everything that is imported from an app, also `module.name` of an imported module."""
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("apps"):
            for name in node.names:
                yield str(node.module), name.name
                modules[name.asname or name.name] = f"{node.module}.{name.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def untyped_borders(root: Path) -> list[str]:
    """Return what apps offer to others with an annotation that says nothing about the keys."""
    trees = {path: ast.parse(path.read_text()) for path in root.glob("apps/**/*.py") if "migrations" not in path.parts}
    users = defaultdict(set)
    for path, tree in trees.items():
        for use in imported(tree):
            users[use].add(path.relative_to(root).parts[1])
    found = []
    for path, tree in trees.items():
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for name, shown, given in offered(tree):
            others = users[module, name] - {path.relative_to(root).parts[1]}
            if others and module not in ALLOWED and any(map(is_opaque, given)):
                found.append(f"{module}: {shown}, used by {', '.join(sorted(others))}")
    return found


def test_what_travels_between_apps_is_typed():
    assert untyped_borders(ROOT) == []


def test_allowed_modules_exist_and_need_it():
    for module in ALLOWED:
        tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
        assert any(any(map(is_opaque, given)) for _, _, given in offered(tree)), f"{module} needs no exception"


@pytest.mark.parametrize(
    ("offer", "use"),
    [
        ("def told(x: int) -> dict[str, Any]: ...", "from apps.lower.words import told"),
        ("def told(*, x: Mapping[str, object] | None = None): ...", "from apps.lower import words\nwords.told()"),
        ("class Told:\n    more: list[dict[str, Any]]", "from apps.lower.words import Told"),
        ("class Told:\n    def all(self) -> Mapping[str, Any]: ...", "from apps.lower.words import Told as Said"),
    ],
)
def test_check_finds_each_kind_of_border(tmp_path, offer, use):
    for app, name, text in (("lower", "words", offer), ("upper", "pages", use), ("lower", "inside", use)):
        path = tmp_path / "apps" / app / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (found,) = untyped_borders(tmp_path)
    assert found.startswith("apps.lower.words: ") and found.endswith("used by upper")
    (tmp_path / "apps/upper/pages.py").write_text("")
    assert untyped_borders(tmp_path) == []
