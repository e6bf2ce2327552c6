from django.urls import path

from apps.jobs import api, webhooks

urlpatterns = [
    path("api/jobs", api.JobList.as_view(), name="job-list"),
    path("api/jobs/<uuid:job_id>", api.job_detail, name="job-detail"),
    path("api/jobs/<uuid:job_id>/cancel", api.job_cancel, name="job-cancel"),
    path("api/jobs/<uuid:job_id>/first", api.job_first, name="job-first"),
    path("api/jobs/<uuid:job_id>/adopt", api.job_adopt, name="job-adopt"),
    path("api/jobs/<uuid:job_id>/excess", api.job_excess, name="job-excess"),
    path("api/webhooks/<str:provider_name>/<str:key>", webhooks.webhook, name="webhook"),
]
