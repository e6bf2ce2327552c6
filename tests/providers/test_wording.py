import pytest

from apps.providers.request_types import ImageRequest, VideoRequest
from apps.providers.wording import flavored_prompt

TEMPLATES = {
    "image_prompts": {"scene": "{prompt} On film.", "character_reference": "Sheet of {character_description}."}
}


@pytest.mark.parametrize(
    ("purpose", "sent"), [("scene", "A fox {x} On film."), ("character_reference", "Sheet of A fox {x}.")]
)
def test_image_prompt_uses_the_flavors_template(purpose, sent):
    assert flavored_prompt(ImageRequest("A fox {x}", 8, 8, purpose=purpose, settings=TEMPLATES)) == sent


def test_clip_prompt_ends_with_the_flavors_suffix():
    request = VideoRequest("A fox.", 8, 8, 8, settings={"prompt_suffix": "Slow camera."})

    assert flavored_prompt(request) == "A fox. Slow camera."


def test_settings_without_text_leave_the_prompt_unchanged():
    assert flavored_prompt(ImageRequest("A fox", 8, 8)) == "A fox"
    assert flavored_prompt(VideoRequest("A fox", 8, 8, 8)) == "A fox"
