from django.urls import path

from apps.songs import api, stem_api

urlpatterns = [
    path("api/audio", api.SongList.as_view(), name="song-list"),
    path("api/audio/youtube", api.audio_import, name="audio-import"),
    path("api/audio/get/<uuid:audio_id>", api.audio_content, name="audio-content"),
    path("api/audio/<uuid:audio_id>", api.SongDetail.as_view(), name="song-detail"),
    path("api/audio/<uuid:audio_id>/peaks", api.audio_peaks, name="audio-peaks"),
    path("api/audio/<uuid:audio_id>/stem", stem_api.SongStem.as_view(), name="audio-stem"),
]
