"""The Celery application. Messages carry a job id and nothing else; no result is kept."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")

app = Celery("mvsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
