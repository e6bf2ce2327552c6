"""The WSGI entry point of the web process."""

import os

from django.core.wsgi import get_wsgi_application
from django.template import engines
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")

application = get_wsgi_application()

# Django imports the views and creates the template engine on the first request, which would then take over a second.
# gunicorn imports this module once, before forking, so nothing here may open a connection or start a thread.
_ = get_resolver().url_patterns, engines.all()
