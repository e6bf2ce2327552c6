import pytest
from django.apps import apps

from tests.routes import all_routes, all_rows, route_path

PEOPLE = ("anonymous", "other", "owner", "staff")


@pytest.fixture
def people(user, other_user, staff):
    return {"anonymous": None, "other": other_user, "owner": user, "staff": staff}


@pytest.mark.parametrize("route", sorted(set(all_routes())))
def test_each_route_is_listed_with_who_may_use_it(route):
    assert route in all_rows(), f"Add a row for {route!r} to tests/<app>/routes.py."


@pytest.mark.parametrize("route", sorted(all_rows()))
def test_each_listed_route_exists(route):
    assert route in set(all_routes()), f"{route!r} is no route any more. Remove its row."


PAIRS = [(route, row) for route, rows in all_rows().items() for row in rows]


def cases(pairs):
    return [pytest.param(route, row, id=f"{row.method} {route}") for route, row in pairs]


CASES = cases(PAIRS)


@pytest.mark.django_db
@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(("route", "row"), CASES)
def test_a_route_responds_to_each_person_as_listed(client, people, person, route, row):
    path = route_path(route, row.arguments(people["owner"]))
    if people[person] is not None:
        client.force_login(people[person])
    options = {} if row.as_form or row.method in {"get", "head", "delete"} else {"content_type": "application/json"}

    response = getattr(client, row.method)(path, row.data or {}, **options)

    assert response.status_code == getattr(row, person), response.content[:500]


READ_BY_API = cases((route, row) for route, row in PAIRS if route.startswith("api/") and row.method == "get")


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "row"), READ_BY_API)
def test_the_api_can_be_browsed(client, user, route, row):
    client.force_login(user)

    response = client.get(route_path(route, row.arguments(user)), row.data or {}, headers={"Accept": "text/html"})

    assert response.status_code in {row.owner, 406}, response.content[:500]
    if response.status_code == 200 and not response.streaming:
        assert response.headers["Content-Type"].startswith(("text/html", "application/vnd.oai.openapi"))


# Whoever first asks for the faces of a clip has a worker look for them, once and free.
ASKS_A_WORKER = {"api/assets/<uuid:asset_id>/faces"}
READ = cases((route, row) for route, row in PAIRS if row.method in {"get", "head"} and route not in ASKS_A_WORKER)
# What a look may leave behind: the session of the sign-in, and a page that was seen.
LEFT_BY_LOOKS = {"sessions"}


def row_counts():
    return {
        model: model._base_manager.count() for model in apps.get_models() if model._meta.app_label not in LEFT_BY_LOOKS
    }


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(("route", "row"), READ)
def test_reading_starts_no_work_and_creates_nothing(client, user, route, row, method):
    client.force_login(user)
    path = route_path(route, row.arguments(user))
    before = row_counts()

    getattr(client, method)(path, row.data or {})

    assert row_counts() == before
