from django.utils import timezone

from apps.gallery.models import FlavorPicture
from apps.projects.cast.services import subject_create
from apps.projects.services import project_create
from apps.scenes.models import LipsyncLook
from apps.scenes.services import scene_create
from tests.composition.routes import composition, output
from tests.factories import make_asset, make_song
from tests.jobs.routes import cancelled_job, job
from tests.routes import Row, owned_api, owned_page, private_api, private_page


def project(owner):
    return {"project_id": project_create(by=owner, idea="rain").pk}


def subject(owner):
    arguments = project(owner)
    row = subject_create(by=owner, kind="character", name="Mara", **arguments)
    return {**arguments, "subject_id": row.pk}


def sung_project(owner):
    return {"project_id": project_create(by=owner, idea="rain", audio_id=make_song(owner).asset_id).pk}


def scene(owner):
    arguments = project(owner)
    scene_create(by=owner, prompt="a street", **arguments)
    return {**arguments, "sequence": 1}


def looked_at_clip(owner):
    asset = make_asset(owner)
    LipsyncLook.objects.create(asset=asset, frames={"0.000": "/9j/"})
    return {"asset_id": asset.pk}


def images(_owner):
    return {"flavor": "default", "config_type": "image_params"}


def flavor_still(_owner):
    FlavorPicture.objects.get_or_create(
        recipe="abc", defaults={"values": {}, "still": b"RIFF", "shown_at": timezone.now()}
    )
    return {"recipe": "abc", "what": "still"}


def draft(_owner):
    return {"provider": "draft", "name": "NOTHING"}


def action(arguments, **changes):
    """A button: it starts something and redirects to the page."""
    return owned_page(arguments, **{"method": "post", "as_form": True, "owner": 302, **changes})


SCENE = "projects/<uuid:project_id>/scenes/<int:sequence>"
PROJECT = "projects/<uuid:project_id>"

ROWS = {
    "": private_page(),
    "sample": private_page(method="post", as_form=True, other=302, owner=302, staff=302),
    # Without a session the sign-in page follows immediately and keeps what was typed.
    "create": [
        private_page(),
        private_page(method="post", as_form=True, anonymous=403, other=400, owner=400, staff=400),
    ],
    "create/character": [private_page(), private_page(method="post", as_form=True)],
    "songs": private_page(),
    "songs/<uuid:audio_id>/delete": action(lambda owner: {"audio_id": make_song(owner).asset_id}),
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
    f"{PROJECT}/approve": action(project),
    f"{PROJECT}/approval": action(project),
    f"{PROJECT}/make-final": [owned_page(project), action(project)],
    "create/models": private_page(),
    "create/pace": private_page(),
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
    f"{PROJECT}/resume": action(project),
    f"{PROJECT}/write-scenes": action(project),
    # Nothing to compose yet: the page after the redirect shows the message.
    f"{PROJECT}/compose": action(project),
    f"{PROJECT}/stitch": action(project),
    f"{PROJECT}/delete": action(project),
    f"{PROJECT}/references": [owned_page(project), action(project)],
    f"{PROJECT}/cast": [
        owned_page(project),
        owned_page(project, method="post", as_form=True, owner=400),
    ],
    f"{PROJECT}/cast/<uuid:subject_id>": [
        owned_page(subject),
        owned_page(subject, method="post", as_form=True, owner=400),
    ],
    f"{PROJECT}/cast/frame/news": owned_page(project, method="post", as_form=True),
    f"{PROJECT}/cast/news": owned_page(project, method="post", as_form=True),
    f"{PROJECT}/cast/<uuid:subject_id>/news": owned_page(subject, method="post", as_form=True),
    f"{PROJECT}/cast/<uuid:subject_id>/quote/<str:what>": owned_page(lambda owner: {**subject(owner), "what": "draw"}),
    f"{PROJECT}/cast/<uuid:subject_id>/<str:what>": action(lambda owner: {**subject(owner), "what": "keep"}),
    f"{SCENE}/cast": action(scene),
    f"{PROJECT}/song": [owned_page(sung_project), action(sung_project, anonymous=403, owner=400)],
    f"{PROJECT}/settings": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/song/use": owned_page(project, method="post", as_form=True, owner=400),
    f"{PROJECT}/settings/news": owned_page(project, method="post", as_form=True),
    f"{PROJECT}/budget": [owned_page(project), action(project)],
    f"{PROJECT}/estimate": owned_page(project),
    f"{PROJECT}/cast/frame": [
        owned_page(project),
        owned_page(project, method="post", as_form=True, owner=400),
    ],
    f"{PROJECT}/look": [owned_page(project), action(project)],
    f"{PROJECT}/color-match": [owned_page(project), action(project)],
    f"{PROJECT}/captions": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/lyrics": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/lyrics/song": action(project),
    f"{PROJECT}/lyrics/remove": action(project),
    f"{PROJECT}/outputs": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/outputs/<uuid:output_id>": [owned_page(output), action(output, owner=400)],
    f"{PROJECT}/outputs/<uuid:output_id>/compose": action(output),
    # Nothing is behind: the page after the redirect shows the message.
    f"{PROJECT}/videos/again": action(project),
    f"{PROJECT}/cover": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/cover/remove": action(project),
    f"{PROJECT}/versions/compare": owned_page(project),
    f"{PROJECT}/outputs/<uuid:output_id>/remove": action(output),
    f"{PROJECT}/versions": owned_page(project),
    f"{PROJECT}/versions/<uuid:composition_id>": owned_page(composition),
    f"{PROJECT}/versions/<uuid:composition_id>/bring-back": action(composition),
    f"{SCENE}/image": action(scene),
    f"{SCENE}/video": action(scene),
    f"{SCENE}/remake": action(scene),
    f"{SCENE}/approve": action(scene),
    f"{SCENE}/redo": action(scene),
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
    f"{SCENE}/takes": owned_page(scene),
    f"{SCENE}/takes/best": action(scene),  # there is no language model
    f"{SCENE}/takes/judge": action(scene),
    f"{SCENE}/takes/keep": action(scene),  # no clip is named: the page after the redirect says so
    f"{SCENE}/takes/news": owned_page(scene),
    f"{SCENE}/takes/reject": action(scene),
    f"{SCENE}/takes/restore": action(scene),
    # No image is named: the page after the redirect shows the message.
    f"{SCENE}/images": [owned_page(scene), action(scene)],
    f"{SCENE}/gap": action(scene),
    f"{SCENE}/entry": [owned_page(scene), action(scene)],
    f"{SCENE}/look": [owned_page(scene), action(scene)],
    # A scene without a clip has nothing to crop.
    f"{SCENE}/crop": [owned_page(scene, owner=404), action(scene)],
    f"{SCENE}/arrange/<str:what>": action(lambda owner: {**scene(owner), "what": "duplicate"}),
    f"{PROJECT}/lipsync": [owned_page(project), action(project, owner=400)],
    f"{PROJECT}/lipsync/quote": owned_page(project),
    f"{PROJECT}/lipsync/preflight": owned_page(project, method="post", as_form=True, data={"scene": "1"}),
    "lipsync-frames/<uuid:asset_id>": owned_page(looked_at_clip),
    # Nothing is named: the page after the redirect shows the message.
    f"{PROJECT}/videos": [owned_page(project), action(project)],
    f"{PROJECT}/redo-stale": [owned_page(project), action(project)],
    f"{PROJECT}/continue": action(project),
    # Without clips there is nothing to pack: the form says so.
    f"{PROJECT}/export": [owned_page(project), action(project, owner=400)],
    f"{SCENE}/inspector": owned_page(scene),
    f"{SCENE}/soften": action(scene),  # there is no language model: the page after the redirect says so
    f"{SCENE}/quote/<str:what>": owned_page(lambda owner: {**scene(owner), "what": "image"}),
    f"{SCENE}/quick": action(scene),
    f"{SCENE}/quick/quote": owned_page(scene),
    "api/jobs/<uuid:job_id>/retry": owned_api(cancelled_job, method="post", owner=202),
    "api/jobs/pauses": private_api(),
    "api/jobs/bulk": private_api(method="post", data={"action": "cancel", "filter": {}}),
    "api/jobs/pause": private_api(method="post"),
    "api/jobs/resume": private_api(method="post"),
    "jobs": private_page(),
    "account/spending": private_page(),
    "account/spending/payoff": private_page(),
    "operator": private_page(other=403, owner=403),
    "operator/pause": action(lambda _owner: {}, other=403, owner=403, staff=302),
    "operator/resume": action(lambda _owner: {}, other=403, owner=403, staff=302),
    "operator/workers": private_page(other=403, owner=403),
    "jobs/pause": action(lambda _owner: {}, other=302, staff=302),
    "jobs/resume": action(lambda _owner: {}, other=302, staff=302),
    "jobs/bulk": action(lambda _owner: {}, data={"do": "cancel"}, other=302, staff=302),
    "jobs/<uuid:job_id>/first": action(job),
    "jobs/<uuid:job_id>": owned_page(job),
    "jobs/<uuid:job_id>/cancel": action(job),
    "jobs/<uuid:job_id>/retry": action(cancelled_job),
    # The empty form is 400 for every signed-in user.
    "jobs/<uuid:job_id>/adopt": action(job, other=400, owner=400, staff=400),
    "jobs/<uuid:job_id>/excess": action(job, other=400, owner=400, staff=400),
    "flavor-pictures/<str:flavor>": [
        private_page(arguments=images),
        private_page(method="post", as_form=True, arguments=images),
    ],
    "flavor-pictures/<str:recipe>/<str:what>": private_page(arguments=flavor_still),
    "flavors/<str:flavor>": [
        private_page(arguments=images),
        Row(anonymous=302, other=403, owner=403, staff=400, method="post", as_form=True, arguments=images),
    ],
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
