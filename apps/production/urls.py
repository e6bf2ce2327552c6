from django.urls import path

from apps.production import generate_all_api, quick_api, retrying_api

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
]
