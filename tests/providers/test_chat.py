"""Chat completions: valid responses, the single correction, and the many forms of errors."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import InputError, ProviderError
from apps.providers.chat.prompts import messages_of
from apps.providers.chat.provider import _expected
from apps.providers.chat.responses import UnusableResponse, scenes_of
from apps.providers.request_types import ScenesRequest, SongBrief, SongLine, SongSection
from tests.providers.cases import SPECS, flavor_values, scenes_request

GOOD = json.dumps(
    {
        "scenes": [
            {"description": f"shot {n}", "negative_description": "", "lipsync": n == 1, "duration": 99}
            for n in range(3)
        ]
    }
)
SHORT = json.dumps({"scenes": [{"description": "only one"}]})


@pytest.fixture
def case(make_case):
    return make_case(SPECS[0])


def collected(case, tmp_path):
    return case.provider.collect(case.submit(), capability=case.capability, into=tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Here are your scenes:\n```\n{GOOD}\n```\nEnjoy!",
        f"Sure! {GOOD} I hope that helps.",
        json.dumps(json.loads(GOOD)["scenes"]),
    ],
)
def test_json_is_extracted_from_surrounding_text(case, tmp_path, content):
    case.fake.answers.append(content)

    result = collected(case, tmp_path)

    assert [scene.description for scene in result.scenes] == ["shot 0", "shot 1", "shot 2"]
    assert [scene.duration for scene in result.scenes] == [4, 4.5, 3.5]
    assert result.scenes[0].negative_description.startswith("text, watermark")
    assert case.paid_posts == 1


def test_paid_scenes_never_contain_what_the_database_cannot_store(case, tmp_path):
    odd = [{"description": f"shot {n}\x00 \ud800", "duration": float("nan")} for n in range(3)]
    case.fake.answers.append(json.dumps({"scenes": odd}))

    result = collected(case, tmp_path)

    assert [scene.description for scene in result.scenes] == ["shot 0", "shot 1", "shot 2"]
    assert [scene.duration for scene in result.scenes] == [4, 4.5, 3.5]
    assert case.paid_posts == 1


@pytest.mark.parametrize("bad", ["not json at all", SHORT, '{"scenes": [{"lipsync": true}]}', '{"shots": []}'])
def test_one_correction_is_requested_and_both_calls_are_charged(case, tmp_path, bad):
    case.fake.answers.extend([bad, GOOD])

    result = collected(case, tmp_path)

    assert len(result.scenes) == 3
    assert case.paid_posts == 2
    assert result.facts["calls"] == 2
    last = json.loads(case.fake.log[-1].body)["messages"]
    assert [one["role"] for one in last] == ["system", "user", "assistant", "user"]
    assert last[2]["content"] == bad


def test_there_is_never_a_second_correction(case, tmp_path):
    case.fake.answers.extend(["nonsense", "more nonsense", GOOD])

    with pytest.raises(ProviderError, match="after 2 attempts") as caught:
        collected(case, tmp_path)

    assert (caught.value.permanent, caught.value.code) == (True, "unusable_answer")
    assert case.paid_posts == 2


def test_failed_correction_does_not_undo_the_first_call(case, tmp_path):
    case.fake.answers.append("nonsense")
    prepared = case.provider.prepare(case.request, key=case.key, webhook_url=None)
    case.fake.fail_next("POST", "latency", seconds=0)
    case.fake.fail_next("POST", "cut")

    status = case.provider.submit(prepared, capability=case.capability, key=case.key)

    assert status.raw["correction_error"]["outcome_unknown"]
    with pytest.raises(ProviderError) as caught:
        case.provider.collect(status, capability=case.capability, into=tmp_path)
    assert caught.value.permanent
    assert case.paid_posts == 2


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"content": None, "refusal": "I cannot write that."}, "content_refused", "I cannot write that"),
        ({"content": None, "finish_reason": "content_filter"}, "content_refused", "content filter"),
        ({"content": '{"scenes": [{"des', "finish_reason": "length"}, "truncated", "max_completion_tokens"),
        ({"content": "", "finish_reason": "length"}, "truncated", "fewer scenes"),
    ],
)
def test_responses_beyond_correction_fail_immediately(case, tmp_path, body, code, words):
    case.fake.bodies.append(case.fake.completion(body.pop("content"), **body))

    with pytest.raises(ProviderError, match=words) as caught:
        collected(case, tmp_path)

    assert (caught.value.permanent, caught.value.code) == (True, code)
    assert case.paid_posts == 1


@pytest.mark.parametrize(
    ("body", "permanent"),
    [
        ({"error": {"code": 502, "message": "the upstream is down"}}, False),
        ({"error": {"code": 400, "message": "bad prompt"}}, True),
        ({"choices": [{"finish_reason": "error", "message": {"content": ""}}], "usage": None}, False),
        ([{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}], False),
    ],
)
def test_error_inside_a_200_is_an_error(case, body, permanent):
    case.fake.bodies.append(body)

    with pytest.raises(ProviderError) as caught:
        case.submit()

    assert (caught.value.permanent, caught.value.outcome_unknown) == (permanent, False)


def test_error_in_a_list_is_read(case):
    case.fake.manners = "gemini"
    case.fake.model = "another"

    with pytest.raises(ProviderError, match="does not exist"):
        case.submit()


def test_geminis_retry_delay_is_used(case):
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "32s"}]
    error = {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": details}
    case.fake.fail_next("POST", "status", status=429, body=[{"error": error}])

    with pytest.raises(ProviderError) as caught:
        case.submit()

    assert caught.value.retry_after == 32


def test_429_for_missing_credit_is_permanent(case):
    error = {"message": "You exceeded your quota", "type": "insufficient_quota", "code": "insufficient_quota"}
    case.fake.fail_next("POST", "status", status=429, body={"error": error})

    with pytest.raises(ProviderError, match="no credit left") as caught:
        case.submit()

    assert caught.value.permanent


def test_local_server_needs_no_key_and_lost_responses_are_retried(case, settings, files):
    settings.LLM_API_KEY = ""
    case.fake.manners = "ollama"
    values = flavor_values("parameters", "scene_prompts")
    values["providers"]["chat"]["price"] |= {"per_million_input_tokens": "0", "per_million_output_tokens": "0"}
    case.request = ScenesRequest(idea="rain", number_of_scenes=2, settings=values)
    prepared = case.provider.prepare(case.request, key="k", webhook_url=None)

    assert case.provider.configured()
    assert case.provider.quote(case.request).amount == 0
    assert case.provider.find_unknown(prepared, key="k", sent_after=0) is None


def test_lost_response_of_a_paid_server_is_left_to_a_person(case):
    prepared = case.provider.prepare(case.request, key="k", webhook_url=None)

    with pytest.raises(ProviderError) as caught:
        case.provider.find_unknown(prepared, key="k", sent_after=0)

    assert caught.value.outcome_unknown


def test_cost_is_computed_from_the_servers_token_counts(case, tmp_path):
    completion = case.fake.completion(GOOD)
    completion["usage"] = {"prompt_tokens": 1_000_000, "completion_tokens": 500_000}
    case.fake.bodies.append(completion)

    assert collected(case, tmp_path).cost == Decimal("0.40") + Decimal("0.80")


def test_quote_covers_the_call_and_its_correction(case, tmp_path):
    case.fake.answers.extend(["nonsense", GOOD])

    assert collected(case, tmp_path).cost < case.provider.quote(case.request).amount


def test_json_object_mode_mentions_json(case, files):
    values = flavor_values("parameters", "scene_prompts")
    values["providers"]["chat"]["structured_output"] = "json_object"
    case.request = ScenesRequest(idea="rain", number_of_scenes=2, settings=values)

    assert case.submit().state == "succeeded"


def test_prompt_contains_idea_song_and_slots_and_keeps_other_braces(files):
    request = scenes_request(files)
    request.settings["scene_prompts"]["user"] += " {not_ours} {{x}}"
    lines = (SongLine("la\nla", -1, 3.9), SongLine("oh oh", 3.9, 6), SongLine("hey", 8.4, 12))
    chorus = (SongSection("chorus", 4, 12, 0.9),)
    song = SongBrief(12.0, tempo_bpm=96, sections=chorus, lines=lines, sung=((5, 9),))
    request = ScenesRequest("a {song} idea", slots=request.slots, song=song, settings=request.settings)

    text = messages_of(request)[1]["content"]

    assert "a {song} idea" in text
    assert '1. 0.00-4.00 s (4.00 s), sung: "la la"\n' in text
    assert '2. 4.00-8.50 s (4.50 s), chorus, energy 0.9, sung: "oh oh"\n' in text
    assert "96 beats per minute" in text
    assert "somebody sings at 5-9 s" in text
    assert "{not_ours} {{x}}" in text


def test_prompt_says_which_scenes_a_chorus_takes_up(files):
    request = scenes_request(files)
    sections = tuple(
        SongSection(label, 4.0 * number, 4.0 * number + 4, 0.5)
        for number, label in enumerate(("Verse 1", "Chorus", "Chorus", "Verse 2", "Final chorus", "outro"))
    )
    slots = tuple((4.0 * number, 4.0 * number + 4) for number in range(6))
    song = SongBrief(24.0, sections=sections, sung=())
    system, user = messages_of(replace(request, slots=slots, song=song))

    assert "2. 4.00-8.00 s (4.00 s), Chorus, energy 0.5, chorus 1 of 2\n" in user["content"]
    assert "4. 12.00-16.00 s (4.00 s), Verse 2, energy 0.5, verse 2 of 2\n" in user["content"]
    assert (
        "5. 16.00-20.00 s (4.00 s), Final chorus, energy 0.5, chorus 2 of 2, takes up scenes 2-3\n" in user["content"]
    )
    assert "6. 20.00-24.00 s (4.00 s), outro, energy 0.5" in user["content"]
    assert "nobody sings; set no lipsync" in user["content"]
    assert "takes up the scenes of its first time" in system["content"]


def test_free_lengths_are_clamped_to_the_flavors(files):
    expected = _expected(ScenesRequest("x", number_of_scenes=3, settings=flavor_values("parameters", "scene_prompts")))

    assert [scene.duration for scene in scenes_of(GOOD, expected)] == [12, 12, 12]
    with pytest.raises(UnusableResponse, match="exactly 3"):
        scenes_of(SHORT, expected)


def test_missing_model_is_reported_before_any_call(case, settings):
    settings.LLM_MODEL = ""

    with pytest.raises(InputError, match="LLM_MODEL"):
        case.submit()
    assert "LLM_MODEL" in case.provider.missing_configuration()


def sent_bodies(case):
    return [json.loads(request.body) for request in case.fake.log if request.method == "POST"]


def chat_values(**chat):
    values = flavor_values("parameters", "scene_prompts")
    values["providers"]["chat"] |= chat
    return values


def test_no_sampling_parameter_is_sent_unless_the_flavor_sets_it(case):
    case.submit()

    (body,) = sent_bodies(case)
    assert set(body) == {"model", "messages", "response_format", "max_completion_tokens"}


@pytest.mark.parametrize("manners", ["openai", "gemini", "anthropic", "fastapi"])
def test_a_refused_parameter_is_left_out_once_and_stays_out_of_the_correction(case, tmp_path, manners):
    case.fake.manners = manners
    case.fake.answers.extend(["nonsense", GOOD])
    values = chat_values(temperature=0.7, top_p=0.9)
    case.request = ScenesRequest(idea="rain", slots=((0, 4), (4, 8), (8, 12)), settings=values)

    result = collected(case, tmp_path)

    assert len(result.scenes) == 3 and result.facts["calls"] == 2
    sampled = [{"temperature", "top_p"} & set(body) for body in sent_bodies(case)]
    assert sampled == [{"temperature", "top_p"}, {"top_p"}, set(), set()]


def test_an_older_server_gets_the_older_limit(case):
    case.fake.manners, case.fake.refuses = "fastapi", frozenset({"max_completion_tokens"})

    case.submit()

    assert sent_bodies(case)[1]["max_tokens"] == 8000


def test_a_limit_that_no_name_expresses_is_an_error(case):
    case.fake.refuses = frozenset({"max_completion_tokens", "max_tokens"})

    with pytest.raises(ProviderError, match="max_tokens") as caught:
        case.submit()

    assert (caught.value.permanent, caught.value.outcome_unknown, case.paid_posts) == (True, False, 2)


def test_another_listed_model_can_be_chosen_with_its_own_price(case, tmp_path):
    price = {"per_million_input_tokens": "4", "per_million_output_tokens": "16", "dated": "2026-11-01"}
    values = chat_values(models={"fake-poet": {"title": "Poet", "max_completion_tokens": 500, "price": price}})
    usual = case.provider.quote(ScenesRequest(idea="rain", number_of_scenes=2, settings=values))
    case.fake.also.append("fake-poet")
    offers = case.provider.models(case.capability, values, today=date(2026, 11, 29))

    chosen = case.provider.with_model(case.capability, values, "fake-poet")
    case.request = ScenesRequest(idea="rain", number_of_scenes=2, settings=chosen)
    result = collected(case, tmp_path)

    assert [(offer.model, offer.title) for offer in offers] == [("fake-writer", "fake-writer"), ("fake-poet", "Poet")]
    assert result.facts["model"] == "fake-poet"
    assert sent_bodies(case)[0]["max_completion_tokens"] == 500
    assert case.provider.quote(case.request).amount != usual.amount
    assert "fake-poet, price of 2026-11-01" in case.provider.quote(case.request).basis
    with pytest.raises(InputError, match="Choose one of: fake-writer, fake-poet"):
        case.provider.with_model(case.capability, values, "fake-novelist")
