"""Fixtures: small inputs, a fake per test, and the settings that point at it."""

import json
import os

import pytest

from tests.providers.cases import SPECS, WORKFLOWS, Files, LiveFiles, case_of, fake_of, live_settings, settings_of


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "inputs"
    folder.mkdir()
    return Files(folder)


@pytest.fixture
def workflows(settings, tmp_path):
    """A flavor folder with ComfyUI workflows."""
    folder = tmp_path / "configs" / "test"
    folder.mkdir(parents=True)
    for name, graph in WORKFLOWS.items():
        (folder / f"{name}.json").write_text(json.dumps(graph))
    settings.CONFIGS_DIR = folder.parent
    return folder


@pytest.fixture
def make_case(settings, files, workflows):
    """Build the case of a spec against a fresh fake; the fakes stop with the test."""
    fakes = []

    def make(spec):
        fake = fake_of(spec.provider)
        fakes.append(fake)
        for name, value in settings_of(fake).items():
            setattr(settings, name, value)
        return case_of(spec, files, fake)

    yield make
    for fake in fakes:
        fake.stop()


@pytest.fixture(params=list(SPECS), ids=lambda spec: spec.name)
def fake_case(request, make_case):
    return make_case(request.param)


@pytest.fixture(
    params=[
        *(pytest.param((spec, False), id=spec.name) for spec in SPECS),
        *(
            pytest.param((spec, True), id=f"{spec.name}-live", marks=pytest.mark.live)
            for spec in SPECS
            if spec.live_variables
        ),
    ]
)
def case(request, make_case, settings, files, workflows):
    """Every case against its fake, and against the real service if `LIVE_…` variables have a key for it."""
    spec, live = request.param
    if not live:
        return make_case(spec)
    missing = [name for name in spec.live_variables if not os.environ.get(name)]
    if missing:
        pytest.skip(f"set {' and '.join(missing)}")
    for name, value in live_settings(spec).items():
        setattr(settings, name, value)
    live_files = LiveFiles(files.folder) if "LIVE_FACE_VIDEO" in spec.live_variables else files
    return case_of(spec, live_files, None)
