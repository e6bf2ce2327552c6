"""Helpers shared by tests of pages."""

import re

from apps.jobs.models import Job

HTMX = {"HX-Request": "true"}


def html_of(response):
    """Return the HTML without the whitespace beside its tags, most of which a browser doesn't show either."""
    html = re.sub(r"\s+", " ", response.content.decode()).replace(" >", ">")
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", html)


def page(browser, path, **options):
    return html_of(browser.get(path, **options))


def seen_of(html):
    """Return what the page's script would send back: the hash of every piece."""
    return re.findall(r' data-seen="([^"]+)"', html)


def poll(browser, path, held):
    """Send the page's poll."""
    return browser.post(path, {"seen": " ".join(held)}, headers=HTMX)


def make_job(owner, **fields):
    return Job.objects.create(**{"owner": owner, "kind": "video", "queue": "media", **fields})
