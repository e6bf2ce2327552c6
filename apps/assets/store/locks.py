from django.db import connection


def key_lock(key: str) -> None:
    """Lock the key until the transaction ends, so that two writers cannot mix their files under it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"asset:{key}"])
