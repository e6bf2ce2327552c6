"""Settings of beat, which only sends tasks by name on a schedule: the studio's own, without its code in memory."""

from mvsite.settings import *  # noqa: F403

INSTALLED_APPS = ["django_celery_beat"]
CELERY_IMPORTS = []
