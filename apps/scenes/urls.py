from django.urls import path

from apps.scenes import api, images_api, lipsync_api, making_api

PROJECT = "api/mv/projects/<uuid:project_id>"
SCENES = f"{PROJECT}/scenes"
SCENE = f"{SCENES}/<int:sequence>"

urlpatterns = [
    path(SCENES, api.SceneList.as_view(), name="scenes"),
    path(f"{SCENES}/reorder", api.SceneReorder.as_view(), name="scenes-reorder"),
    path(f"{SCENES}/generate", making_api.ScenesGenerate.as_view(), name="scenes-generate"),
    path(f"{SCENES}/generate/quote", making_api.ScenesGenerateQuote.as_view(), name="scenes-generate-quote"),
    path(SCENE, api.SceneDetail.as_view(), name="scene"),
    path(f"{SCENE}/split", api.SceneSplit.as_view(), name="scene-split"),
    path(f"{SCENE}/merge", api.SceneMerge.as_view(), name="scene-merge"),
    path(f"{SCENE}/duplicate", api.SceneDuplicate.as_view(), name="scene-duplicate"),
    path(f"{SCENE}/generate_image", making_api.SceneImage.as_view(), name="scene-image"),
    path(f"{SCENE}/generate_image/quote", making_api.SceneImageQuote.as_view(), name="scene-image-quote"),
    path(f"{SCENE}/generate_video", making_api.SceneVideo.as_view(), name="scene-video"),
    path(f"{SCENE}/generate_video/quote", making_api.SceneVideoQuote.as_view(), name="scene-video-quote"),
    path(f"{SCENE}/soften", making_api.SceneSoften.as_view(), name="scene-soften"),
    path(f"{SCENE}/soften/quote", making_api.SceneSoftenQuote.as_view(), name="scene-soften-quote"),
    path(f"{SCENE}/trim", making_api.SceneTrim.as_view(), name="scene-trim"),
    path(f"{SCENE}/upload", making_api.SceneUpload.as_view(), name="scene-upload"),
    path(f"{SCENE}/images", images_api.SceneImages.as_view(), name="scene-images"),
    path(f"{SCENE}/use_image", images_api.SceneUseImage.as_view(), name="scene-use-image"),
    path(f"{SCENE}/clips", making_api.SceneClips.as_view(), name="scene-clips"),
    path(f"{SCENE}/revert", making_api.SceneRevert.as_view(), name="scene-revert"),
    path(f"{PROJECT}/lipsync", lipsync_api.ScenesLipsync.as_view(), name="scenes-lipsync"),
    path(f"{PROJECT}/lipsync/quote", lipsync_api.ScenesLipsyncQuote.as_view(), name="scenes-lipsync-quote"),
    path(f"{PROJECT}/lipsync/<int:sequence>", lipsync_api.SceneLipsync.as_view(), name="scene-lipsync"),
    path(
        f"{PROJECT}/lipsync/<int:sequence>/quote", lipsync_api.SceneLipsyncQuote.as_view(), name="scene-lipsync-quote"
    ),
    path(
        f"{PROJECT}/lipsync/<int:sequence>/check",
        lipsync_api.SceneLipsyncCheck.as_view(),
        name="scene-lipsync-check",
    ),
    path(f"{PROJECT}/undo", api.ChangeUndo.as_view(), name="project-undo"),
    path(f"{PROJECT}/redo", api.ChangeRedo.as_view(), name="project-redo"),
]
