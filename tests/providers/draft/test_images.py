import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from apps.core.errors import InputError
from apps.providers.draft.images import read_character, read_recipe, read_texts, storyboard_image
from apps.providers.request_types import ImageRequest, MediaInput

PROMPT = "Close-up of Mara in a red coat on a street at night. The camera pans left."


@pytest.fixture
def image_request(settings_for):
    return ImageRequest(PROMPT, 320, 180, settings=settings_for("default", "image"))


def pixels_of(result, number=0):
    return np.asarray(Image.open(result.files[number].path).convert("RGB")).astype(int)


def difference(one, other):
    return np.abs(one - other).mean()


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (240, 240), (256, 320)])
def test_frame_has_the_requested_size(make, image_request, size):
    result = make(replace(image_request, width=size[0], height=size[1]))

    assert Image.open(result.files[0].path).size == size
    assert result.files[0].content_type == "image/png"


def test_same_request_gives_the_same_image(make, image_request):
    one, two = make(image_request), make(image_request)

    assert one.files[0].path.read_bytes() == two.files[0].path.read_bytes()


@pytest.mark.parametrize(
    "prompt",
    [
        "Close-up of Mara in a red coat in a room by the window. The camera pans left.",
        "Wide shot of Mara in a red coat on a street at night. The camera pans left.",
        "Close-up of Mara in a blue dress on a street at night. The camera pans left.",
        "Close-up of Mara in a red coat on a street in daylight. The camera pans left.",
    ],
)
def test_another_place_shot_dress_or_light_looks_different(make, image_request, prompt):
    assert difference(pixels_of(make(image_request)), pixels_of(make(replace(image_request, prompt=prompt)))) > 4


@pytest.mark.parametrize("flavor", ["cinematic", "vlog_style", "example"])
def test_each_flavor_has_its_own_look(make, image_request, settings_for, flavor):
    other = replace(image_request, settings=settings_for(flavor, "image"))

    assert difference(pixels_of(make(image_request)), pixels_of(make(other))) > 15


def test_another_seed_gives_another_composition(make, image_request):
    assert difference(pixels_of(make(image_request)), pixels_of(make(replace(image_request, seed=9)))) > 1


def test_frame_keeps_its_recipe(make, image_request):
    recipe = read_recipe(make(image_request).files[0].path)

    assert (recipe.prompt, recipe.seed) == (PROMPT, 0)


def test_character_sheet_determines_the_clothes_in_scenes(make, image_request):
    plain = replace(image_request, prompt="Medium shot of Mara by the sea.")
    sheet = make(replace(image_request, prompt="Mara in a green dress, white hair", purpose="character_reference"))
    reference = MediaInput(sheet.files[0].path, "image/png")

    assert read_character(reference.path).garment == "dress"
    scene = make(replace(plain, character_reference=reference))

    assert difference(pixels_of(make(plain)), pixels_of(scene)) > 1
    assert read_recipe(scene.files[0].path).person.garment == "dress"


def test_several_sheets_show_several_people(make, image_request):
    result = make(replace(image_request, prompt="a dancer", purpose="character_reference", num_images=2))

    assert difference(pixels_of(result, 0), pixels_of(result, 1)) > 1


def test_reference_photo_lends_its_colors_and_is_never_shown(make, image_request, tmp_path):
    """Our own sheet without its note is a picture like any other, with a face that the search finds."""
    sheet = make(replace(image_request, prompt="a man, ginger hair, green coat", purpose="character_reference"))
    photo = tmp_path / "photo.png"
    Image.fromarray(pixels_of(sheet).astype(np.uint8)).resize((960, 540)).save(photo)

    scene = make(replace(image_request, character_reference=MediaInput(photo, "image/png")))

    recipe = read_recipe(scene.files[0].path)
    red, green, blue = bytes.fromhex(recipe.person.garment_color[1:])
    assert green > red + 20
    assert green > blue + 20
    red, green, blue = bytes.fromhex(recipe.person.hair_color[1:])
    assert red > green + 40
    # The frame is what is painted from those colors, and nothing else.
    drawn = tmp_path / "drawn.png"
    storyboard_image(recipe, width=320, height=180, into=drawn)
    assert drawn.read_bytes() == scene.files[0].path.read_bytes()


def test_reference_that_is_not_an_image_is_refused(make, image_request, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"nonsense")

    with pytest.raises(InputError, match="can't be read"):
        make(replace(image_request, character_reference=MediaInput(broken, "image/png")))


def test_forged_recipe_is_treated_as_a_plain_image(tmp_path):
    info = PngInfo()
    info.add_text("mvsite-storyboard", '{"prompt": 1, "seed": "x", "look": {}}')
    forged = tmp_path / "forged.png"
    Image.fromarray(np.zeros((90, 160, 3), np.uint8)).save(forged, pnginfo=info)

    assert read_recipe(forged) is None


@pytest.mark.parametrize("contrast", [1.2, 1.6])
def test_contrast_never_makes_dark_areas_lighter(make, settings_for, contrast):
    settings = settings_for("cinematic", "image")
    draft = settings["providers"]["draft"]
    look = draft["look"] | {"grain": 0, "texture": "smooth", "vignette": 0, "bars": 0}
    request = ImageRequest("A dark road at midnight, nobody there.", 320, 180, seed=2)

    def drawn(value):
        changed = {"providers": {"draft": draft | {"look": look | {"contrast": value}}}}
        return pixels_of(make(replace(request, settings=settings | changed)))

    plain, strong = drawn(1.0), drawn(contrast)
    dark = plain.max(axis=2) < 60
    assert dark.mean() > 0.1
    assert (strong[dark] <= plain[dark] + 1).all()


def test_picture_of_another_version_of_the_painter_is_filmed_as_it_is(make, image_request, tmp_path):
    drawn = make(image_request).files[0].path
    info = PngInfo()
    info.add_itxt("mvsite-storyboard", re.sub(r'"version":\d+', '"version":1', read_texts(drawn)["mvsite-storyboard"]))
    old = tmp_path / "old.png"
    Image.open(drawn).save(old, pnginfo=info)

    assert read_recipe(drawn) is not None
    assert read_recipe(old) is None
