"""Both signature schemes on raw bytes, their differences, and what must be rejected."""

import hashlib
import hmac
import time

import pytest

from apps.providers.replicate.webhooks import webhook_is_genuine as replicate_genuine
from apps.providers.sync_so.webhooks import webhook_is_genuine as sync_genuine
from tests.fakes.replicate import FakeReplicate
from tests.fakes.sync_so import FakeSyncSo

BODY = '{"id":"x","error":"Größe 1.0"}'.encode()
OTHER = "whsec_b3RoZXIgc2VjcmV0"
BROKEN = ["", "t=,v1=", "garbage", "v1,", "v1,a", "v1,,", "v1a,AAAA", "ü", "nan", "-1", "1e400", "9" * 400]
BROKEN += [f"t={'9' * 400}", f"t={'9' * 5000}"]


def sync_verify(**facts):
    return sync_genuine(**facts, now=time.time())


@pytest.fixture(params=["replicate", "sync_so"])
def scheme(request):
    """Return (verify, sign, secret) of one vendor."""
    fake = FakeReplicate() if request.param == "replicate" else FakeSyncSo()
    yield (replicate_genuine if request.param == "replicate" else sync_verify), fake.sign, fake.webhook_secret
    fake._server.server_close()


def test_fresh_signature_on_the_raw_bytes_passes(scheme):
    verify, sign, secret = scheme

    assert verify(body=BODY, headers=sign(BODY), secret=secret)


@pytest.mark.parametrize("body", [BODY + b" ", BODY.replace(b"1.0", b"1"), b"", b"\xff\xfe{}"])
def test_any_other_body_fails(scheme, body):
    verify, sign, secret = scheme

    assert not verify(body=body, headers=sign(BODY), secret=secret)


@pytest.mark.parametrize("age", [301, -310, 86400])
def test_old_or_future_signature_fails(scheme, age):
    verify, sign, secret = scheme

    assert not verify(body=BODY, headers=sign(BODY, age_seconds=age), secret=secret)


def test_signature_by_another_secret_fails(scheme):
    verify, sign, secret = scheme

    assert not verify(body=BODY, headers=sign(BODY, secret=OTHER), secret=secret)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "whsec_ü", "=="])
def test_nothing_passes_without_a_valid_secret(scheme, secret):
    verify, sign, _ = scheme

    assert not verify(body=BODY, headers=sign(BODY), secret=secret)


@pytest.mark.parametrize("value", BROKEN)
def test_broken_headers_fail_quietly(scheme, value):
    verify, sign, secret = scheme

    for name in sign(BODY):
        assert not verify(body=BODY, headers=sign(BODY) | {name: value}, secret=secret)
    assert not verify(body=BODY, headers={}, secret=secret)


def test_one_matching_signature_among_several_is_enough(scheme):
    verify, sign, secret = scheme
    headers = sign(BODY)
    name, good = list(headers.items())[-1]
    headers[name] = f"v1,AAAA {good}" if name == "webhook-signature" else f"{good},v1=00"

    assert verify(body=BODY, headers=headers, secret=secret)


def test_schemes_do_not_accept_each_other():
    key = b"raw key"
    sent = str(int(time.time()))
    digest = hmac.new(key, f"{sent}.".encode() + BODY, hashlib.sha256).hexdigest()
    headers = {"webhook-id": "m", "webhook-timestamp": sent, "webhook-signature": f"v1,{digest}"}

    assert not replicate_genuine(body=BODY, headers=headers, secret="whsec_cmF3IGtleQ==")
