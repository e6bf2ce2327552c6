import pytest
import redis
from django.conf import settings as django_settings

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/sign-in/"


@pytest.fixture(autouse=True)
def no_failures_yet():
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for key in client.scan_iter("sign-in:*"):
            client.delete(key)


def sign_in(client, password="a long passphrase", username="owner", **more):  # noqa: S107
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def test_the_right_password_signs_in(client, user):
    response = sign_in(client, next="/account")

    assert response.status_code == 302
    assert response.headers["Location"] == "/account"
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(client, user, target):
    assert sign_in(client, next=target).headers["Location"] == "/"


def test_a_wrong_password_says_so_at_the_form(client, user):
    response = sign_in(client, password="wrong")

    assert response.status_code == 400
    assert "do not go together" in response.content.decode()


def test_guessing_is_slowed_down_and_the_right_password_waits_too(client, user):
    for _ in range(10):
        sign_in(client, password="wrong")
    response = sign_in(client)

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 600
    assert "Try again in 15 minutes" in response.content.decode()


def test_failures_of_one_name_do_not_lock_out_another(client, user, other_user):
    for _ in range(10):
        sign_in(client, password="wrong", username="somebody-else")

    assert sign_in(client).status_code == 302


def test_signing_out_ends_the_session(client, user):
    sign_in(client)
    client.post("/accounts/sign-out/")

    assert client.get("/account").headers["Location"] == "/accounts/sign-in/?next=/account"


def test_a_new_token_is_shown_once(client, user):
    client.force_login(user)
    first = client.post("/account/tokens", {"name": "render-script"}, follow=True).content.decode()
    second = client.get("/account").content.decode()

    token = first.split('id="new-token">')[1].split("<")[0]
    assert token.startswith("mv_")
    assert token not in second
    assert "render-script" in second


def test_a_token_without_a_name_is_refused_at_the_field(client, user):
    client.force_login(user)
    response = client.post("/account/tokens", {"name": " "})

    assert response.status_code == 400
    assert "Use 1 to 100 characters." in response.content.decode()


def test_the_admins_sign_in_is_ours(client):
    assert client.get("/admin/login/?next=/admin/").headers["Location"] == "/accounts/sign-in/?next=/admin/"
