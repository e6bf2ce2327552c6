"""What every remote provider must do, tested against its fake and (with a key) against the real service."""

import json

import pytest

from apps.core.errors import ProviderError
from apps.providers.base import PreparedSubmit, RemoteRef, RemoteState
from engines.media.probe import probe_media

STRANGERS = {
    "replicate": "aaaabbbbccccddddeeeeffff00",
    "sync_so": "00000000-0000-4000-8000-000000000000",
    "comfyui": "00000000-0000-4000-8000-000000000000",
    "chat": "mv-nothing-1",
    "transcriber": "mv-nothing-1",
}


def test_one_submit_leads_to_real_files_scenes_or_words(case, tmp_path):
    status = case.finish(case.submit())
    into = tmp_path / "out"
    into.mkdir()

    result = case.provider.collect(status, capability=case.capability, into=into)

    assert status.state == RemoteState.SUCCEEDED
    if case.capability == "scenes":
        assert [scene.duration for scene in result.scenes] == [4, 4.5, 3.5]
        assert all(scene.description for scene in result.scenes)
    elif case.capability == "judge":
        assert len(result.verdicts) == 2
        assert all(0 <= mark <= 10 for one in result.verdicts for mark in (one.identity, one.prompt, one.artifacts))
    elif case.capability == "transcription":
        # What the real service hears in a tone is its own affair.
        assert case.fake is None or [word.text for word in result.words] == ["hold", "me", "now"]
    else:
        kinds = {"image": "image", "vocals": "audio"}
        assert {probe_media(made.path).kind for made in result.files} == {kinds.get(case.capability, "video")}
        role = case.capability if case.capability in kinds else "video"
        assert all(made.path.is_relative_to(into) and made.role == role for made in result.files)
    assert case.paid_posts == 1


def test_collecting_twice_gives_the_same_and_submits_nothing(fake_case, tmp_path):
    status = fake_case.finish(fake_case.submit())

    results = [fake_case.provider.collect(status, capability=fake_case.capability, into=tmp_path) for _ in range(2)]

    assert [made.path.name for made in results[0].files] == [made.path.name for made in results[1].files]
    assert (results[0].scenes, results[0].words) == (results[1].scenes, results[1].words)
    assert fake_case.paid_posts == 1


def test_preparing_is_free_and_repeatable(fake_case):
    first, second = (
        fake_case.provider.prepare(fake_case.request, key=fake_case.key, webhook_url=None) for _ in range(2)
    )

    assert first.model == second.model
    assert fake_case.paid_posts == 0


def test_prepared_submit_survives_storage_as_json(fake_case):
    prepared = fake_case.provider.prepare(fake_case.request, key=fake_case.key, webhook_url=None)
    stored = PreparedSubmit(json.loads(json.dumps(prepared.payload)), prepared.model, prepared.mark)

    status = fake_case.provider.submit(stored, capability=fake_case.capability, key=fake_case.key)

    assert fake_case.finish(status).state == RemoteState.SUCCEEDED


def test_quote_is_free_and_explained(fake_case):
    quote = fake_case.provider.quote(fake_case.request)

    assert quote.amount >= 0
    assert quote.amount > 0 or fake_case.provider.name == "comfyui"
    assert "price of 20" in quote.basis or fake_case.provider.name == "comfyui"
    assert fake_case.paid_posts == 0


def test_unknown_work_is_not_found(case):
    ref = RemoteRef(case.provider.name, STRANGERS[case.provider.name])

    assert case.provider.poll([ref])[ref].state == RemoteState.NOT_FOUND


def test_cancelling_finished_work_is_not_an_error(fake_case):
    status = fake_case.finish(fake_case.submit())

    fake_case.provider.cancel(status.ref)

    assert fake_case.paid_posts == 1


def test_key_works(case):
    assert any(word in case.provider.check_key() for word in ("works", "responds"))


def test_polling_many_at_once_finds_each(fake_case):
    statuses = []
    for number in range(4):
        fake_case.key = f"mv-many-{number}"
        statuses.append(fake_case.submit())

    found = fake_case.provider.poll([status.ref for status in statuses])

    assert set(found) == {status.ref for status in statuses}


def test_wrong_key_error_names_the_setting(fake_case, settings):
    if fake_case.provider.key_setting is None:
        pytest.skip("it has no key")
    prepared = fake_case.provider.prepare(fake_case.request, key=fake_case.key, webhook_url=None)
    setattr(settings, fake_case.provider.key_setting, "sk-wrong-key-that-must-not-show")

    with pytest.raises(ProviderError) as caught:
        fake_case.provider.submit(prepared, capability=fake_case.capability, key=fake_case.key)

    error = caught.value
    assert (error.permanent, error.outcome_unknown, error.code) == (True, False, "key_refused")
    assert fake_case.provider.key_setting in error.message
    assert "must-not-show" not in f"{error.message}{error.raw}{error.evidence}"


def test_missing_configuration_says_what_to_set(fake_case, settings):
    for name in (fake_case.provider.url_setting, fake_case.provider.key_setting):
        if name:
            setattr(settings, name, "")

    assert not fake_case.provider.configured()
    assert (fake_case.provider.key_setting or fake_case.provider.url_setting) in (
        fake_case.provider.missing_configuration()
    )
