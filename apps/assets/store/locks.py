from django.db import connection


def key_lock(*keys: str) -> None:
    """Lock the keys until the transaction ends, so that two writers cannot mix their files under them."""
    names = [f"asset:{key}" for key in sorted(keys)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) name", [names])
