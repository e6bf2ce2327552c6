from django.urls import path

from apps.generation import api
from apps.generation.songs import lyrics_api, stem_api

ALIGN, STEM = "api/audio/<uuid:audio_id>/lyrics/align", "api/audio/<uuid:audio_id>/stem"

urlpatterns = [
    path("api/mv/create_scenes", api.CreateScenes.as_view(), name="create-scenes"),
    path("api/mv/create_scenes/quote", api.CreateScenesQuote.as_view(), name="create-scenes-quote"),
    path(
        "api/mv/generate_character_reference",
        api.GenerateCharacterReference.as_view(),
        name="generate-character-reference",
    ),
    path(
        "api/mv/generate_character_reference/quote",
        api.GenerateCharacterReferenceQuote.as_view(),
        name="generate-character-reference-quote",
    ),
    path("api/mv/generate_video", api.GenerateVideo.as_view(), name="generate-video"),
    path("api/mv/generate_video/quote", api.GenerateVideoQuote.as_view(), name="generate-video-quote"),
    path("api/mv/lipsync/quote", api.LipsyncQuote.as_view(), name="lipsync-quote"),
    path(STEM, stem_api.SongStem.as_view(), name="audio-stem"),
    path(f"{STEM}/quote", stem_api.StemQuote.as_view(), name="audio-stem-quote"),
    path(ALIGN, lyrics_api.lyrics_alignment, name="song-lyrics-align"),
    path(f"{ALIGN}/quote", lyrics_api.LyricsAlignmentQuote.as_view(), name="song-lyrics-align-quote"),
]
