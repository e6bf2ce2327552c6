from django.urls import path

from apps.composition import api, captions_api
from apps.composition.colors import api as colors_api
from apps.composition.crops.api import SceneFraming
from apps.composition.stills import api as stills_api
from apps.songs.lyrics.files import FORMS

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
    path(f"{PROJECT}/scenes/<int:sequence>/framing", SceneFraming.as_view(), name="scene-framing"),
    path(f"{PROJECT}/look", api.ProjectLookDetail.as_view(), name="project-look"),
    path(f"{PROJECT}/color_match", colors_api.ProjectColorMatch.as_view(), name="color-match"),
    path(f"{PROJECT}/color_match/cut", colors_api.color_match_cut, name="color-match-cut"),
    path(f"{PROJECT}/lyrics", api.ProjectLyrics.as_view(), name="lyrics"),
    path(f"{PROJECT}/captions", captions_api.captions_state, name="captions"),
    path(f"{PROJECT}/captions/preview", captions_api.captions_preview, name="captions-preview"),
    path(f"{PROJECT}/captions/font", captions_api.captions_font, name="captions-font"),
    *(
        path(f"{PROJECT}/captions.{form}", captions_api.captions_download, {"form": str(form)}, name="captions-file")
        for form in FORMS
    ),
    path(f"{PROJECT}/cover", stills_api.ProjectCover.as_view(), name="cover"),
    path(f"{PROJECT}/cover/frame", stills_api.cover_frame, name="cover-frame"),
    path(f"{PROJECT}/cover/image", stills_api.cover_image, name="cover-image"),
    path(f"{PROJECT}/export", api.ProjectExport.as_view(), name="export"),
]
