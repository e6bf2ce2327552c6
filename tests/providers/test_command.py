"""`manage.py providers` reports each provider's state and makes no unnecessary calls."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.providers.cases import SPECS


def listed(**options):
    out = StringIO()
    call_command("providers", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def replicate(make_case):
    return make_case(next(spec for spec in SPECS if spec.name == "replicate-image"))


def test_it_lists_missing_settings_and_capabilities():
    text = listed(offline=True)

    assert "Set REPLICATE_API_TOKEN to use Replicate." in text
    assert "Set COMFYUI_URL" in text
    assert "can: image, lipsync, video" in text


def test_it_makes_one_free_call_to_a_configured_service(replicate):
    assert "ready: the key works, account fake" in listed()
    assert replicate.fake.count("GET /v1/account") == 1
    assert replicate.paid_posts == 0


def test_rejected_key_is_reported(replicate, settings):
    settings.REPLICATE_API_TOKEN = "r8_wrong"

    text = listed()

    assert "configured, but: Replicate did not accept the key" in text
    assert "r8_wrong" not in text


def test_offline_makes_no_calls(replicate):
    listed(offline=True)

    assert not replicate.fake.log
