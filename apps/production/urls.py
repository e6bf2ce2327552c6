from django.urls import path

from apps.production import (
    approving_api,
    bulk_api,
    finals_api,
    generate_all_api,
    payoff_api,
    queue_api,
    quick_api,
    retrying_api,
)

PROJECT = "api/mv/projects/<uuid:project_id>"
SCENES = f"{PROJECT}/scenes"
SCENE = f"{SCENES}/<int:sequence>"

urlpatterns = [
    path("api/jobs/<uuid:job_id>/retry", retrying_api.job_retry, name="job-retry"),
    path("api/jobs/pauses", queue_api.JobPauses.as_view(), name="job-pauses"),
    path("api/jobs/pause", queue_api.JobsPause.as_view(), name="jobs-pause"),
    path("api/jobs/bulk", bulk_api.JobsBulk.as_view(), name="jobs-bulk"),
    path("api/jobs/resume", queue_api.JobsResume.as_view(), name="jobs-resume"),
    path("api/mv/lipsync", quick_api.QuickLipsync.as_view(), name="lipsync"),
    path("api/mv/payoff", payoff_api.Payoffs.as_view(), name="payoff"),
    path("api/mv/payoff.csv", payoff_api.payoffs_csv, name="payoff-csv"),
    path(f"{PROJECT}/money", generate_all_api.ProjectMoney.as_view(), name="project-money"),
    path(f"{PROJECT}/generate", generate_all_api.ProjectGenerate.as_view(), name="project-generate"),
    path(f"{PROJECT}/generate/quote", generate_all_api.ProjectGenerateQuote.as_view(), name="project-generate-quote"),
    path(
        f"{PROJECT}/generate/cancel", generate_all_api.ProjectGenerateCancel.as_view(), name="project-generate-cancel"
    ),
    path(f"{PROJECT}/make_final", finals_api.ProjectFinal.as_view(), name="project-make-final"),
    path(f"{PROJECT}/make_final/quote", finals_api.ProjectFinalQuote.as_view(), name="project-make-final-quote"),
    path(f"{SCENES}/approve", approving_api.ScenesApprove.as_view(), name="scenes-approve"),
    path(f"{SCENES}/approve/quote", approving_api.ScenesApproveQuote.as_view(), name="scenes-approve-quote"),
    path(f"{SCENE}/approve", approving_api.SceneApprove.as_view(), name="scene-approve"),
    path(f"{SCENE}/approve/quote", approving_api.SceneApproveQuote.as_view(), name="scene-approve-quote"),
    path(f"{SCENE}/redo", approving_api.SceneRedo.as_view(), name="scene-redo"),
    path(f"{SCENE}/redo/quote", approving_api.SceneRedoQuote.as_view(), name="scene-redo-quote"),
]
