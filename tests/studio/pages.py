"""What tests of pages share."""

import re

from apps.jobs.models import Job

HTMX = {"HX-Request": "true"}


def page(browser, path, **options):
    return browser.get(path, **options).content.decode()


def seen_of(html):
    """What the page's script would send back: every piece with its hash."""
    return [f"{piece}:{seen}" for piece, seen in re.findall(r'id="([^"]+)"[^>]*? data-seen="([^"]+)"', html)]


def make_job(owner, **fields):
    return Job.objects.create(**{"owner": owner, "kind": "video", "queue": "media", **fields})
