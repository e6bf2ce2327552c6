"""The tests named in docs/one-charge.md exist."""

import re
from pathlib import Path

from django.conf import settings

TESTS = Path(settings.BASE_DIR, "tests/jobs")


def test_each_promise_has_its_test():
    page = Path(settings.BASE_DIR, "docs/one-charge.md").read_text()
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    files = {path.name: path.read_text() for path in TESTS.rglob("test_*.py")}

    assert len(named) > 20
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in files.get(file, "")] == []
