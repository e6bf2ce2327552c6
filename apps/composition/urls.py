from django.urls import path

from apps.composition import api

PROJECT = "api/mv/projects/<uuid:project_id>"
COMPOSITION = f"{PROJECT}/compositions/<uuid:composition_id>"

urlpatterns = [
    path("api/mv/stitch_video", api.StitchVideo.as_view(), name="stitch-video"),
    path(f"{PROJECT}/compose", api.ProjectCompose.as_view(), name="compose"),
    path(f"{PROJECT}/final", api.ProjectFinal.as_view(), name="final"),
    path(f"{PROJECT}/compositions", api.CompositionList.as_view(), name="compositions"),
    path(COMPOSITION, api.CompositionDetail.as_view(), name="composition"),
    path(f"{COMPOSITION}/bring_back", api.CompositionBringBack.as_view(), name="composition-bring-back"),
    path(f"{PROJECT}/outputs", api.OutputList.as_view(), name="outputs"),
    path(f"{PROJECT}/outputs/<uuid:output_id>", api.OutputDetail.as_view(), name="output"),
    path(f"{PROJECT}/scenes/<int:sequence>/look", api.SceneLookDetail.as_view(), name="scene-look"),
    path(f"{PROJECT}/look", api.ProjectLookDetail.as_view(), name="project-look"),
    path(f"{PROJECT}/lyrics", api.ProjectLyrics.as_view(), name="lyrics"),
    path(f"{PROJECT}/export", api.ProjectExport.as_view(), name="export"),
]
