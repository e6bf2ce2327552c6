from tests.routes import private_api

ROWS = {"api/mv/models": private_api(owner=400, other=400, staff=400)}
