"""`manage.py providers` tells the truth about each provider and calls nobody whom it need not."""

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
    return make_case(SPECS[1])


def test_it_lists_what_is_missing_and_what_each_can_do():
    text = listed(offline=True)

    assert "Set REPLICATE_API_TOKEN to use Replicate." in text
    assert "Set COMFYUI_URL" in text
    assert "can: image, lipsync, video" in text


def test_it_asks_a_configured_service_once_for_nothing(replicate):
    assert "ready: the key works, account fake" in listed()
    assert replicate.fake.count("GET /v1/account") == 1
    assert replicate.paid_posts == 0


def test_a_key_that_does_not_answer_is_said_so(replicate, settings):
    settings.REPLICATE_API_TOKEN = "r8_wrong"

    text = listed()

    assert "configured, but: Replicate did not accept the key" in text
    assert "r8_wrong" not in text


def test_offline_calls_nobody(replicate):
    listed(offline=True)

    assert not replicate.fake.log
