from django.db import transaction

from apps.jobs import services
from apps.jobs.kinds import Kind
from apps.jobs.services import NewJob
from tests.routes import Row, owned_api, private_api


def job(owner, kind=Kind.VIDEO):
    with transaction.atomic():
        made = services.job_create(by=owner, new=NewJob(kind=kind))
    return {"job_id": made.pk}


def cancelled_job(owner, kind=Kind.VIDEO):
    arguments = job(owner, kind)
    services.job_cancel(by=owner, job_id=arguments["job_id"])
    return arguments


ROWS = {
    "api/jobs": private_api(),
    "api/jobs/<uuid:job_id>": owned_api(job),
    "api/jobs/<uuid:job_id>/cancel": owned_api(job, method="post"),
    "api/jobs/<uuid:job_id>/first": owned_api(job, method="post"),
    # The body is looked at before the job, so the empty one is 400 for everybody signed in.
    "api/jobs/<uuid:job_id>/adopt": owned_api(job, method="post", other=400, owner=400, staff=400),
    "api/jobs/<uuid:job_id>/excess": owned_api(job, method="post", other=400, owner=400, staff=400),
    # The signature is the permission.
    "api/webhooks/<str:provider_name>/<str:key>": Row(
        anonymous=404,
        other=404,
        owner=404,
        staff=404,
        method="post",
        arguments=lambda _owner: {"provider_name": "nobody", "key": "k"},
    ),
}
