from tests.routes import Row

PUBLIC = Row(anonymous=200, other=200, owner=200, staff=200)

ROWS = {"api/schema/": PUBLIC, "api/docs/": PUBLIC}
