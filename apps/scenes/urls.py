from django.urls import path

from apps.scenes import api, casting_api, entry_api, faces_api, images_api, lipsync_api, making_api, takes_api

PROJECT = "api/mv/projects/<uuid:project_id>"
SCENES = f"{PROJECT}/scenes"
SCENE = f"{SCENES}/<int:sequence>"

urlpatterns = [
    path(SCENES, api.SceneList.as_view(), name="scenes"),
    path(f"{SCENES}/reorder", api.SceneReorder.as_view(), name="scenes-reorder"),
    path(f"{SCENES}/redo_stale", entry_api.ScenesRedoStale.as_view(), name="scenes-redo-stale"),
    path(f"{SCENES}/redo_stale/quote", entry_api.ScenesRedoStaleQuote.as_view(), name="scenes-redo-stale-quote"),
    path(f"{SCENES}/continue", entry_api.ScenesContinue.as_view(), name="scenes-continue"),
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
    path(f"{SCENE}/remake", making_api.SceneRemake.as_view(), name="scene-remake"),
    path(f"{SCENE}/remake/quote", making_api.SceneRemakeQuote.as_view(), name="scene-remake-quote"),
    path(f"{SCENE}/soften", making_api.SceneSoften.as_view(), name="scene-soften"),
    path(f"{SCENE}/soften/quote", making_api.SceneSoftenQuote.as_view(), name="scene-soften-quote"),
    path(f"{SCENE}/trim", making_api.SceneTrim.as_view(), name="scene-trim"),
    path(f"{SCENE}/upload", making_api.SceneUpload.as_view(), name="scene-upload"),
    path(f"{SCENE}/images", images_api.SceneImages.as_view(), name="scene-images"),
    path(f"{SCENE}/use_image", images_api.SceneUseImage.as_view(), name="scene-use-image"),
    path(f"{SCENE}/pictures", casting_api.ScenePictures.as_view(), name="scene-pictures"),
    path(f"{SCENE}/clips", making_api.SceneClips.as_view(), name="scene-clips"),
    path(f"{SCENE}/clips/<uuid:clip_id>/keep", takes_api.TakeKeep.as_view(), name="take-keep"),
    path(f"{SCENE}/clips/<uuid:clip_id>/reject", takes_api.TakeReject.as_view(), name="take-reject"),
    path(f"{SCENE}/takes/judge", takes_api.TakesJudge.as_view(), name="takes-judge"),
    path(f"{SCENE}/takes/judge/quote", takes_api.TakesJudgeQuote.as_view(), name="takes-judge-quote"),
    path(f"{SCENE}/takes/best", takes_api.TakesBest.as_view(), name="takes-best"),
    path(f"{SCENE}/takes/best/quote", takes_api.TakesBestQuote.as_view(), name="takes-best-quote"),
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
    # Here and not with the other routes of subjects: removing one is undone with the scenes, and a picture may be
    # a frame of a scene's clip.
    path(f"{PROJECT}/subjects/<uuid:subject_id>", casting_api.SubjectInScenes.as_view(), name="subject"),
    path(f"{PROJECT}/subjects/<uuid:subject_id>/images", casting_api.SubjectPictures.as_view(), name="subject-images"),
    path(
        f"{PROJECT}/subjects/<uuid:subject_id>/images/<uuid:picture_id>",
        casting_api.SubjectPictureInScenes.as_view(),
        name="subject-image",
    ),
    path("api/assets/<uuid:asset_id>/faces", faces_api.AssetFaces.as_view(), name="asset-faces"),
    path(f"{PROJECT}/changes", api.Changes.as_view(), name="project-changes"),
    path(f"{PROJECT}/undo", api.ChangeUndo.as_view(), name="project-undo"),
    path(f"{PROJECT}/redo", api.ChangeRedo.as_view(), name="project-redo"),
]
