from tests.factories import make_asset, make_project, make_scenes
from tests.routes import owned_api, private_api


def project(owner):
    return {"project_id": make_project(owner).pk}


def scene(owner):
    made = make_project(owner)
    make_scenes(made, "4")
    return {"project_id": made.pk, "sequence": 1}


def composition(owner):
    made = make_project(owner)
    row = made.compositions.create(
        asset=make_asset(owner), fingerprint="0" * 64, plan={"shots": []}, proof={"sentence": "48 frames"}
    )
    return {"project_id": made.pk, "composition_id": row.pk}


def output(owner):
    made = make_project(owner)
    row = made.outputs.create(name="Square", aspect_ratio="1:1", resolution="720p")
    return {"project_id": made.pk, "output_id": row.pk}


PROJECT = "api/mv/projects/<uuid:project_id>"

ROWS = {
    "api/mv/stitch_video": private_api(method="post", other=400, owner=400, staff=400),
    # A project without scenes can't be composed: 400, but only for its owner.
    f"{PROJECT}/compose": owned_api(project, method="post", owner=400),
    f"{PROJECT}/final": owned_api(project, owner=404),
    f"{PROJECT}/compositions": owned_api(project),
    f"{PROJECT}/compositions/<uuid:composition_id>": owned_api(composition),
    f"{PROJECT}/compositions/<uuid:composition_id>/bring_back": owned_api(composition, method="post"),
    f"{PROJECT}/outputs": [
        owned_api(project),
        owned_api(
            project, method="post", data={"name": "Square", "aspect_ratio": "1:1"}, other=404, owner=201, staff=404
        ),
    ],
    f"{PROJECT}/outputs/<uuid:output_id>": owned_api(output, method="delete", owner=204),
    f"{PROJECT}/scenes/<int:sequence>/look": [owned_api(scene), owned_api(scene, method="patch")],
    f"{PROJECT}/look": [owned_api(project), owned_api(project, method="patch")],
    f"{PROJECT}/lyrics": [
        owned_api(project, owner=400),
        owned_api(project, method="patch", owner=400),
        owned_api(project, method="post", owner=400),
        owned_api(project, method="delete", owner=204),
    ],
    f"{PROJECT}/export": [owned_api(project, owner=400), owned_api(project, method="post", owner=400)],
}
