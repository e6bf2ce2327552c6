from functools import partial

from apps.jobs.kinds import Kind
from tests.jobs.routes import cancelled_job, job
from tests.routes import Row, owned_api, owned_page, private_api, private_page

pro_job = partial(job, kind=Kind.PRO_LIPSYNC)
cancelled_pro_job = partial(cancelled_job, kind=Kind.PRO_LIPSYNC)

ROWS = {
    "pro": private_page(),
    "pro/<uuid:job_id>": owned_page(pro_job),
    # The empty form is 415 or 400 for anyone allowed to send one.
    "api/v1/sync/pro-sync-process": Row(anonymous=401, other=415, owner=415, staff=415, method="post"),
    "api/v1/sync/pro-sync-process/quote": Row(anonymous=401, other=415, owner=415, staff=415, method="post"),
    "api/v1/sync/pro-jobs": private_api(),
    "api/v1/sync/pro-jobs/<uuid:job_id>": owned_api(pro_job),
    "api/v1/sync/pro-jobs/<uuid:job_id>/cancel": owned_api(pro_job, method="post"),
    "api/v1/sync/pro-jobs/<uuid:job_id>/retry": owned_api(cancelled_pro_job, method="post", owner=202),
}
