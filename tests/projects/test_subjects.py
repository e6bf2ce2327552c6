"""A project's people, places and things over the API: words, pictures, order, library, and what must not happen."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.assets.models import Asset
from apps.assets.store.disk import local_path
from apps.jobs.models import Job
from apps.projects.cast.services import library_let_go
from apps.projects.models import Project, Subject, SubjectPicture
from apps.scenes.cleaning import GRACE, deleted_scenes_clean
from apps.scenes.models import Scene, SceneSubject
from tests.factories import make_asset, make_project, make_scenes, make_subject
from tests.fakes import media

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ("320x180", "340x200", "360x220")
JSON = {"content_type": "application/json"}


@pytest.fixture
def project(user):
    return make_project(user)


def url(project, *parts):
    return "/".join(["/api/mv/projects", str(project.pk), "subjects", *map(str, parts)])


def add(api, project, **fields):
    return api.post(url(project), {"kind": "character", "name": "Mara", **fields}, **JSON)


def upload(api, project, subject_id, size="320x180"):
    file = SimpleUploadedFile("face.png", media.image(size), content_type="image/png")
    return api.post(url(project, subject_id, "images"), {"file": file})


def test_subjects_are_added_edited_ordered_and_deleted(api, project):
    mara = add(api, project, description="short silver hair", never_change="a scar", color="#AABBCC").json()
    add(api, project, kind="place", name="Old harbor")
    jon = add(api, project, name="Jon").json()

    assert (mara["name"], mara["color"], mara["images"]) == ("Mara", "#aabbcc", [])
    changed = api.patch(url(project, jon["id"]), {"position": 0, "version": 1}, **JSON).json()
    assert (changed["position"], changed["version"]) == (0, 2)
    assert [one["name"] for one in api.get(url(project)).json()] == ["Jon", "Mara", "Old harbor"]
    assert api.patch(url(project, jon["id"]), {"name": "John", "version": 1}, **JSON).status_code == 409
    assert api.delete(url(project, jon["id"])).status_code == 204
    assert [one["name"] for one in api.get(url(project)).json()] == ["Mara", "Old harbor"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "robot", "name": "x"}, "kind"),
        ({"kind": "character"}, "name"),
        ({"kind": "character", "name": " \n "}, "name"),
        ({"kind": "character", "name": "x" * 81}, "name"),
        ({"kind": "character", "name": "x", "color": "red"}, "color"),
        ({"kind": "character", "name": "x", "variants": [{"section": "chorus"}]}, "variants"),
        ({"kind": "character", "name": "x", "hair": "silver"}, "hair"),
        ({"kind": "character", "name": "mARA"}, "name"),
        ({"kind": "character", "name": "x", "variants": [{"section": "5", "description": "hat"}]}, "variants"),
        ({"kind": "character", "name": "x", "variants": [{"section": "nosuch", "description": "hat"}]}, "variants"),
        (
            {
                "kind": "character",
                "name": "x",
                "variants": [
                    {"section": "chorus", "description": "red"},
                    {"section": "Chorus 2", "description": "blue"},
                ],
            },
            "variants",
        ),
    ],
)
def test_bad_input_names_the_field(api, project, body, field):
    add(api, project)
    response = api.post(url(project), body, **JSON)
    assert response.status_code == 400
    assert field in response.json()["errors"]


def test_the_first_character_is_what_the_older_fields_show(api, project):
    where = f"/api/mv/projects/{project.pk}"
    api.patch(where, {"character_description": "Mara, short silver hair"}, **JSON)
    (lead,) = api.get(url(project)).json()
    assert (lead["name"], lead["kind"], lead["description"]) == ("Mara", "character", "Mara, short silver hair")

    api.patch(url(project, lead["id"]), {"description": "a red coat"}, **JSON)
    picture = upload(api, project, lead["id"]).json()
    shown = api.get(where).json()
    assert (shown["character_description"], shown["character_reference_id"]) == ("a red coat", picture["image_id"])

    api.patch(where, {"character_reference_id": None}, **JSON)
    (lead,) = api.get(url(project)).json()
    assert [one["used"] for one in lead["images"]] == [False]
    api.patch(where, {"character_reference_id": picture["image_id"]}, **JSON)
    assert api.get(url(project)).json()[0]["images"][0]["used"]

    jon = add(api, project, name="Jon", description="a sailor").json()
    api.patch(url(project, jon["id"]), {"position": 0}, **JSON)
    shown = api.get(where).json()
    assert (shown["character_description"], shown["character_reference_id"]) == ("a sailor", None)


def test_a_newer_picture_is_preferred_and_the_order_can_be_changed(api, project):
    subject_id = add(api, project).json()["id"]
    first, second = (upload(api, project, subject_id, size=size).json() for size in SIZES[:2])
    assert [one["id"] for one in api.get(url(project, subject_id)).json()["images"]] == [second["id"], first["id"]]
    api.patch(url(project, subject_id, "images", first["id"]), {"position": 0}, **JSON)
    assert [one["id"] for one in api.get(url(project, subject_id)).json()["images"]] == [first["id"], second["id"]]
    project.refresh_from_db()
    assert str(project.character_reference_id) == first["image_id"]


def test_deleting_a_picture_or_a_subject_for_good_leaves_no_file(api, project):
    subject_id = add(api, project).json()["id"]
    pictures = [upload(api, project, subject_id, size=size).json() for size in SIZES[:2]]
    keys = list(Asset.objects.values_list("key", flat=True))
    api.delete(url(project, subject_id, "images", pictures[1]["id"]))
    api.delete(url(project, subject_id))
    assert Asset.objects.count() == 2, "undo may still ask for them"
    make_scenes(project, "4")
    api.delete(f"/api/mv/projects/{project.pk}/scenes/1")
    deleted_scenes_clean(now=timezone.now() + 2 * GRACE)
    assert not Asset.objects.exists() and not any(local_path(key).exists() for key in keys)
    assert not Subject.objects.exists()


def test_removing_a_picture_is_undone_to_its_place(api, project):
    subject_id = add(api, project).json()["id"]
    pictures = [upload(api, project, subject_id, size=size).json() for size in SIZES[:2]]
    changes = f"/api/mv/projects/{project.pk}"

    def shown():
        return [one["id"] for one in api.get(url(project, subject_id)).json()["images"]]

    before, first = shown(), shown()[0]
    lead = api.get(changes).json()["character_reference_id"]
    assert api.delete(url(project, subject_id, "images", first)).status_code == 204
    assert shown() == before[1:] and api.get(changes).json()["character_reference_id"] not in {None, lead}
    assert api.delete(url(project, subject_id, "images", first)).status_code == 404
    assert api.get(f"{changes}/changes").json()["undo"]["label"] == "removed a picture of Mara"

    api.post(f"{changes}/undo")
    assert shown() == before and api.get(changes).json()["character_reference_id"] == lead
    api.post(f"{changes}/redo")
    assert shown() == before[1:]
    # Added again meanwhile, it is there once.
    again = next(size for size, one in zip(SIZES, pictures, strict=False) if one["id"] == first)
    assert upload(api, project, subject_id, size=again).status_code == 201
    api.post(f"{changes}/undo")
    assert len(shown()) == 2


def test_removing_a_subject_is_undone_with_its_pictures_variants_and_scenes(api, project):
    scenes = make_scenes(project, "4", "4", "4")
    mara = add(api, project, variants=[{"section": "chorus", "description": "red dress"}]).json()
    jon = add(api, project, name="Jon").json()
    upload(api, project, mara["id"])
    where = [f"/api/mv/projects/{project.pk}/scenes/{scene.sequence}" for scene in scenes]
    for scene, cast in zip(where, ([mara, jon], [jon, mara], []), strict=True):
        api.patch(scene, {"subjects": [one["id"] for one in cast]}, **JSON)
    whole, shown = api.get(url(project, mara["id"])).json(), [api.get(scene).json()["subjects"] for scene in where]
    undo, redo = (f"/api/mv/projects/{project.pk}/{what}" for what in ("undo", "redo"))

    assert api.delete(url(project, mara["id"])).status_code == 204
    assert api.get(url(project, mara["id"])).status_code == 404
    assert [api.get(scene).json()["subjects"] for scene in where] == [[jon["id"]], [jon["id"]], []]
    stack = api.get(f"/api/mv/projects/{project.pk}/changes").json()
    assert stack["undo"]["label"] == "removed Mara from the cast"
    assert api.get("/api/mv/subjects").json()[0]["name"] == "Jon"
    # What is done to scenes meanwhile is taken back first, in order.
    api.patch(where[0], {"subjects": []}, **JSON)
    api.post(undo, {}, **JSON)
    api.post(undo, {}, **JSON)
    assert api.get(url(project, mara["id"])).json() == whole
    assert [api.get(scene).json()["subjects"] for scene in where] == shown
    api.post(redo, {}, **JSON)
    assert [one["name"] for one in api.get(url(project)).json()] == ["Jon"]


def test_one_who_is_in_no_scene_comes_back_too_unless_the_name_is_taken(api, project):
    mara = add(api, project, description="a red coat").json()
    upload(api, project, mara["id"])
    before = api.get(f"/api/mv/projects/{project.pk}").json()
    api.delete(url(project, mara["id"]))
    assert api.get(f"/api/mv/projects/{project.pk}").json()["character_reference_id"] is None
    other = add(api, project, name="mara").json()
    undo = f"/api/mv/projects/{project.pk}/undo"
    refused = api.post(undo, {}, **JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "name_taken")
    api.patch(url(project, other["id"]), {"name": "Mara's sister", "position": 1}, **JSON)
    assert api.post(undo, {}, **JSON).status_code == 200
    shown = api.get(f"/api/mv/projects/{project.pk}").json()
    assert shown["character_reference_id"] == before["character_reference_id"]
    assert [one["name"] for one in api.get(url(project)).json()] == ["Mara", "Mara's sister"]


def test_writing_the_first_scenes_leaves_a_removal_undoable(api, project, run_job):
    make_scenes(project, "4")
    mara = add(api, project).json()
    api.delete(f"/api/mv/projects/{project.pk}/scenes/1")
    api.delete(url(project, mara["id"]))
    written = api.post(f"/api/mv/projects/{project.pk}/scenes/generate", {"number_of_scenes": 2}, **JSON)
    assert run_job(written.json()["id"]).state == "succeeded"
    assert len(api.post(f"/api/mv/projects/{project.pk}/undo", {}, **JSON).json()) == 2
    assert [one["id"] for one in api.get(url(project)).json()] == [mara["id"]]


def test_deleting_the_project_deletes_its_subjects_files_and_no_others(api, user, project):
    subject_id = add(api, project).json()["id"]
    upload(api, project, subject_id)
    other = make_project(user, title="Another")
    taken = api.post(url(other), {"copy_of": subject_id}, **JSON).json()
    upload(api, project, subject_id, size=SIZES[1])
    assert Asset.objects.count() == 2

    assert api.delete(f"/api/mv/projects/{project.pk}").status_code == 204
    kept = api.get(url(other, taken["id"])).json()["images"]
    assert [str(asset.pk) for asset in Asset.objects.all()] == [kept[0]["image_id"]]
    assert api.get(kept[0]["image_url"]).status_code == 200
    api.delete(f"/api/mv/projects/{other.pk}")
    assert not Asset.objects.exists()


def test_a_copy_keeps_its_own_version(api, user, project):
    mara = add(api, project, description="a red coat").json()
    other = make_project(user)
    copy = api.post(url(other), {"copy_of": mara["id"]}, **JSON).json()
    assert (copy["copied_from"], copy["description"]) == (mara["id"], "a red coat")
    api.patch(url(project, mara["id"]), {"description": "a green coat"}, **JSON)
    assert api.get(url(other, copy["id"])).json()["description"] == "a red coat"
    assert api.post(url(other), {"copy_of": mara["id"]}, **JSON).json()["code"] == "already_there"
    assert api.post(url(other), {"copy_of": mara["id"], "name": "x"}, **JSON).status_code == 400


def test_the_library_outlives_the_project(api, project):
    subject_id = add(api, project).json()["id"]
    upload(api, project, subject_id)
    kept = api.post(url(project, subject_id, "keep"), **JSON).json()
    api.delete(f"/api/mv/projects/{project.pk}")
    (left,) = api.get("/api/mv/subjects").json()
    assert (left["id"], left["project_id"], len(left["images"])) == (kept["id"], None, 1)
    path = f"/api/mv/subjects/{kept['id']}"
    assert api.delete(path).status_code == 204 and api.delete(path).status_code == 404
    assert api.get("/api/mv/subjects").json() == []
    library_let_go(before=timezone.now() - GRACE)
    restored = api.post(f"{path}/restore", **JSON)
    assert (restored.status_code, restored.json()) == (200, left)
    api.delete(path)
    library_let_go(before=timezone.now() + GRACE)
    assert not Asset.objects.exists()
    assert api.post(f"{path}/restore", **JSON).status_code == 404


def test_others_subjects_and_images_are_not_found(api, project, other_user):
    theirs = make_subject(make_project(other_user), pictures=1)
    mine = add(api, project).json()["id"]
    assert api.post(url(project), {"copy_of": theirs.pk}, **JSON).status_code == 404
    image_id = theirs.pictures.get().asset_id
    assert api.post(url(project, mine, "images"), {"image_id": image_id}, **JSON).status_code == 404
    make_scenes(project, "4")
    scene = f"/api/mv/projects/{project.pk}/scenes/1"
    assert api.patch(scene, {"subjects": [theirs.pk]}, **JSON).status_code == 404
    assert api.patch(scene, {"subjects": ["no-uuid"]}, **JSON).status_code == 404


def test_a_file_that_is_no_picture_is_refused(api, project):
    subject_id = add(api, project).json()["id"]
    text = SimpleUploadedFile("face.png", b"not a picture", content_type="image/png")
    response = api.post(url(project, subject_id, "images"), {"file": text})
    assert response.status_code == 400 and "file" in response.json()["errors"]
    assert api.post(url(project, subject_id, "images"), {}, **JSON).status_code == 400


def test_a_picture_that_shows_nothing_is_refused_whichever_way_it_comes(api, user, project):
    subject_id = add(api, project).json()["id"]
    dot = SimpleUploadedFile("dot.png", media.image("2x2"), content_type="image/png")
    refused = api.post(url(project, subject_id, "images"), {"file": dot})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["file"])
    assert not Asset.objects.exists(), "its file is gone"
    tiny = make_asset(user, kind="image", width=1, height=1)
    refused = api.post(url(project, subject_id, "images"), {"image_id": tiny.pk}, **JSON)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["image_id"])
    refused = api.patch(f"/api/mv/projects/{project.pk}", {"character_reference_id": tiny.pk}, **JSON)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["character_reference_id"])


def test_the_same_file_and_the_same_wish_count_once(api, project):
    subject_id = add(api, project).json()["id"]
    first = upload(api, project, subject_id).json()
    other = upload(api, project, subject_id, size=SIZES[1]).json()
    again = upload(api, project, subject_id).json()
    assert (again["id"], again["position"]) == (first["id"], 0)
    images = api.get(url(project, subject_id)).json()["images"]
    assert [one["id"] for one in images] == [first["id"], other["id"]] and Asset.objects.count() == 2
    kept = [api.post(url(project, subject_id, "keep"), **JSON).json()["id"] for _ in range(2)]
    assert kept[0] == kept[1]
    api.patch(url(project, subject_id), {"description": "a red coat"}, **JSON)
    assert api.post(url(project, subject_id, "keep"), **JSON).json()["id"] not in kept, "a new version"


def test_a_variant_is_for_a_section_that_songs_or_this_film_have(api, project):
    make_scenes(project, "4", section="Guitar solo")
    make_scenes(make_project(project.owner), "4", section="A")
    mara = add(api, project, variants=[{"section": "guitar solo", "description": "red"}]).json()
    where = url(project, mara["id"])
    assert mara["variants"] == [{"section": "guitar solo", "description": "red"}]
    project.scenes.update(section="verse")
    kept = api.patch(where, {"variants": [*mara["variants"], {"section": "Verse 2", "description": "blue"}]}, **JSON)
    assert kept.status_code == 200, "what was there before another song stays"
    refused = api.patch(where, {"variants": [{"section": "A", "description": "green"}]}, **JSON).json()
    assert "“A” isn't a section of a song" in refused["errors"]["variants"][0]
    picture = upload(api, project, mara["id"]).json()
    picture_url = url(project, mara["id"], "images", picture["id"])
    assert list(api.patch(picture_url, {"section": "nosuch"}, **JSON).json()["errors"]) == ["section"]
    assert api.patch(picture_url, {"section": "Final chorus"}, **JSON).json()["section"] == "Final chorus"


def test_a_picture_is_drawn_from_the_words_and_a_sheet_after_it(api, project, run_job):
    subject_id = add(api, project, description="short silver hair, a red coat").json()["id"]
    where = url(project, subject_id, "images")
    assert api.post(where, {"provider": "draft", "sheet": True}, **JSON).json()["code"] == "input_missing"
    assert api.get(f"{where}/quote?provider=draft").json()["amount"] == "0.0000"

    job = api.post(where, {"provider": "draft"}, **JSON).json()
    assert api.post(where, {"provider": "draft"}, **JSON).status_code == 409
    assert run_job(job["id"]).state == "succeeded"
    (drawn,) = api.get(url(project, subject_id)).json()["images"]
    project.refresh_from_db()
    assert (drawn["origin"], drawn["used"]) == ("drawn", True)
    assert str(project.character_reference_id) == drawn["image_id"]

    api.post(where, {"provider": "draft", "sheet": True}, **JSON)
    for queued in Job.objects.filter(state="queued"):
        assert run_job(queued.pk).state == "succeeded"
    images = api.get(url(project, subject_id)).json()["images"]
    sheet = ["front", "three-quarter", "profile", "full body"]
    assert [(one["view"], one["position"]) for one in images] == list(zip(["", *sheet], range(5), strict=True))

    # Nothing is drawn, or bought, twice: only what is missing, and it takes its place.
    again = api.post(where, {"provider": "draft", "sheet": True}, **JSON)
    assert (again.status_code, again.json()["code"]) == (409, "already_there")
    assert "front, three-quarter, profile and full body" in again.json()["detail"]
    api.delete(url(project, subject_id, "images", images[2]["id"]))
    assert api.get(f"{where}/quote?provider=draft&sheet=true").json()["basis"].startswith("1 × ")
    assert run_job(api.post(where, {"provider": "draft", "sheet": True}, **JSON).json()["id"]).state == "succeeded"
    assert [one["view"] for one in api.get(url(project, subject_id)).json()["images"]] == ["", *sheet]


def test_two_files_in_one_request_are_refused_rather_than_one_lost(api, project):
    subject_id = add(api, project).json()["id"]
    files = [SimpleUploadedFile(f"{size}.png", media.image(size)) for size in ("320x180", "180x320")]
    refused = api.post(url(project, subject_id, "images"), {"file": files})
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        {"file": ["You sent 2 files. Send one file per request."]},
    )
    assert api.get(url(project, subject_id)).json()["images"] == []


def test_places_in_the_order_of_pictures_count_from_0_however_they_came(api, project, run_job):
    subject_id = add(api, project, description="short silver hair").json()["id"]
    where = url(project, subject_id, "images")
    assert run_job(api.post(where, {"provider": "draft"}, **JSON).json()["id"]).state == "succeeded"
    assert [one["position"] for one in api.get(url(project, subject_id)).json()["images"]] == [0]
    upload(api, project, subject_id)
    assert [one["position"] for one in api.get(url(project, subject_id)).json()["images"]] == [0, 1]


def test_places_are_drawn_and_shown_by_day_and_by_night(api, project, run_job):
    words = "an old harbor with a lighthouse"
    subject_id = add(api, project, kind="place", name="Harbor", description=words).json()["id"]
    where = url(project, subject_id, "images")
    run_job(api.post(where, {"provider": "draft"}, **JSON).json()["id"])
    api.post(where, {"provider": "draft", "sheet": True}, **JSON)
    for queued in Job.objects.filter(state="queued"):
        assert run_job(queued.pk).state == "succeeded"
    assert {one["view"] for one in api.get(url(project, subject_id)).json()["images"]} == {"", "day", "night"}
    thing = add(api, project, kind="prop", name="Lamp", description="a brass lamp").json()["id"]
    assert api.post(url(project, thing, "images"), {"provider": "draft", "sheet": True}, **JSON).status_code == 400


def test_scenes_subjects_take_part_in_undo(api, user, project):
    make_scenes(project, "4", "4")
    lead, jon = make_subject(project, "Mara"), make_subject(project, "Jon")
    scene = f"/api/mv/projects/{project.pk}/scenes/1"
    assert api.get(scene).json()["subjects"] == [str(lead.pk)]  # until somebody says it
    api.patch(scene, {"subjects": [jon.pk, lead.pk, jon.pk]}, **JSON)
    assert api.get(scene).json()["subjects"] == [str(jon.pk), str(lead.pk)]
    api.patch(scene, {"subjects": []}, **JSON)
    assert api.get(scene).json()["subjects"] == []
    undo, redo = (f"/api/mv/projects/{project.pk}/{what}" for what in ("undo", "redo"))
    assert api.post(undo, {}, **JSON).json()[0]["subjects"] == [str(jon.pk), str(lead.pk)]
    assert api.post(undo, {}, **JSON).json()[0]["subjects"] == [str(lead.pk)]
    assert not Scene.objects.get(sequence=1).cast_chosen
    assert api.post(redo, {}, **JSON).json()[0]["subjects"] == [str(jon.pk), str(lead.pk)]
    copied = api.post(f"{scene}/duplicate", {}, **JSON).json()
    assert copied[1]["subjects"] == [str(jon.pk), str(lead.pk)]
    # One who is gone doesn't come back with an older state.
    api.post(undo, {}, **JSON)
    api.delete(url(project, jon.pk))
    assert api.get(scene).json()["subjects"] == [str(lead.pk)]


def test_the_database_refuses_another_projects_subject_and_a_name_twice(user, project):
    (scene,) = make_scenes(project, "4")
    stranger = make_subject(make_project(user))
    for owner in (project, stranger.project):
        with pytest.raises(IntegrityError), transaction.atomic():
            SceneSubject.objects.create(project=owner, scene=scene, subject=stranger, position=0)
    make_subject(project, "Mara")
    with pytest.raises(IntegrityError), transaction.atomic():
        Subject.objects.create(owner=user, project=project, kind="place", name="MARA")
    picture = make_subject(project, "Jon", pictures=1).pictures.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        SubjectPicture.objects.create(subject=picture.subject, asset=picture.asset, origin="drawn")


def test_an_image_of_a_scene_stays_when_the_subject_goes(api, user, project):
    image = make_asset(user, kind="image")
    make_scenes(project, "4", image=image)
    subject_id = add(api, project, kind="place", name="Harbor").json()["id"]
    chosen = api.post(url(project, subject_id, "images"), {"image_id": image.pk}, **JSON)
    assert (chosen.status_code, chosen.json()["origin"]) == (201, "chosen")
    api.delete(url(project, subject_id))
    assert Asset.objects.filter(pk=image.pk).exists()
    assert Project.objects.get().character_reference is None
