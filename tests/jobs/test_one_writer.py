"""Rules about the source code that can't be checked at run time."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("apps", "workers") for path in (ROOT / folder).rglob("*.py")]


def job_state_writes(path: Path) -> list[int]:
    """Return the lines that assign a job's `.state` or call `update(state=…)` on Job rows."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text())):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AugAssign | ast.AnnAssign)
            else []
        )
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            lines += [part.lineno for part in parts if isinstance(part, ast.Attribute) and part.attr == "state"]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            lines += [node.lineno for keyword in node.keywords if keyword.arg == "state"]
    return lines


def test_only_the_job_services_write_a_state():
    writers = {str(path.relative_to(ROOT)) for path in SOURCES if job_state_writes(path)}
    assert writers == {"apps/jobs/services.py"}


def test_the_job_services_assign_the_state_in_one_place():
    assert len(job_state_writes(ROOT / "apps/jobs/services.py")) == 1


def test_providers_are_submitted_to_in_one_place():
    """`RemoteProvider.submit` is only called after `submit_authorize`."""
    callers: dict[str, set[str]] = {}
    for path in SOURCES:
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                    continue
                whose = node.func.value
                if node.func.attr == "submit" and isinstance(whose, ast.Name) and "provider" in whose.id:
                    callers.setdefault(str(path.relative_to(ROOT)), set()).add(function.name)
    assert callers == {"apps/jobs/remote.py": {"_send"}}


def test_a_jobs_parameters_are_read_and_written_through_their_models():
    """Nobody else looks into the JSON on the row."""
    readers = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "parameters":
                owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
                readers |= {str(path.relative_to(ROOT))} if owner in {"job", "run"} else set()
    assert readers == {"apps/jobs/parameters.py"}
