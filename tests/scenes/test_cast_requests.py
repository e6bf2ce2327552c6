"""Three people in changing pairs and two places: each request holds exactly their pictures, as its model wants them."""

import io

import pytest
from PIL import Image

from apps.projects.models import SubjectPicture
from tests.factories import make_clip, make_project, make_scenes, make_subject, store_asset

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = {"Mara": "#cc2222", "Jon": "#22cc22", "Ida": "#2222cc"}
PLACES = {"Harbor": "#cccc22", "Rooftop": "#22cccc"}
FILM = [("Mara", "Jon", "Harbor"), ("Rooftop", "Jon", "Ida"), ("Ida", "Mara", "Harbor")]
# Characters first, then the place, whatever the order of the scene's list.
IN_ORDER = [["Mara", "Jon", "Harbor"], ["Jon", "Ida", "Rooftop"], ["Ida", "Mara", "Harbor"]]
LEADS = [["Mara"], ["Jon"], ["Ida"]]


def picture(color):
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def film(user, no_delays):
    """The project, and whose picture some bytes are."""
    project = make_project(user, providers={"image": "replicate", "video": "replicate"})
    subjects, shown = {}, {}
    for name, color in {**PEOPLE, **PLACES}.items():
        kind = "character" if name in PEOPLE else "place"
        subjects[name] = make_subject(project, name, kind=kind, description="", never_change="")
        content = picture(color)
        asset = store_asset(user, content, kind="image", suffix=".png")
        SubjectPicture.objects.create(subject=subjects[name], asset=asset, origin="uploaded", position=0)
        shown[content] = name
    make_scenes(project, "4", "4", "4")
    return project, subjects, shown


def scene_url(project, number, what=""):
    return f"/api/mv/projects/{project.pk}/scenes/{number}{what}"


def cast(api, project, subjects):
    for number, names in enumerate(FILM, start=1):
        ids = [str(subjects[name].pk) for name in names]
        scene = api.patch(scene_url(project, number), {"subjects": ids}, content_type="application/json").json()
        assert scene["subjects"] == ids


def sent(api, run_job, replicate, shown, project, number, what, model):
    """Return the input of the scene's request, with names in place of the pictures' links."""
    body = {"provider": "replicate", "model": model}
    response = api.post(scene_url(project, number, what), body, content_type="application/json")
    assert response.status_code == 202, response.json()
    job = run_job(response.json()["id"])
    assert job.state == "waiting", job.error
    prediction = max(replicate.predictions.values(), key=lambda one: one.created)
    project.scenes.update(job=None)
    type(job).objects.filter(pk=job.pk).update(state="cancelled", finished_at=job.created_at, dedupe_key="")
    return {name: named(value, replicate, shown) for name, value in prediction.input.items()}


def named(value, replicate, shown):
    if isinstance(value, list):
        return [named(one, replicate, shown) for one in value]
    if isinstance(value, str) and "/files/" in value:
        return shown[replicate.files[value.rsplit("/", 1)[1]][0]]
    return value


@pytest.mark.parametrize(
    ("what", "model", "field", "wanted", "tag"),
    [
        ("/generate_image", "google/nano-banana-2", "image_input", IN_ORDER, "Image 1 shows {}."),
        ("/generate_image", "black-forest-labs/flux-2-pro", "input_images", IN_ORDER, "Image 1 shows {}."),
        ("/generate_image", "black-forest-labs/flux-kontext-pro", "input_image", LEADS, ""),
        ("/generate_image", "ideogram-ai/ideogram-character", "character_reference_image", LEADS, ""),
        ("/generate_video", "kwaivgi/kling-v3-omni-video", "reference_images", IN_ORDER, "<<<image_1>>> shows {}."),
        ("/generate_video", "bytedance/seedance-2.0", "reference_images", IN_ORDER, "[Image1] shows {}."),
    ],
)
def test_each_request_holds_exactly_its_scenes_pictures(api, run_job, replicate, film, what, model, field, wanted, tag):
    project, subjects, shown = film
    cast(api, project, subjects)
    for number, names in enumerate(wanted, start=1):
        given = sent(api, run_job, replicate, shown, project, number, what, model)

        pictures = {name: value for name, value in given.items() if value in shown.values() or isinstance(value, list)}
        assert pictures == {field: names if field.endswith("s") or field == "image_input" else names[0]}
        if tag:
            assert tag.format(names[0]) in given["prompt"]
        else:
            assert "shows" not in given["prompt"]


def test_too_many_pictures_leave_out_the_least_important_and_say_so(api, run_job, replicate, film):
    project, subjects, shown = film
    project.scenes.update(duration="8")
    ids = [str(subjects[name].pk) for name in ("Harbor", "Mara", "Jon", "Ida")]
    api.patch(scene_url(project, 1), {"subjects": ids}, content_type="application/json")

    told = api.get(scene_url(project, 1, "/pictures?capability=video&model=google/veo-3.1")).json()
    assert [one["name"] for one in told["sent"]] == ["Mara", "Jon", "Ida"]
    assert [one["name"] for one in told["left_out"]] == ["Harbor"]
    assert "3" in told["note"] and "Harbor" in told["note"]
    given = sent(api, run_job, replicate, shown, project, 1, "/generate_video", "google/veo-3.1")
    assert given["reference_images"] == ["Mara", "Jon", "Ida"]
    assert "show, in this order: Mara, Jon, Ida." in given["prompt"]


@pytest.mark.parametrize(
    ("seconds", "ratio", "why"),
    [
        ("2", "16:9", "it takes pictures only with clips of 8 s, and this one is 4 s long"),
        ("8", "9:16", "it takes pictures only in 16:9"),
        ("20", "9:16", "it takes pictures only in 16:9"),
        ("8", "16:9", ""),
    ],
)
def test_a_clip_that_is_sent_no_pictures_says_why_wherever_it_is_priced(api, replicate, film, seconds, ratio, why):
    project, subjects, _ = film
    cast(api, project, subjects)
    project.scenes.update(duration=seconds)
    type(project).objects.update(aspect_ratio=ratio)
    asked = "provider=replicate&model=google/veo-3.1"
    told = api.get(scene_url(project, 1, f"/pictures?capability=video&{asked}")).json()
    quote = api.get(scene_url(project, 1, f"/generate_video/quote?{asked}")).json()
    assert (told["sent"] == []) == bool(why)
    assert quote["notes"] == ([told["note"]] if why else [])
    if why:
        assert told["note"].startswith(f"google/veo-3.1 takes no picture of Mara, Jon and Harbor here: {why}. Choose")


def test_a_clip_names_what_it_starts_from(api, user, replicate, film):
    project, subjects, _ = film
    cast(api, project, subjects)
    image = store_asset(user, picture("#777777"), kind="image", suffix=".png")
    project.scenes.update(image=image)
    make_clip(project.scenes.get(sequence=1))
    where = scene_url(project, 2, "/pictures?capability=video&provider=replicate&model=google/veo-3.1")
    assert api.get(where).json()["note"].startswith("The clip starts from the scene's image; beside it,")
    api.patch(scene_url(project, 2), {"entry": "continue"}, content_type="application/json")
    note = "The clip starts from the last frame of the scene before; beside it,"
    assert api.get(where).json()["note"].startswith(note)


def test_words_say_what_no_picture_shows(api, run_job, replicate, film):
    project, subjects, shown = film
    type(subjects["Jon"]).objects.filter(pk=subjects["Jon"].pk).update(
        description="a tall sailor", never_change="scar on the left cheek",
        variants=[{"section": "chorus", "description": "yellow raincoat"}],
    )  # fmt: skip
    cast(api, project, subjects)
    project.scenes.update(section="Chorus 2")

    given = sent(api, run_job, replicate, shown, project, 1, "/generate_image", "black-forest-labs/flux-kontext-pro")
    assert "Jon: a tall sailor." in given["prompt"]
    assert "Jon here: yellow raincoat." in given["prompt"]
    assert "Never change about Jon: scar on the left cheek." in given["prompt"]


def test_a_scene_without_anybody_sends_no_picture(api, run_job, replicate, film):
    project, _, shown = film
    api.patch(scene_url(project, 1), {"subjects": []}, content_type="application/json")
    given = sent(api, run_job, replicate, shown, project, 1, "/generate_image", "google/nano-banana-2")
    assert "image_input" not in given and given["prompt"].startswith("shot 1")


def test_reference_pictures_are_in_the_price(api, replicate, film):
    project, subjects, _ = film
    cast(api, project, subjects)
    quote = api.get(
        scene_url(project, 1, "/generate_image/quote?provider=replicate&model=black-forest-labs/flux-2-pro")
    ).json()
    assert quote["amount"] == "0.0750"  # 0.03 and three pictures of less than a megapixel
