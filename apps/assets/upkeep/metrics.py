"""Storage metrics for Prometheus, read from the database when it scrapes."""

import shutil
from collections.abc import Iterator

from django.db.models import Count, Min, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.assets.models import Asset, StorageCheck, StorageTotal
from apps.assets.store.disk import media_root
from apps.assets.store.scratch import cached_files


class StorageCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _assets()
        yield from _pending()
        yield from _deleted()
        yield from _checks()
        yield from _this_machine()


def _assets() -> Iterator[Metric]:
    files = GaugeMetricFamily("mvsite_assets", "Stored files.", labels=["kind", "stored_in"])
    size = GaugeMetricFamily("mvsite_asset_bytes", "Bytes of stored files.", labels=["kind", "stored_in"])
    groups = Asset.objects.values("kind", "stored_in").annotate(files=Count("pk"), bytes=Sum("size_bytes")).order_by()
    for group in groups:
        labels = [group["kind"], group["stored_in"]]
        files.add_metric(labels, group["files"])
        size.add_metric(labels, group["bytes"])
    return iter((files, size))


def _pending() -> Iterator[Metric]:
    pending = Asset.objects.filter(upload_pending=True).aggregate(
        files=Count("pk"), bytes=Sum("size_bytes"), oldest=Min("created_at")
    )
    age = (timezone.now() - pending["oldest"]).total_seconds() if pending["oldest"] else 0
    yield GaugeMetricFamily("mvsite_uploads_pending", "Files whose upload is pending.", pending["files"])
    size = pending["bytes"] or 0
    yield GaugeMetricFamily("mvsite_uploads_pending_bytes", "Bytes of the files whose upload is pending.", size)
    yield GaugeMetricFamily("mvsite_uploads_pending_oldest_seconds", "Age of the oldest pending upload.", age)


def _deleted() -> Iterator[Metric]:
    files = CounterMetricFamily("mvsite_deleted_files", "Files deleted since the installation.", labels=["reason"])
    size = CounterMetricFamily("mvsite_deleted_bytes", "Bytes deleted since the installation.", labels=["reason"])
    for total in StorageTotal.objects.all():
        files.add_metric([total.name], total.files)
        size.add_metric([total.name], total.size_bytes)
    return iter((files, size))


def _checks() -> Iterator[Metric]:
    problems = GaugeMetricFamily(
        "mvsite_storage_problems", "Problems found by the latest nightly check.", labels=["place", "problem"]
    )
    finished = GaugeMetricFamily("mvsite_storage_checked_seconds", "Unix time of the latest check.", labels=["place"])
    for check in StorageCheck.objects.order_by("place", "-started_at").distinct("place"):
        finished.add_metric([check.place], check.finished_at.timestamp())
        for problem, count in check.counts.items():
            problems.add_metric([check.place, problem], count)
    return iter((problems, finished))


def _this_machine() -> Iterator[Metric]:
    cached = sum(file.size_bytes for file in cached_files())
    yield GaugeMetricFamily("mvsite_scratch_cache_bytes", "Bytes of the scratch cache on this machine.", cached)
    free = shutil.disk_usage(media_root()).free
    yield GaugeMetricFamily("mvsite_media_folder_free_bytes", "Free bytes of this machine's media disk.", free)
