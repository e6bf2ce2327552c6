"""What has to hold once the faults are over and the studio had time to settle. Reads the studio's database and the
fakes' bills."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.assets.models import Asset
from apps.assets.upkeep import checks as storage_checks
from apps.assets.upkeep.sweep import bucket_sweep, orphans_sweep
from apps.jobs.models import PAUSED, Job, LedgerEntry, LedgerKind, RemoteRun, RunStatus
from apps.jobs.sanity import PATIENCE
from apps.jobs.states import FINISHED, LIVE, Code, State
from apps.production.sanity import sanity_check
from apps.projects.models import Project
from bench.chaos.users import Made
from tests.fakes.chat import digest_of

# Older than the age at which the night's sweep takes leftovers for orphans.
NIGHT = timedelta(hours=48)
Bills = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass
class Check:
    """One thing that holds if `faults` is empty. `detail` is what was found."""

    name: str
    detail: str
    faults: list[str] = field(default_factory=list)


def unsettled() -> list[str]:
    """Return what still moves by itself."""
    live = Job.objects.filter(state__in=LIVE).exclude(state=State.QUEUED, progress_message__startswith=PAUSED)
    found = [f"{job.kind} {job.pk} is {job.state}: {job.progress_message}" for job in live[:20]]
    late = RemoteRun.objects.filter(status__in=[RunStatus.SUCCEEDED, RunStatus.SUBMITTED], job__state__in=FINISHED)
    found += [f"a late result of {run.job_id} is {run.status}" for run in late[:20]]
    for project in Project.objects.filter(generating=True):
        if not _waits_for_resuming(project):
            found.append(f"{project.title} goes on")
    return found


def _waits_for_resuming(project: Project) -> bool:
    jobs = Job.objects.filter(project_id=project.pk, state__in=LIVE)
    return jobs.exists() and all(job.is_paused for job in jobs)


def everything(*, made: Made, bills: Bills, left: Sequence[str]) -> list[Check]:
    """Check all. `left` is what had not settled in time."""
    works: list[Callable[[], Check]] = [
        lambda: Check("everything settled", "nothing moves by itself any more", list(left)),
        lambda: projects_ended(made),
        unexpected_errors,
        lambda: paid_once(bills),
        lambda: ledger_equals_bills(bills),
        rows_without_use,
        files,
        sanity,
    ]
    return [work() for work in works]


def projects_ended(made: Made) -> Check:
    """Every project has its film, or waits for a person with a reason."""
    ends: Counter[str] = Counter()
    faults = []
    for project in Project.objects.order_by("created_at"):
        if project.generating and _waits_for_resuming(project):
            ends["waits to be resumed"] += 1
        elif project.generating:
            faults.append(f"{project.title}: still generating")
        elif project.problem:
            ends["waits with a reason"] += 1
        elif project.final_video_id:
            ends["finished"] += 1
        elif not Job.objects.filter(project_id=project.pk).exists():
            ends["never started"] += 1  # its user gave up before `generate` was answered
        else:
            faults.append(f"{project.title}: neither a film nor a reason")
    for number, project_id in made.projects.items():
        if not Project.objects.filter(pk=project_id).exists():
            faults.append(f"project {number} was confirmed and is lost")
    for job in Job.objects.filter(state__in=[State.FAILED, State.NEEDS_ATTENTION], error=""):
        faults.append(f"job {job.pk} ({job.kind}) is {job.state} without a reason")
    for job_id in made.jobs:
        if not Job.objects.filter(pk=job_id).exists():
            faults.append(f"job {job_id} was confirmed and is lost")
    jobs = Counter(Job.objects.values_list("state", flat=True))
    return Check("every project is finished or waits with a reason", f"{dict(ends)}; jobs {dict(jobs)}", faults)


def reasons() -> list[str]:
    """Return what people are told, with how often."""
    told = [project.problem for project in Project.objects.exclude(problem="")]
    told += Job.objects.filter(state__in=[State.FAILED, State.NEEDS_ATTENTION], project_id=None).values_list(
        "error", flat=True
    )
    return [f"{count}× {words}" for words, count in Counter(told).most_common()]


def unexpected_errors() -> Check:
    """No job ended because of an error that nobody foresaw."""
    faults = []
    for job in Job.objects.filter(code=Code.INTERNAL_ERROR):
        told = [str(job.error_evidence.get(name, "")) for name in ("error", "text", "traceback")]
        faults.append(f"{job.kind} {job.pk}: {' '.join(told)}")
    events = Counter(Job.objects.filter(events__code=Code.WORKER_LOST).values_list("kind", flat=True))
    return Check("no unexpected error", f"workers lost at {dict(events)}", faults)


def paid_once(bills: Bills) -> Check:
    """No request was accepted twice by a service."""
    faults = []
    for name, entries in bills.items():
        for key, count in Counter(entry["key"] for entry in entries).items():
            if count > 1:
                faults.append(f"{name} accepted {count} requests with {key}")
    posts = {name: len(entries) for name, entries in bills.items()}
    return Check("no paid request was made twice", f"accepted: {posts}", faults)


def ledger_equals_bills(bills: Bills) -> Check:
    """Each attempt's spending is what its service charges; those of unknown outcome stay reserved."""
    faults: list[str] = []
    charged, spent, undecided = Decimal(0), Decimal(0), 0
    for name, entries in bills.items():
        runs = _runs_by_bill(name)
        billed: dict[tuple[Any, int], Decimal] = defaultdict(Decimal)
        for entry in entries:
            run = runs.get(entry["remote_id"]) or runs.get(entry["key"].rpartition("/")[2])
            if run is None:
                faults.append(f"{name} charges {entry['usd']} for {entry['key']}, which the studio does not know")
            elif _is_undecided(run):
                undecided += 1
            else:
                billed[run.job_id, run.attempt] += Decimal(entry["usd"])
        settled = LedgerEntry.objects.filter(provider=name, kind=LedgerKind.SETTLE)
        paid = {(entry.job_id, entry.attempt): entry.amount for entry in settled}
        for attempt in {*billed, *paid}:
            if billed.get(attempt, Decimal(0)) != paid.get(attempt, Decimal(0)):
                faults.append(
                    f"{name} charges {billed.get(attempt, 0)} for attempt {attempt[1]} of {attempt[0]}, "
                    f"the ledger says {paid.get(attempt, 0)}"
                )
        charged += sum(billed.values(), Decimal(0))
        spent += sum(paid.values(), Decimal(0))
    detail = f"${spent} in the ledger, ${charged} on the bills, {undecided} accepted requests are undecided"
    return Check("the ledger equals the bills", detail, faults)


def _runs_by_bill(name: str) -> dict[str, RemoteRun]:
    """Return the service's paid requests by whatever a bill says of one."""
    found: dict[str, RemoteRun] = {}
    for run in RemoteRun.objects.filter(provider=name).select_related("job"):
        found[run.key] = run
        if run.remote_id:
            found[run.remote_id] = run
        if name == "chat":
            # As the service got it: JSON doesn't tell tuples from lists.
            found[digest_of(json.loads(json.dumps(run.payload["body"])))] = run
    return found


def _is_undecided(run: RemoteRun) -> bool:
    """Nobody knows yet whether it was accepted, and its money stays reserved: a person decides, or if they cancelled,
    the studio looks it up for a quarter of an hour."""
    entries = LedgerEntry.objects.filter(job=run.job, attempt=run.attempt)
    open_reservation = entries.exists() and not entries.exclude(kind=LedgerKind.RESERVE).exists()
    return open_reservation and run.status in {RunStatus.SUBMITTING, RunStatus.UNKNOWN}


def rows_without_use() -> Check:
    """No file's row is left that nothing points to, except what users uploaded and the results of jobs."""
    pointing = [
        f"{relation.get_accessor_name() and relation.field.related_query_name()}"
        for relation in Asset._meta.related_objects
        if relation.related_model is not Asset
    ]
    unused = Asset.objects.filter(part_of=None, **{f"{name}__isnull": True for name in pointing})
    unused = unused.exclude(key__contains="/uploads/")
    told = json.dumps(list(Job.objects.values_list("result", flat=True)))
    lost = [asset for asset in unused if str(asset.pk) not in told]
    faults = [f"{asset.kind} {asset.key}" for asset in lost]
    return Check("no row without a use", f"{Asset.objects.count()} files have rows", faults)


def files() -> Check:
    """The night's sweep takes what killed processes left, and then every file has a row and every row its file."""
    night = timezone.now() + NIGHT
    swept = orphans_sweep(now=night, dry_run=False)
    objects = bucket_sweep(now=night, delete=True)
    again = orphans_sweep(now=night, dry_run=True)
    more = bucket_sweep(now=night, delete=False)
    faults = [f"{name} stays after the sweep" for name in again.examples]
    faults += [f"{name} stays in the bucket" for name in (more.examples if more else [])]
    faults += [f"{swept.failed} files could not be removed"] if swept.failed else []
    for check in (storage_checks.disk_check(now=night), storage_checks.bucket_check(now=night)):
        if check is not None:
            faults += [f"{one['problem']}: {one['key']}" for one in check.examples]
    places = Counter(Asset.objects.values_list("stored_in", flat=True))
    detail = (
        f"rows {dict(places)}, {Asset.objects.filter(upload_pending=True).count()} uploads to come; swept "
        f"{swept.files} files, {swept.temporary_folders} temporary folders, {objects.objects if objects else 0} objects"
    )
    return Check("no orphan, no missing file", detail, faults)


def sanity() -> Check:
    """The nightly comparison of rows finds nothing, with no patience left."""
    found = sanity_check(now=timezone.now() + 2 * PATIENCE)
    waiting = Job.objects.filter(Q(state=State.NEEDS_ATTENTION)).count()
    faults = [f"{one.name} {one.subject}: {one.detail}" for one in found]
    return Check("the sanity check is clean", f"{waiting} jobs need a person", faults)


def log_errors(lines: Iterable[str]) -> dict[str, int]:
    """Return the events that the studio logged as errors, with how often."""
    found: Counter[str] = Counter()
    for line in lines:
        start = line.find("{")
        try:
            entry = json.loads(line[start:]) if start >= 0 else {}
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("level") in {"error", "critical"}:
            # Without what is different each time: ids, addresses, and the end of long reasons.
            words = re.sub(r"\[[0-9a-f-]{36}\]|/\S+|[0-9a-f-]{36}", "…", str(entry.get("event")))
            found[words[:90]] += 1
    return dict(found.most_common())
