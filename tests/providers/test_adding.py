"""Adding a provider only touches its folder, and no other code names a provider."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from apps.providers.registry import PROVIDERS

ROOT = Path(__file__).resolve().parents[2]
CODE = ("apps", "embedded", "engines", "launcher", "mvsite", "static/js", "templates", "workers")
# A composition's quality and a project's state have the same name.
OTHER_DRAFTS = re.compile(r'"draft", "standard"|"draft": Encoding|DRAFT = "draft"|"draft": "draft quality"')


@pytest.mark.processes
def test_provider_only_needs_a_folder():
    environment = {**os.environ, "PAPER_SHEETS": "500"}
    for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL"):  # it starts its own
        environment.pop(name, None)
    command = [sys.executable, "-m", "pytest", "-p", "tests.providers.added.plugin", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [*command, "tests/providers/added/checks.py"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "passed" in done.stdout


def names_of(provider):
    """Return patterns that only the provider's own folder may contain: its name, title and variables."""
    yield rf"""["']{provider.name}["']|\bproviders[./]{provider.name}\b"""
    if not provider.label:  # the title is a proper name; "draft" and "chat" are ordinary words
        yield from (rf"\b{re.escape(name)}\b" for name in (provider.name, provider.title, type(provider).__name__))
    settings = f"apps.providers.{provider.name}.settings"
    if importlib.util.find_spec(settings):
        yield from (rf"\b{variable.name}\b" for variable in importlib.import_module(settings).VARIABLES)


def code_outside_of_providers():
    own = ROOT / "apps" / "providers"
    for path in (path for name in CODE for path in (ROOT / name).rglob("*")):
        inside = path.is_relative_to(own) and path.parent != own
        if not inside and path.suffix in {".py", ".js", ".html"}:
            yield path


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_no_other_code_names_a_provider(provider):
    named = re.compile("|".join(names_of(provider)))
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in code_outside_of_providers()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if named.search(OTHER_DRAFTS.sub("", line))
    ]
    assert not found, "\n".join(found)
