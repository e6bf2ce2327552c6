from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "apps.jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can only be imported from here on.
        from apps.core.metrics import REGISTRY
        from apps.jobs.metrics import JobCollector

        REGISTRY.register(JobCollector())
