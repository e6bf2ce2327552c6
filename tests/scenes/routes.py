from tests.factories import make_clip, make_project, make_scenes
from tests.routes import owned_api


def project(owner):
    return {"project_id": make_project(owner).pk}


def scenes(owner):
    made = make_project(owner)
    first, _ = make_scenes(made, "4", "4")
    make_clip(first)
    return {"project_id": made.pk, "sequence": 1}


def take(owner):
    made = make_project(owner)
    (scene,) = make_scenes(made, "4")
    return {"project_id": made.pk, "sequence": 1, "clip_id": make_clip(scene).pk}


def clip(owner):
    (scene,) = make_scenes(make_project(owner), "4")
    return {"asset_id": make_clip(scene).asset_id}


PROJECT = "api/mv/projects/<uuid:project_id>"
SCENES = f"{PROJECT}/scenes"
SCENE = f"{SCENES}/<int:sequence>"
MADE = {"method": "post", "owner": 202}
# A scene in a project without a song, or a project without changes.
NOT_NOW = {"method": "post", "owner": 400}

ROWS = {
    "api/assets/<uuid:asset_id>/faces": owned_api(clip, owner=202),
    SCENES: [owned_api(project), owned_api(project, method="post", owner=201)],
    f"{SCENES}/reorder": owned_api(scenes, method="post", data={"order": [2, 1]}),
    f"{SCENES}/redo_stale": owned_api(scenes, method="post", owner=409),
    f"{SCENES}/redo_stale/quote": owned_api(scenes, method="post"),
    f"{SCENES}/continue": owned_api(scenes, method="post", owner=409),
    f"{SCENES}/generate": owned_api(project, **MADE),
    f"{SCENES}/generate/quote": owned_api(project, method="post"),
    SCENE: [
        owned_api(scenes),
        owned_api(scenes, method="patch"),
        owned_api(scenes, method="delete", owner=204),
    ],
    f"{SCENE}/split": owned_api(scenes, method="post", data={"at": 1}),
    f"{SCENE}/merge": owned_api(scenes, method="post"),
    f"{SCENE}/pictures": owned_api(scenes),
    f"{SCENE}/duplicate": owned_api(scenes, method="post"),
    f"{SCENE}/generate_image": owned_api(scenes, **MADE),
    f"{SCENE}/generate_image/quote": owned_api(scenes, method="post"),
    f"{SCENE}/generate_video": owned_api(scenes, **MADE),
    f"{SCENE}/generate_video/quote": owned_api(scenes, method="post"),
    f"{SCENE}/remake": owned_api(scenes, **MADE),
    f"{SCENE}/remake/quote": owned_api(scenes, method="post"),
    # There is no language model.
    f"{SCENE}/soften": owned_api(scenes, method="post", owner=400),
    f"{SCENE}/soften/quote": owned_api(scenes, method="post", owner=400),
    f"{SCENE}/trim": owned_api(scenes, data={"start_time": 0, "end_time": 1}, **MADE),
    # A file needs a form, so JSON is rejected before anything is read.
    f"{SCENE}/upload": owned_api(scenes, method="post", other=415, owner=415, staff=415),
    f"{SCENE}/images": owned_api(scenes),
    # No image or clip is named.
    f"{SCENE}/use_image": owned_api(scenes, method="post", other=400, owner=400, staff=400),
    f"{SCENE}/clips": owned_api(scenes),
    f"{SCENE}/clips/<uuid:clip_id>/keep": owned_api(take, method="post"),
    f"{SCENE}/clips/<uuid:clip_id>/reject": [owned_api(take, method="post"), owned_api(take, method="delete")],
    # There is no language model.
    f"{SCENE}/takes/judge": owned_api(scenes, method="post", owner=400),
    f"{SCENE}/takes/judge/quote": owned_api(scenes, method="post", owner=400),
    f"{SCENE}/takes/best": owned_api(scenes, method="post", data={"takes": 2}, owner=400),
    f"{SCENE}/takes/best/quote": owned_api(scenes, method="post", data={"takes": 2}, owner=400),
    f"{SCENE}/revert": owned_api(scenes, method="post"),
    f"{PROJECT}/lipsync": owned_api(scenes, data={"sequences": [1]}, **NOT_NOW),
    f"{PROJECT}/lipsync/quote": owned_api(scenes, data={"sequences": [1]}, **NOT_NOW),
    f"{PROJECT}/lipsync/<int:sequence>": [owned_api(scenes), owned_api(scenes, **NOT_NOW)],
    f"{PROJECT}/lipsync/<int:sequence>/quote": owned_api(scenes, **NOT_NOW),
    f"{PROJECT}/lipsync/<int:sequence>/check": owned_api(scenes, **NOT_NOW),
    f"{PROJECT}/changes": owned_api(project),
    f"{PROJECT}/undo": owned_api(project, method="post", owner=409),
    f"{PROJECT}/redo": owned_api(project, method="post", owner=409),
}
