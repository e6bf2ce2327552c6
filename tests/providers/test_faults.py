"""Every failure of a paid call sets the flags that decide whether it may be sent again."""

from typing import Any

import pytest

from apps.core import http
from apps.core.errors import ProviderError
from tests.providers.cases import PAID_ROUTES, SPECS
from tests.server import closed_port

# name: (fault, expected: permanent, outcome unknown, code)
FAULTS: dict[str, tuple[dict[str, Any], Any]] = {
    "throttled": ({"kind": "status", "status": 429, "headers": {"Retry-After": "7"}}, (False, False, "rate_limited")),
    "server error": ({"kind": "status", "status": 500}, (False, True, "outcome_unknown")),
    "bad gateway": ({"kind": "status", "status": 502, "body": "<html>"}, (False, True, "outcome_unknown")),
    "cut before doing it": ({"kind": "cut"}, (False, True, "outcome_unknown")),
    "cut after doing it": ({"kind": "lose_response"}, (False, True, "outcome_unknown")),
    "a proxy's page": ({"kind": "html"}, (False, True, "outcome_unknown")),
    "no credit": ({"kind": "status", "status": 402, "body": {"detail": "pay"}}, (True, False, "no_credit")),
    "forbidden": ({"kind": "status", "status": 403}, (True, False, "key_refused")),
    "bad request": ({"kind": "status", "status": 400, "body": {"message": "bad"}}, (True, False, "refused")),
    "unprocessable": ({"kind": "status", "status": 422, "body": {"detail": "bad"}}, (True, False, "refused")),
}
PAID = [
    spec for spec in SPECS if spec.name in {"chat", "replicate-video", "sync-lipsync", "comfyui-image", "transcriber"}
]
# The others respond with the result.
POLLED = [spec for spec in PAID if spec.provider not in {"chat", "transcriber"}]


def failed_submit(case):
    prepared = case.provider.prepare(case.request, key=case.key, webhook_url=None)
    with pytest.raises(ProviderError) as caught:
        case.provider.submit(prepared, capability=case.capability, key=case.key)
    return caught.value


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("spec", PAID, ids=lambda spec: spec.name)
def test_failed_submit_says_whether_it_may_be_sent_again(spec, fault, make_case):
    case = make_case(spec)
    script, expected = FAULTS[fault]
    case.fake.fail_next(PAID_ROUTES[spec.provider], **script)

    error = failed_submit(case)

    assert (error.permanent, error.outcome_unknown, error.code) == expected
    assert len(error.message.split()) >= 5
    assert error.raw is not None
    assert case.paid_posts == 1
    assert fault != "throttled" or error.retry_after == 7


@pytest.mark.parametrize("spec", PAID, ids=lambda spec: spec.name)
def test_refused_connection_was_certainly_not_sent(spec, make_case, settings):
    case = make_case(spec)
    prepared = case.provider.prepare(case.request, key=case.key, webhook_url=None)
    setattr(settings, case.provider.url_setting, f"http://127.0.0.1:{closed_port()}")

    with pytest.raises(ProviderError) as caught:
        case.provider.submit(prepared, capability=case.capability, key=case.key)

    assert (caught.value.permanent, caught.value.outcome_unknown) == (False, False)
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("kind", ["status", "cut", "html"])
@pytest.mark.parametrize("spec", POLLED, ids=lambda spec: spec.name)
def test_failed_poll_says_nothing_about_the_work(spec, kind, make_case):
    case = make_case(spec)
    status = case.submit()
    # A web page instead of JSON is not retried immediately; a cut connection is.
    case.fake.fail_next("GET ", kind, times=1 if kind == "html" else 2, status=503)

    with pytest.raises(ProviderError) as caught:
        case.provider.poll([status.ref])

    assert (caught.value.permanent, caught.value.outcome_unknown) == (False, False)
    assert case.finish(status).state == "succeeded"
    assert case.paid_posts == 1


@pytest.mark.parametrize("spec", POLLED, ids=lambda spec: spec.name)
def test_failed_download_is_repeatable_and_submits_nothing(spec, make_case, tmp_path):
    case = make_case(spec)
    status = case.finish(case.submit())
    case.fake.fail_next("GET /(out|output|view)", "cut", times=9)

    failures = 0
    for _ in range(12):
        try:
            result = case.provider.collect(status, capability=case.capability, into=tmp_path)
            break
        except ProviderError as error:
            assert not error.permanent
            failures += 1

    assert result.files[0].path.stat().st_size > 0
    assert failures > 0
    assert case.paid_posts == 1


@pytest.mark.parametrize("spec", PAID, ids=lambda spec: spec.name)
def test_key_repeated_by_the_service_is_not_in_our_errors(spec, make_case):
    case = make_case(spec)
    key = case.provider.key or "sk-none"
    body = {"detail": f"token {key} is odd", "message": f"token {key}", "error": {"message": f"your {key} is odd"}}
    case.fake.fail_next(PAID_ROUTES[spec.provider], "status", status=400, body=body)

    error = failed_submit(case)

    if case.provider.key:
        assert key not in f"{error.message} {error.raw} {error.evidence}"
        assert "[key]" in error.message


def test_fake_can_be_controlled_over_http(make_case):
    case = make_case(POLLED[0])
    control = f"{case.fake.url}/_control"
    http.post(control, json_body={"route": PAID_ROUTES["replicate"], "kind": "status", "status": 402})

    error = failed_submit(case)

    assert error.code == "no_credit"
    assert http.get(control).json()["predictions"] == 0
