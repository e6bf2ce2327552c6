from django.urls import path

from apps.catalog.api import Models

urlpatterns = [path("api/mv/models", Models.as_view(), name="models")]
