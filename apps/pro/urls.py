from django.urls import path

from apps.pro import api

urlpatterns = [
    path("api/v1/sync/pro-sync-process", api.pro_sync_process, name="pro-sync-process"),
    path("api/v1/sync/pro-sync-process/quote", api.pro_sync_process_quote, name="pro-sync-process-quote"),
    path("api/v1/sync/pro-jobs", api.ProJobList.as_view(), name="pro-job-list"),
    path("api/v1/sync/pro-jobs/<uuid:job_id>", api.pro_job_detail, name="pro-job-detail"),
    path("api/v1/sync/pro-jobs/<uuid:job_id>/cancel", api.pro_job_cancel, name="pro-job-cancel"),
    path("api/v1/sync/pro-jobs/<uuid:job_id>/retry", api.pro_job_retry, name="pro-job-retry"),
]
