"""Helpers shared by tests of pages."""

import re

from apps.jobs.models import Job

HTMX = {"HX-Request": "true"}


def page(browser, path, **options):
    return browser.get(path, **options).content.decode()


def seen_of(html):
    """Return what the page's script would send back: the hash of every piece."""
    return re.findall(r' data-seen="([^"]+)"', html)


def poll(browser, path, held):
    """Send the page's poll."""
    return browser.post(path, {"seen": " ".join(held)}, headers=HTMX)


def make_job(owner, **fields):
    return Job.objects.create(**{"owner": owner, "kind": "video", "queue": "media", **fields})
