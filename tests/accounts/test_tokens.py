from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import ApiToken
from apps.core.errors import InputError, NotFound

pytestmark = pytest.mark.django_db
API = "/api/flavors"


@pytest.fixture
def token(user):
    return services.token_create(by=user, name="script")[1]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
def test_a_program_signs_in_with_its_token(token, scheme):
    response = Client(enforce_csrf_checks=True).get(API, headers={"Authorization": f"{scheme} {token}"})

    assert response.status_code == 200


@pytest.mark.parametrize("header", ["Bearer mv_wrong", "Bearer", "Bearer a b", "Token \xff", "Basic b3duZXI6cHc="])
def test_any_other_header_is_401(client, header):
    response = client.get(API, headers={"Authorization": header})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_only_the_hash_is_stored(token):
    row = ApiToken.objects.get()

    assert token not in {row.digest, row.prefix, row.name}
    assert token.startswith(row.prefix)


def test_a_revoked_token_stops_working_immediately(client, user, token):
    services.token_revoke(by=user, token_id=ApiToken.objects.get().pk)

    assert client.get(API, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_token_of_an_inactive_user_stops_working(client, user, token):
    user.is_active = False
    user.save()

    assert client.get(API, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_time_of_use_is_recorded_once_a_minute(token, django_assert_num_queries):
    services.token_owner(token)
    assert timezone.now() - ApiToken.objects.get().last_used_at < timedelta(seconds=5)

    with django_assert_num_queries(1):
        services.token_owner(token)


def test_another_users_token_cannot_be_revoked(other_user, token):
    with pytest.raises(NotFound):
        services.token_revoke(by=other_user, token_id=ApiToken.objects.get().pk)

    assert ApiToken.objects.get().revoked_at is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_token_needs_a_name(user, name):
    with pytest.raises(InputError) as caught:
        services.token_create(by=user, name=name)

    assert "name" in caught.value.errors


def test_tokens_are_limited(user):
    for number in range(services.TOKENS_PER_OWNER):
        services.token_create(by=user, name=str(number))

    with pytest.raises(InputError, match="Revoke one"):
        services.token_create(by=user, name="one more")


def test_a_token_can_be_created_on_the_command_line(user, client, capsys):
    call_command("create_token", user.username, name="robot")
    token = capsys.readouterr().out.strip()

    assert client.get(API, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        call_command("create_token", "nobody")
