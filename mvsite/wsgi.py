"""WSGI entry point of the web process."""

import os

from django.core.wsgi import get_wsgi_application
from django.template import engines
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")

application = get_wsgi_application()

# Django imports the views and makes the template engine at the first request, which would then take over a second.
# gunicorn imports this module once, before its processes part. Nothing here opens a connection or starts a thread.
_ = get_resolver().url_patterns, engines.all()
