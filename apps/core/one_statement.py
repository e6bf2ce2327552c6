"""Several writes as one SQL statement: one round trip, one parse, and rows locked for a shorter time.

PostgreSQL runs all parts on the same snapshot and in no defined order, so that no part may depend on another's effect,
and no row may be written by two of them.
"""

from typing import Any, cast

from django.db import connection, models
from django.db.models import sql


class OneStatement:
    """Collects writes. `run` sends them; without any, it does nothing."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, tuple[Any, ...]]] = []

    def update(self, rows: "models.QuerySet[Any]", **values: Any) -> None:
        """Like `rows.update(**values)`. The rows may not be sliced or ordered."""
        query = cast(sql.UpdateQuery, rows.order_by().query.chain(sql.UpdateQuery))
        query.add_update_values(values)
        self._parts.append(query.get_compiler(connection=connection).as_sql())

    def insert(self, *objects: models.Model) -> None:
        """Insert rows of one model, whose primary keys the database may choose. They are not set on the objects."""
        model = type(objects[0])
        fields = [one for one in model._meta.concrete_fields if not (one.primary_key and objects[0].pk is None)]
        query = sql.InsertQuery(model)
        query.insert_values(fields, list(objects))
        self._parts += query.get_compiler(connection=connection).as_sql()

    def run(self) -> None:
        """Send what was collected, in the caller's transaction."""
        if not self._parts:
            return
        *firsts, (last, params) = self._parts
        named = ", ".join(f"part_{number} AS ({text})" for number, (text, _) in enumerate(firsts))
        with connection.cursor() as cursor:
            values = [value for _, more in firsts for value in more]
            cursor.execute(f"WITH {named} {last}" if firsts else last, [*values, *params])
        self._parts = []
