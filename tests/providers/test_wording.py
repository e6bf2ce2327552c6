import pytest

from apps.providers.base import ImageRequest, VideoRequest
from apps.providers.wording import flavored_prompt

TEMPLATES = {
    "image_prompts": {"scene": "{prompt} On film.", "character_reference": "Sheet of {character_description}."}
}


@pytest.mark.parametrize(
    ("purpose", "sent"), [("scene", "A fox {x} On film."), ("character_reference", "Sheet of A fox {x}.")]
)
def test_an_image_prompt_stands_in_the_flavors_words(purpose, sent):
    assert flavored_prompt(ImageRequest("A fox {x}", 8, 8, purpose=purpose, settings=TEMPLATES)) == sent


def test_a_clips_prompt_ends_in_the_flavors_words():
    request = VideoRequest("A fox.", 8, 8, 8, settings={"prompt_suffix": "Slow camera."})

    assert flavored_prompt(request) == "A fox. Slow camera."


def test_settings_without_words_leave_the_prompt_alone():
    assert flavored_prompt(ImageRequest("A fox", 8, 8)) == "A fox"
    assert flavored_prompt(VideoRequest("A fox", 8, 8, 8)) == "A fox"
