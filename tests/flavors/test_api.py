import pytest

pytestmark = pytest.mark.django_db

URL = "/api/flavors/cinematic/video_params"
LOUD = "providers:\n  draft:\n    move_strength: 2.5\n"


@pytest.fixture
def put(client):
    return lambda body, url=URL: client.put(url, body, content_type="application/json")


def test_default_is_the_first_name(client, user):
    client.force_login(user)

    names = client.get("/api/mv/get_config_flavors").json()["flavors"]

    assert names[0] == "default"
    assert {"cinematic", "vlog_style", "example"} <= set(names)


def test_anonymous_users_see_no_flavors(client):
    assert client.get("/api/mv/get_config_flavors").status_code in {401, 403}


def test_signed_in_users_can_read_but_not_edit(client, user, put):
    client.force_login(user)

    assert client.get(URL).json()["values"]["providers"]["draft"]["move_strength"] == 0.7
    assert put({"text": LOUD}).status_code == 403


def test_staff_can_edit_and_see_the_result(client, staff, put, django_capture_on_commit_callbacks):
    client.force_login(staff)
    with django_capture_on_commit_callbacks(execute=True):
        assert put({"text": LOUD, "version": 0}).status_code == 200

    response = client.get(URL).json()

    assert response["values"]["providers"]["draft"]["move_strength"] == 2.5
    assert (response["edit_text"], response["version"]) == (LOUD, 1)


def test_local_owner_can_edit(client, user, put, settings):
    settings.SINGLE_USER = True
    client.force_login(user)

    assert put({"text": LOUD}).status_code == 200


def test_preview_saves_nothing(client, staff):
    client.force_login(staff)

    response = client.post(f"{URL}/preview", {"text": LOUD}, content_type="application/json").json()

    assert response["values"]["providers"]["draft"]["move_strength"] == 2.5
    assert client.get(URL).json()["version"] == 0


@pytest.mark.parametrize("url", ["/api/flavors/nobody/video_params", "/api/flavors/default/no_type"])
def test_unknown_flavor_or_type_is_not_found(client, user, url):
    client.force_login(user)

    assert client.get(url).status_code == 404


def test_invalid_edit_is_a_bad_request_with_the_line(client, staff, put):
    client.force_login(staff)

    response = put({"text": "fps: '24'\nduration_seconds: -1\n"})

    assert response.status_code == 400
    assert "Line 2" in response.json()["detail"]


def test_admin_refuses_an_invalid_edit(admin_client):
    response = admin_client.post(
        "/admin/flavors/flavoredit/add/",
        {"flavor": "mine", "config_type": "video_params", "text": "nonsense: 1"},
    )

    assert response.status_code == 200
    assert b"nonsense" in response.content


def test_admin_saves_and_shows_the_resolved_values(admin_client):
    from apps.flavors.models import FlavorEdit

    admin_client.post("/admin/flavors/flavoredit/add/", {"flavor": "mine", "config_type": "video_params", "text": LOUD})

    edit = FlavorEdit.objects.get()
    page = admin_client.get(f"/admin/flavors/flavoredit/{edit.pk}/change/").content.decode()
    assert "move_strength: 2.5" in page
