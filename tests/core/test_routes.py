import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from tests.routes import all_routes, all_rows, route_path

# The owner comes last: what the owner may change, the others may not have changed.
PEOPLE = ("anonymous", "other", "staff", "owner")


@pytest.fixture
def people(user, other_user, staff):
    return {"anonymous": None, "other": other_user, "owner": user, "staff": staff}


def test_each_route_is_listed_with_who_may_use_it():
    missing = set(all_routes()) - set(all_rows())
    assert not missing, f"Add a row for each to tests/<app>/routes.py: {sorted(missing)}"


def test_each_listed_route_exists():
    gone = set(all_rows()) - set(all_routes())
    assert not gone, f"These are no routes any more. Remove their rows: {sorted(gone)}"


PAIRS = [(route, row) for route, rows in all_rows().items() for row in rows]


def cases(pairs):
    return [pytest.param(route, row, id=f"{row.method} {route}") for route, row in pairs]


CASES = cases(PAIRS)


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "row"), CASES)
def test_a_route_responds_to_each_person_as_listed(people, route, row):
    path = route_path(route, row.arguments(people["owner"]))
    options = {} if row.as_form or row.method in {"get", "head", "delete"} else {"content_type": "application/json"}

    responses = {}
    for person in PEOPLE:
        client = Client()
        if people[person] is not None:
            client.force_login(people[person])
        responses[person] = getattr(client, row.method)(path, row.data or {}, **options)

    wrong = {person: one for person, one in responses.items() if one.status_code != getattr(row, person)}
    assert not wrong, {person: (one.status_code, one.content[:500]) for person, one in wrong.items()}


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
    """Return the number of rows of each table, with one query."""
    models = [model for model in apps.get_models() if model._meta.app_label not in LEFT_BY_LOOKS]
    tables = {model._meta.db_table for model in models}
    with connection.cursor() as cursor:
        # The names are of our own tables.
        counts = (f"SELECT '{table}', count(*) FROM {connection.ops.quote_name(table)}" for table in tables)  # noqa: S608
        cursor.execute(" UNION ALL ".join(counts))
        return dict(cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "row"), READ)
def test_reading_starts_no_work_and_creates_nothing(client, user, route, row):
    client.force_login(user)
    path = route_path(route, row.arguments(user))
    before = row_counts()

    for method in (client.get, client.head):
        method(path, row.data or {})

    assert row_counts() == before
