from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "apps.gallery"
    default_auto_field = "django.db.models.BigAutoField"
