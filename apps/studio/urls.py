from django.urls import path

from apps.studio.pages import create, flavors, jobs, operator, pro, project, projects, scenes, spending

app_name = "studio"

PROJECT = "projects/<uuid:project_id>"
SCENE = f"{PROJECT}/scenes/<int:sequence>"

urlpatterns = [
    path("", projects.projects, name="projects"),
    path("create", create.create, name="create"),
    path(PROJECT, project.project, name="project"),
    path("quick-gen/<uuid:project_id>", project.quick_gen, name="quick-gen"),
    path("edit/<uuid:project_id>", project.edit, name="edit"),
    path(f"{PROJECT}/quote", project.project_quote, name="project-quote"),
    path(f"{PROJECT}/generate", project.project_generate, name="project-generate"),
    path(f"{PROJECT}/flavor", project.project_flavor, name="project-flavor"),
    path(f"{PROJECT}/stop", project.project_stop, name="project-stop"),
    path(f"{PROJECT}/write-scenes", project.project_write_scenes, name="project-write-scenes"),
    path(f"{PROJECT}/compose", project.project_compose_final, name="project-compose"),
    path(f"{PROJECT}/stitch", project.project_stitch, name="project-stitch"),
    path(f"{PROJECT}/delete", projects.project_remove, name="project-delete"),
    path(f"{SCENE}/image", scenes.scene_image, name="scene-image"),
    path(f"{SCENE}/video", scenes.scene_video, name="scene-video"),
    path(f"{SCENE}/lipsync", scenes.scene_lipsync, name="scene-lipsync"),
    path(f"{SCENE}/retry", scenes.scene_retry, name="scene-retry"),
    path(f"{SCENE}/cancel", scenes.scene_cancel, name="scene-cancel"),
    path(f"{SCENE}/revert", scenes.scene_revert, name="scene-revert"),
    path(f"{SCENE}/words", scenes.scene_words, name="scene-words"),
    path(f"{SCENE}/trim", scenes.scene_trim_clip, name="scene-trim"),
    path(f"{SCENE}/upload", scenes.scene_upload_clip, name="scene-upload"),
    path(f"{SCENE}/delete", scenes.scene_remove, name="scene-delete"),
    path(f"{SCENE}/inspector", scenes.scene_inspector, name="scene-inspector"),
    path(f"{SCENE}/quote/<str:what>", scenes.scene_quote, name="scene-quote"),
    path(f"{SCENE}/adopt", scenes.scene_adopt, name="scene-adopt"),
    path(f"{SCENE}/history", scenes.scene_history, name="scene-history"),
    path("jobs", jobs.jobs, name="jobs"),
    path("jobs/<uuid:job_id>", jobs.job, name="job"),
    path("jobs/<uuid:job_id>/cancel", jobs.job_stop, name="job-cancel"),
    path("jobs/<uuid:job_id>/retry", jobs.job_again, name="job-retry"),
    path("jobs/<uuid:job_id>/adopt", jobs.job_adopt_result, name="job-adopt"),
    path("pro", pro.pro, name="pro"),
    path("pro/<uuid:job_id>", pro.pro_job, name="pro-job"),
    path("account/spending", spending.spending, name="spending"),
    path("operator", operator.operator, name="operator"),
    path("operator/workers", operator.operator_workers, name="operator-workers"),
    path("flavors", flavors.flavors, name="flavors"),
    path("flavors/<str:flavor>/<str:config_type>", flavors.flavor, name="flavor"),
]
