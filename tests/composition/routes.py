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
    f"{PROJECT}/outputs/<uuid:output_id>": [
        owned_api(output, method="patch", data={"framing": "follow"}),
        owned_api(output, method="delete", owner=204),
    ],
    # A scene without a clip has no path: 404 for its owner, too.
    f"{PROJECT}/scenes/<int:sequence>/framing": [
        owned_api(scene, owner=404),
        owned_api(scene, method="patch", data=[{"time": 0, "x": 0.5, "y": 0.5}], owner=404),
    ],
    f"{PROJECT}/scenes/<int:sequence>/look": [owned_api(scene), owned_api(scene, method="patch")],
    f"{PROJECT}/look": [owned_api(project), owned_api(project, method="patch")],
    # A project without clips has no cuts.
    f"{PROJECT}/color_match": [owned_api(project, owner=400), owned_api(project, method="post", owner=400)],
    f"{PROJECT}/color_match/cut": owned_api(project, owner=400),
    f"{PROJECT}/lyrics": [
        owned_api(project, owner=400),
        owned_api(project, method="patch", data={"encoding": "utf-8"}, owner=400),
        owned_api(project, method="post", owner=400),
        owned_api(project, method="delete", owner=204),
    ],
    # Without pictures nothing can be picked or shown.
    f"{PROJECT}/cover": [
        owned_api(project),
        owned_api(project, method="put", data={"seconds": 1}, owner=400),
        owned_api(project, method="delete", owner=204),
    ],
    f"{PROJECT}/cover/frame": owned_api(project, owner=400),
    f"{PROJECT}/cover/image": owned_api(project, owner=400),
    f"{PROJECT}/captions": owned_api(project),
    f"{PROJECT}/captions/preview": owned_api(project),
    f"{PROJECT}/captions/font": owned_api(project, owner=400),
    # Without words that have times there is no file.
    **{f"{PROJECT}/captions.{form}": owned_api(project, owner=400) for form in ("srt", "vtt", "lrc", "ass")},
    f"{PROJECT}/export": [owned_api(project, owner=400), owned_api(project, method="post", owner=400)],
}
