from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings as django_settings

from apps.accounts.sign_in_limit import sign_in_attempt
from apps.core.redis_client import redis_client

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
def test_signing_in_never_redirects_to_another_site(client, user, target):
    assert sign_in(client, next=target).headers["Location"] == "/"


def test_a_wrong_password_is_shown_at_the_form(client, user):
    response = sign_in(client, password="wrong")

    assert response.status_code == 400
    assert "Wrong username or password" in response.content.decode()


def test_guessing_is_slowed_down_even_for_the_right_password(client, user):
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


def test_a_locked_account_uses_up_no_attempts_of_others_behind_the_same_proxy(client, user, other_user):
    for _ in range(100):
        sign_in(client, password="wrong", username="somebody-else")

    assert sign_in(client, username="somebody-else").status_code == 429
    assert sign_in(client).status_code == 302


def test_parallel_attempts_cannot_slip_through():
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _: sign_in_attempt(address="192.0.2.1", username="owner"), range(60)))

    assert waits.count(0) == 10
    assert all(0 < wait <= 900 for wait in waits if wait)


def test_right_passwords_are_never_counted(client, user):
    for _ in range(60):
        assert sign_in(client).status_code == 302

    assert not [key for key in redis_client().scan_iter("sign-in:*") if b"known" not in key and _count(key)]


def _count(key):
    return int(redis_client().get(key))


def test_an_address_that_tries_many_names_is_slowed_down(client, user):
    for number in range(50):
        sign_in(client, password="wrong", username=f"name-{number}")

    assert sign_in(client).status_code == 429
    assert (
        client.post(
            SIGN_IN, {"username": "owner", "password": "a long passphrase"}, REMOTE_ADDR="192.0.2.7"
        ).status_code
        == 302
    )


def test_guesses_from_many_addresses_do_not_lock_owners_out_at_known_addresses(client, user):
    client.post(SIGN_IN, {"username": "owner", "password": "a long passphrase"}, REMOTE_ADDR="192.0.2.7")
    waits = [sign_in_attempt(address=f"198.51.100.{number}", username="owner") for number in range(110)]

    assert waits[:100] == [0] * 100 and all(waits[100:])
    assert sign_in_attempt(address="192.0.2.7", username="Owner ") == 0


def test_the_addresses_of_one_ipv6_customer_count_as_one():
    waits = [sign_in_attempt(address=f"2001:db8:1:2::{number:x}", username="owner") for number in range(12)]

    assert waits[:10] == [0] * 10 and all(waits[10:])


def test_a_name_that_is_not_valid_text_is_counted_too(client):
    assert sign_in(client, username="\x00" + "y" * 5000).status_code == 400


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


def test_the_admin_uses_our_sign_in(client):
    assert client.get("/admin/login/?next=/admin/").headers["Location"] == "/accounts/sign-in/?next=/admin/"
