from tests.factories import make_asset, make_project, make_scenes, make_subject
from tests.routes import owned_api, private_api


def project(owner):
    return {"project_id": make_project(owner).pk}


def scene(owner):
    made = make_project(owner)
    make_scenes(made, "4", image=make_asset(owner, kind="image"))
    return {"project_id": made.pk, "sequence": 1}


def subject(owner):
    made = make_project(owner)
    return {"project_id": made.pk, "subject_id": make_subject(made).pk}


def picture(owner):
    made = make_project(owner)
    subject = make_subject(made, pictures=1)
    return {"project_id": made.pk, "subject_id": subject.pk, "picture_id": subject.pictures.get().pk}


def kept(owner):
    return {"subject_id": make_subject(None, owner=owner).pk}


PROJECT = "api/mv/projects/<uuid:project_id>"
SUBJECTS = f"{PROJECT}/subjects"
SUBJECT = f"{SUBJECTS}/<uuid:subject_id>"

ROWS = {
    "api/mv/projects": [private_api(), private_api(method="post", other=400, owner=400, staff=400)],
    PROJECT: [
        owned_api(project),
        owned_api(project, method="patch"),
        owned_api(project, method="delete", owner=204),
    ],
    SUBJECTS: [owned_api(project), owned_api(project, method="post", other=400, owner=400, staff=400)],
    SUBJECT: [
        owned_api(subject),
        owned_api(subject, method="patch"),
        owned_api(subject, method="delete", owner=204),
    ],
    f"{SUBJECT}/keep": owned_api(subject, method="post", owner=201),
    f"{SUBJECT}/images": owned_api(subject, method="post", data={"provider": "draft"}, owner=202),
    f"{SUBJECT}/images/quote": owned_api(subject),
    f"{SUBJECT}/images/<uuid:picture_id>": [
        owned_api(picture, method="patch"),
        owned_api(picture, method="delete", owner=204),
    ],
    "api/mv/subjects": private_api(),
    "api/mv/subjects/<uuid:subject_id>": owned_api(kept, method="delete", owner=204),
    "api/mv/subjects/<uuid:subject_id>/restore": owned_api(kept, method="post"),
    f"{PROJECT}/money": owned_api(project),
    "api/mv/payoff": private_api(),
    "api/mv/payoff.csv": private_api(),
    f"{PROJECT}/generate": owned_api(project, method="post", owner=202),
    f"{PROJECT}/generate/quote": owned_api(project, method="post"),
    # No service is connected.
    f"{PROJECT}/make_final": owned_api(project, method="post", owner=409),
    f"{PROJECT}/make_final/quote": owned_api(project, owner=409),
    f"{PROJECT}/scenes/approve": owned_api(project, method="post"),
    f"{PROJECT}/scenes/approve/quote": owned_api(project, method="post"),
    f"{PROJECT}/scenes/<int:sequence>/approve": owned_api(scene, method="post"),
    f"{PROJECT}/scenes/<int:sequence>/approve/quote": owned_api(scene, method="post"),
    f"{PROJECT}/scenes/<int:sequence>/redo": owned_api(scene, method="post", owner=202),
    f"{PROJECT}/scenes/<int:sequence>/redo/quote": owned_api(scene, method="post"),
    f"{PROJECT}/generate/cancel": owned_api(project, method="post"),
}
