from django.urls import path

from apps.generation import api

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
]
