from django.urls import path

from apps.studio import generate_all_api, pro_api, quick_api, retrying_api

PROJECT = "api/mv/projects/<uuid:project_id>"

urlpatterns = [
    path("api/jobs/<uuid:job_id>/retry", retrying_api.job_retry, name="job-retry"),
    path("api/mv/lipsync", quick_api.QuickLipsync.as_view(), name="lipsync"),
    path(f"{PROJECT}/money", generate_all_api.ProjectMoney.as_view(), name="project-money"),
    path(f"{PROJECT}/generate", generate_all_api.ProjectGenerate.as_view(), name="project-generate"),
    path(f"{PROJECT}/generate/quote", generate_all_api.ProjectGenerateQuote.as_view(), name="project-generate-quote"),
    path(
        f"{PROJECT}/generate/cancel", generate_all_api.ProjectGenerateCancel.as_view(), name="project-generate-cancel"
    ),
    path("api/v1/sync/pro-sync-process", pro_api.pro_sync_process, name="pro-sync-process"),
    path("api/v1/sync/pro-sync-process/quote", pro_api.pro_sync_process_quote, name="pro-sync-process-quote"),
    path("api/v1/sync/pro-jobs", pro_api.ProJobList.as_view(), name="pro-job-list"),
    path("api/v1/sync/pro-jobs/<uuid:job_id>", pro_api.pro_job_detail, name="pro-job-detail"),
    path("api/v1/sync/pro-jobs/<uuid:job_id>/cancel", pro_api.pro_job_cancel, name="pro-job-cancel"),
    path("api/v1/sync/pro-jobs/<uuid:job_id>/retry", pro_api.pro_job_retry, name="pro-job-retry"),
]
