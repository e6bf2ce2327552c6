from tests.factories import make_project
from tests.routes import owned_api, private_api


def project(owner):
    return {"project_id": make_project(owner).pk}


PROJECT = "api/mv/projects/<uuid:project_id>"

ROWS = {
    "api/mv/projects": [private_api(), private_api(method="post", other=400, owner=400, staff=400)],
    PROJECT: [
        owned_api(project),
        owned_api(project, method="patch"),
        owned_api(project, method="delete", owner=204),
    ],
    f"{PROJECT}/money": owned_api(project),
    f"{PROJECT}/generate": owned_api(project, method="post", owner=202),
    f"{PROJECT}/generate/quote": owned_api(project, method="post"),
    f"{PROJECT}/generate/cancel": owned_api(project, method="post"),
}
