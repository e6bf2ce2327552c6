from django.urls import path

from apps.songs import api
from apps.songs.lyrics import api as lyrics_api
from apps.songs.lyrics.files import FORMS

LYRICS = "api/audio/<uuid:audio_id>/lyrics"

urlpatterns = [
    path("api/audio", api.SongList.as_view(), name="song-list"),
    path("api/audio/youtube", api.audio_import, name="audio-import"),
    path("api/audio/get/<uuid:audio_id>", api.audio_content, name="audio-content"),
    path("api/audio/<uuid:audio_id>", api.SongDetail.as_view(), name="song-detail"),
    path("api/audio/<uuid:audio_id>/peaks", api.audio_peaks, name="audio-peaks"),
    path("api/audio/<uuid:audio_id>/sung/listen", api.audio_sung_listen, name="audio-sung-listen"),
    path(LYRICS, lyrics_api.SongLyricsView.as_view(), name="song-lyrics"),
    path(f"{LYRICS}/undo", lyrics_api.SongLyricsUndo.as_view(), name="song-lyrics-undo"),
    path(f"{LYRICS}/redo", lyrics_api.SongLyricsRedo.as_view(), name="song-lyrics-redo"),
    path(f"{LYRICS}/lines/<int:index>", lyrics_api.lyrics_line, name="song-lyrics-line"),
    *(
        path(f"{LYRICS}.{form}", lyrics_api.lyrics_download, {"form": str(form)}, name="song-lyrics-file")
        for form in FORMS
    ),
]
