from django.urls import path

from apps.assets import views
from apps.assets.uploading import resumable_api

urlpatterns = [
    path("api/mv/get_video/<uuid:asset_id>", views.get_video, name="get-video"),
    path("api/mv/get_video/<uuid:asset_id>/info", views.get_video_info, name="get-video-info"),
    path(
        "api/mv/get_character_reference/<uuid:asset_id>", views.get_character_reference, name="get-character-reference"
    ),
    path("api/mv/cleanup", views.cleanup, name="cleanup"),
    path("api/uploads", resumable_api.UploadList.as_view(), name="upload-list"),
    path("api/uploads/<uuid:upload_id>", resumable_api.UploadDetail.as_view(), name="upload-detail"),
    path("api/assets", views.asset_upload, name="asset-upload"),
    path("api/assets/<uuid:asset_id>", views.asset_detail, name="asset-detail"),
    path("api/assets/<uuid:asset_id>/content", views.asset_content, name="asset-content"),
    path("api/assets/shared/<str:token>/<str:name>", views.shared_content, name="asset-shared"),
]
