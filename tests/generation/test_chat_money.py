"""A chat server's token count never spends more than was reserved."""

import json
from decimal import Decimal

import pytest

from apps.jobs import money
from apps.jobs.models import SpendingAccount
from tests.fakes.chat import FakeChat

pytestmark = pytest.mark.django_db(transaction=True)
SCENE = {"description": "a pier", "negative_description": "", "lipsync": False, "duration": 4}
SCENES = json.dumps({"scenes": [SCENE]})


@pytest.fixture
def chat(settings):
    with FakeChat() as fake:
        settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = fake.base_url, fake.key, fake.model
        settings.ALLOWED_FETCH_HOSTS = [fake.url.removeprefix("http://")]
        yield fake


def chat_reply(chat, usage):
    completion = chat.completion(SCENES)
    del completion["usage"]
    chat.bodies.append(completion | ({} if usage is None else {"usage": usage}))


def written(api, run_job):
    body = {"idea": "a walk on a pier", "number_of_scenes": 1, "provider": "chat"}
    made = api.post("/api/mv/create_scenes", body, content_type="application/json")
    assert made.status_code == 202, made.content
    return run_job(made.json()["id"])


def spending(user):
    account = SpendingAccount.objects.get(scope=money.user_scope(user.pk))
    return account.spent, account.reserved


def test_a_forged_count_spends_no_more_than_reserved_and_is_reported(api, user, chat, run_job, caplog):
    money.cap_set(scope=money.user_scope(user.pk), cap=Decimal("0.05"))
    chat_reply(chat, {"prompt_tokens": 50, "completion_tokens": 5_000_000})
    job = written(api, run_job)
    assert job.state == "succeeded", job.error
    assert job.quoted_cost < Decimal("0.05")
    assert (job.cost, *spending(user)) == (job.quoted_cost, job.quoted_cost, 0)
    events = [event for event in api.get(f"/api/jobs/{job.pk}").json()["events"] if "reserved" in event["message"]]
    assert "$8.00" in events[0]["message"]
    assert [r.levelname for r in caplog.records if "cost_above_reservation" in str(r.msg)] == ["ERROR"]


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {"prompt_tokens": -5_000_000, "completion_tokens": 10},
        {"prompt_tokens": 10, "completion_tokens": -1},
        {"prompt_tokens": float("nan"), "completion_tokens": 10},
        {"prompt_tokens": 10, "completion_tokens": float("inf")},
        {"prompt_tokens": "10", "completion_tokens": "20"},
        {"prompt_tokens": "lots", "completion_tokens": 20},
        {"prompt_tokens": True, "completion_tokens": 20},
        {"prompt_tokens": [10], "completion_tokens": {}},
        {"prompt_tokens": 10**40, "completion_tokens": 10**40},
        {"prompt_tokens": 10.5, "completion_tokens": 20},
        {},
        [],
        "12 tokens",
    ],
)
def test_an_invalid_count_costs_what_was_reserved(api, user, chat, run_job, usage):
    chat_reply(chat, usage)
    job = written(api, run_job)
    assert job.state == "succeeded", job.error
    assert (job.cost, *spending(user)) == (job.quoted_cost, job.quoted_cost, 0)


@pytest.mark.parametrize("odd", ["\x00", "\ud83c", float("nan"), "1e999"])
def test_a_paid_response_with_odd_characters_is_kept(api, chat, run_job, odd):
    completion = chat.completion(SCENES)
    completion["system_fingerprint"] = float("inf") if odd == "1e999" else odd
    chat.bodies.append(completion)
    assert written(api, run_job).state == "succeeded"


def test_an_honest_count_releases_the_rest(api, user, chat, run_job):
    chat_reply(chat, {"prompt_tokens": 1000, "completion_tokens": 500})
    job = written(api, run_job)
    assert job.cost == Decimal("0.0012") < job.quoted_cost
    assert spending(user) == (Decimal("0.0012"), 0)


@pytest.mark.parametrize("idea", ["rain", "夜の雨の中を歩く " * 200, "🌃🎸" * 500, "a" * 4000])
def test_the_reservation_covers_the_longest_response_and_its_correction(api, chat, idea):
    body = {"idea": idea, "number_of_scenes": 1, "provider": "chat"}
    quote = api.post("/api/mv/create_scenes/quote", body, content_type="application/json").json()
    longest = 8000  # the flavor's max_completion_tokens, which is always sent
    most = Decimal(2 * longest) * Decimal("1.60") / 1_000_000
    assert Decimal(quote["amount"]) > most + Decimal(2 * len(idea) // 3) * Decimal("0.40") / 1_000_000
