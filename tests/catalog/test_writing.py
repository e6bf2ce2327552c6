"""`models_check --write` changes only what it found, in the flavors' own files."""

import shutil
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from apps.flavors.entry_text import entry_set
from apps.flavors.yaml_text import flavor_yaml

CONFIGS = Path(django_settings.BASE_DIR) / "configs"
TEXT = """\
# kept
models:
  a/one:                 # the first
    title: One           # shown
    retires: 2027-01-01  # said in spring
    inputs: {prompt: prompt}

  b/two: {title: Two}
"""


def test_only_the_wanted_rows_change():
    edited = entry_set(TEXT, ("models", "a/one"), {"checked": date(2026, 11, 29), "retires": date(2026, 12, 1)})

    assert edited == TEXT.replace("shown\n", "shown\n    checked: 2026-11-29\n").replace("2027-01-01", "2026-12-01")
    again = entry_set(edited, ("models", "a/one"), {"checked": date(2026, 11, 29)})
    assert again == edited


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (("models", "b/two"), {"checked": date(2026, 11, 29)}),  # in one line
        (("models", "c/three"), {"checked": date(2026, 11, 29)}),
        (("models", "a/one"), {"successor": "a: b"}),
        (("models", "a/one"), {"inputs": "x"}),
    ],
)
def test_what_cannot_be_edited_safely_is_left_to_a_person(path, values):
    assert entry_set(TEXT, path, values) is None


@pytest.mark.django_db(transaction=True)
def test_command_writes_dates_and_retirements_and_keeps_comments(replicate, settings, tmp_path):
    settings.CONFIGS_DIR = tmp_path / "configs"
    shutil.copytree(CONFIGS, settings.CONFIGS_DIR)
    path = settings.CONFIGS_DIR / "default" / "video_params.yaml"
    before = path.read_text()
    del replicate.models["google/veo-3.1"]
    told = StringIO()

    with pytest.raises(SystemExit):
        call_command("models_check", "--provider", "replicate", "--write", stdout=StringIO(), stderr=told)

    after = path.read_text()
    entries = flavor_yaml(after)[0]["providers"]["replicate"]["models"]
    today = date.today()
    assert entries["google/veo-3.1"]["retires"] == today
    assert entries["wan-video/wan-2.7-t2v"]["checked"] == entries["google/veo-3.1-fast"]["checked"] == today
    assert [line for line in before.splitlines() if "#" in line] == [line for line in after.splitlines() if "#" in line]
    assert f"{path}: " in told.getvalue() and "entries written" in told.getvalue()
    others = [name for name in ("cinematic", "example") if (CONFIGS / name / "video_params.yaml").exists()]
    for name in others:  # they inherit the models
        own = (settings.CONFIGS_DIR / name / "video_params.yaml").read_text()
        assert own == (CONFIGS / name / "video_params.yaml").read_text()
