from apps.projects.services import project_create
from apps.scenes.models import LipsyncLook
from apps.scenes.services import scene_create
from tests.composition.routes import composition, output
from tests.factories import make_asset, make_song
from tests.jobs.routes import cancelled_job, job
from tests.routes import Row, owned_api, owned_page, private_page


def project(owner):
    return {"project_id": project_create(by=owner, idea="rain").pk}


def sung_project(owner):
    return {"project_id": project_create(by=owner, idea="rain", audio_id=make_song(owner).asset_id).pk}


def scene(owner):
    arguments = project(owner)
    scene_create(by=owner, prompt="a street", **arguments)
    return {**arguments, "sequence": 1}


def looked_at_clip(owner):
    asset = make_asset(owner)
    LipsyncLook.objects.create(asset=asset, frame=b"jpeg")
    return {"asset_id": asset.pk}


def images(_owner):
    return {"flavor": "default", "config_type": "image_params"}


def draft(_owner):
    return {"provider": "draft", "name": "NOTHING"}


def action(arguments, **changes):
    """A button: it starts something and redirects to the page."""
    return owned_page(arguments, **{"method": "post", "as_form": True, "owner": 302, **changes})


SCENE = "projects/<uuid:project_id>/scenes/<int:sequence>"
PROJECT = "projects/<uuid:project_id>"

ROWS = {
    "": private_page(),
    # Without a session the sign-in page follows immediately and keeps what was typed.
    "create": [
        private_page(),
        private_page(method="post", as_form=True, anonymous=403, other=400, owner=400, staff=400),
    ],
    "connect": private_page(),
    "connect/<str:provider>/test": action(draft, other=403, owner=403, staff=200),
    "connect/<str:provider>/enter": action(draft, other=403, owner=403, staff=400),
    "connect/<str:provider>/forget/<str:name>": action(draft, other=403, owner=403, staff=400),
    PROJECT: owned_page(project),
    "quick-gen/<uuid:project_id>": owned_page(project),
    "edit/<uuid:project_id>": owned_page(project),
    f"{PROJECT}/quote": owned_page(project),
    f"{PROJECT}/flavor": action(project),
    f"{PROJECT}/generate": action(project),
    "create/models": private_page(),
    f"{PROJECT}/models/switch": action(project, data={"capability": "video"}),
    f"{PROJECT}/references/quote": owned_page(project),
    f"{PROJECT}/song/lyrics": [
        owned_page(sung_project),
        owned_page(sung_project, method="post", as_form=True, owner=400),
    ],
    f"{PROJECT}/song/lyrics/add": owned_page(sung_project, method="post", as_form=True, owner=400),
    f"{PROJECT}/song/stem": owned_page(
        sung_project, method="post", as_form=True, owner=400
    ),
    f"{SCENE}/models": [owned_page(scene), action(scene)],
    f"{PROJECT}/stop": action(project),
    f"{PROJECT}/write-scenes": action(project),
    # Nothing to compose yet: the page after the redirect shows the message.
    f"{PROJECT}/compose": action(project),
    f"{PROJECT}/stitch": action(project),
    f"{PROJECT}/delete": action(project),
    f"{PROJECT}/references": [owned_page(project), action(project)],
    f"{PROJECT}/song": [owned_page(sung_project), action(sung_project, anonymous=403, owner=400)],
    f"{PROJECT}/settings": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/budget": [owned_page(project), action(project)],
    f"{PROJECT}/estimate": owned_page(project),
    f"{PROJECT}/look": [owned_page(project), action(project)],
    f"{PROJECT}/lyrics": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/lyrics/song": action(project),
    f"{PROJECT}/lyrics/remove": action(project),
    f"{PROJECT}/outputs": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/outputs/<uuid:output_id>/compose": action(output),
    f"{PROJECT}/outputs/<uuid:output_id>/remove": action(output),
    f"{PROJECT}/versions": owned_page(project),
    f"{PROJECT}/versions/<uuid:composition_id>": owned_page(composition),
    f"{PROJECT}/versions/<uuid:composition_id>/bring-back": action(composition),
    f"{SCENE}/image": action(scene),
    f"{SCENE}/video": action(scene),
    f"{SCENE}/lipsync": [owned_page(scene), action(scene)],
    f"{SCENE}/retry": action(scene),
    f"{SCENE}/cancel": action(scene),
    f"{SCENE}/revert": action(scene),
    f"{SCENE}/words": [owned_page(scene), action(scene)],
    f"{SCENE}/trim": [owned_page(scene), action(scene)],
    f"{SCENE}/upload": [owned_page(scene), action(scene)],
    f"{SCENE}/delete": action(scene),
    f"{SCENE}/history": owned_page(scene),
    f"{SCENE}/compare": owned_page(scene),
    # No image is named: the page after the redirect shows the message.
    f"{SCENE}/images": [owned_page(scene), action(scene)],
    f"{SCENE}/look": [owned_page(scene), action(scene)],
    f"{SCENE}/arrange/<str:what>": action(lambda owner: {**scene(owner), "what": "duplicate"}),
    f"{PROJECT}/lipsync": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/lipsync/quote": owned_page(project),
    f"{PROJECT}/lipsync/preflight": owned_page(project, method="post", as_form=True, data={"scene": "1"}),
    "lipsync-frames/<uuid:asset_id>": owned_page(looked_at_clip),
    # Nothing is named: the page after the redirect shows the message.
    f"{PROJECT}/videos": [owned_page(project), action(project)],
    f"{PROJECT}/export": [owned_page(project), action(project)],
    f"{SCENE}/inspector": owned_page(scene),
    f"{SCENE}/soften": action(scene),  # there is no language model: the page after the redirect says so
    f"{SCENE}/quote/<str:what>": owned_page(lambda owner: {**scene(owner), "what": "image"}),
    f"{SCENE}/quick": action(scene),
    f"{SCENE}/quick/quote": owned_page(scene),
    "api/jobs/<uuid:job_id>/retry": owned_api(cancelled_job, method="post", owner=202),
    "jobs": private_page(),
    "account/spending": private_page(),
    "operator": private_page(other=403, owner=403),
    "operator/workers": private_page(other=403, owner=403),
    "jobs/<uuid:job_id>": owned_page(job),
    "jobs/<uuid:job_id>/cancel": action(job),
    "jobs/<uuid:job_id>/retry": action(cancelled_job),
    # The empty form is 400 for every signed-in user.
    "jobs/<uuid:job_id>/adopt": action(job, other=400, owner=400, staff=400),
    "jobs/<uuid:job_id>/excess": action(job, other=400, owner=400, staff=400),
    "flavors": [
        private_page(),
        Row(anonymous=302, other=403, owner=403, staff=400, method="post", as_form=True, data={"name": "default"}),
    ],
    "flavors/<str:flavor>/<str:config_type>/undo": Row(
        anonymous=302, other=403, owner=403, staff=404, method="post", as_form=True, arguments=images
    ),
    "flavors/<str:flavor>/<str:config_type>": [
        private_page(arguments=images),
        Row(
            anonymous=403, other=403, owner=403, staff=400,
            method="post", as_form=True, arguments=images, data={"text": "nonsense: [", "version": "0"},
        ),
    ],
    "api/mv/projects/<uuid:project_id>/generate": owned_api(project, method="post", owner=202),
    "api/mv/projects/<uuid:project_id>/generate/cancel": owned_api(project, method="post"),
    "api/mv/projects/<uuid:project_id>/generate/quote": owned_api(project, method="post"),
}  # fmt: skip
