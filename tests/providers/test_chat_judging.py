"""Takes judged by a chat server: what it is shown, what it answers, and what it refuses."""

import base64
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from PIL import Image

from apps.core.errors import InputError, ProviderError
from apps.providers.base import TakeVerdict
from apps.providers.request_types import MediaInput
from tests.fakes.vision import images_of, message_problem, texts_of
from tests.providers.cases import SPECS

JUDGE = next(spec for spec in SPECS if spec.name == "chat-judge")


@pytest.fixture
def case(make_case):
    return make_case(JUDGE)


def judged(case, tmp_path):
    return case.provider.collect(case.submit(), capability=case.capability, into=tmp_path)


def said(*takes):
    return json.dumps({"takes": [{"take": number, **one} for number, one in enumerate(takes, start=1)]})


GOOD = {"identity": 8, "prompt": 9, "artifacts": 7, "reasons": ["face matches", "  left hand\nhas six fingers "]}


def test_frames_pictures_and_words_are_sent_and_one_call_is_charged(case, tmp_path):
    case.fake.answers.append(said(GOOD, {**GOOD, "identity": 2, "reasons": []}))

    result = judged(case, tmp_path)

    assert result.verdicts == (
        TakeVerdict(9, 7, 8, ("face matches", "left hand has six fingers")),
        TakeVerdict(9, 7, 2),
    )
    body = json.loads(case.fake.log[-1].body)
    texts = " ".join(texts_of(body["messages"]))
    assert len(images_of(body)) == 7 and "Mara walks" in texts and "Mara (character): short silver hair" in texts
    assert "Take 2, 3 frames:" in texts and case.paid_posts == 1
    assert 0 < result.cost <= case.provider.quote(case.request).amount
    # A quote is the same before the takes exist.
    unmade = tuple(replace(take, video=None, frames=()) for take in case.request.takes)
    assert case.provider.quote(replace(case.request, takes=unmade)) == case.provider.quote(case.request)


def test_identity_is_not_asked_for_without_a_picture(case, tmp_path):
    case = replace(case, request=replace(case.request, subjects=()))

    result = judged(case, tmp_path)

    assert [one.identity for one in result.verdicts] == [None, None]
    assert "identity" not in case.fake.log[-1].body.decode()


@pytest.mark.parametrize(
    "content",
    [
        "no idea",
        said(GOOD),
        said(GOOD, {**GOOD, "prompt": 85}),
        said(GOOD, {**GOOD, "prompt": -1}),
        said(GOOD, {"prompt": 3, "artifacts": 3}),
        '{"takes": [{"prompt": NaN, "artifacts": 1, "identity": 1}, {"prompt": 1, "artifacts": 1, "identity": 1}]}',
    ],
)
def test_marks_that_cannot_be_used_fail_after_one_call(case, tmp_path, content):
    case.fake.answers.append(content)

    with pytest.raises(ProviderError, match="could not be used as marks") as caught:
        judged(case, tmp_path)

    assert (caught.value.permanent, caught.value.code, case.paid_posts) == (True, "unusable_answer", 1)


@pytest.mark.parametrize("wrap", ["```json\n{}\n```", "Sure: {}"])
def test_marks_are_read_in_any_order_and_wrapping(case, tmp_path, wrap):
    second, first = {**GOOD, "take": 2, "prompt": 1}, {**GOOD, "take": 1, "prompt": 7.6}
    case.fake.answers.append(wrap.replace("{}", json.dumps({"takes": [second, first]})))

    assert [one.prompt for one in judged(case, tmp_path).verdicts] == [8, 1]


def test_a_model_that_sees_no_pictures_is_said_to_in_both_ways(case):
    case.fake.sees_images = False
    with pytest.raises(ProviderError, match="can't see pictures, so it can't judge takes") as caught:
        case.submit()
    assert (caught.value.permanent, caught.value.outcome_unknown) == (True, False)

    settings = json.loads(json.dumps(case.request.settings, default=str))
    settings["providers"]["chat"]["sees_images"] = False
    with pytest.raises(InputError, match="fake-writer can't see pictures"):
        case.provider.quote(replace(case.request, settings=settings))


def test_a_picture_that_is_too_large_is_never_sent(case, tmp_path):
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff\xd8" + bytes(1_000_001))
    take = replace(case.request.takes[0], frames=(MediaInput(large, "image/jpeg"),))

    with pytest.raises(InputError, match="too large"):
        case.provider.prepare(replace(case.request, takes=(take,)), key=case.key, webhook_url=None)

    assert case.provider.quote(case.request).amount < Decimal("0.05")


def data_url(kind="jpeg", size=(64, 36)):
    held = io.BytesIO()
    Image.new("RGB", size).save(held, kind)
    return f"data:image/{kind};base64,{base64.b64encode(held.getvalue()).decode()}"


def image(**facts):
    return {"type": "image_url", "image_url": {"url": data_url(), **facts}}


@pytest.mark.parametrize(
    ("part", "role", "words"),
    [
        (image(detail="high"), "user", ""),
        (image(detail="huge"), "user", "Unknown parameter"),
        (image(size=1), "user", "Unknown parameter"),
        (image(), "system", "not allowed"),
        (image(), "tool", "Supported values"),
        (image(url="http://example.com/a.jpg"), "user", "Invalid 'image_url'"),
        (image(url="https://example.com/a.jpg"), "user", ""),
        (image(url="file:///etc/passwd"), "user", "Invalid 'image_url'"),
        (image(url="data:image/jpeg;base64,AAAA"), "user", "Invalid 'image_url'"),
        (image(url=data_url("png").replace("png", "jpeg")), "user", "Invalid 'image_url'"),
        (image(url=data_url(size=(2400, 100))), "user", "too large"),
        ({"type": "input_image", "image_url": "x"}, "user", "Invalid content part"),
        ({"type": "text", "text": "a", "more": 1}, "user", "Invalid content part"),
    ],
)
def test_the_fake_refuses_what_vendors_refuse(part, role, words):
    problem = message_problem({"role": role, "content": [part]}, sees_images=True)
    assert words in problem and bool(words) == bool(problem)
