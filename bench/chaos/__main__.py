"""People make films on the fake services while everything is killed, frozen, cut off and filled up.

    make chaos                                  # ten minutes, 50 projects
    make chaos SECONDS=60 SEED=7                # a minute, the faults of seed 7
    .venv/bin/python -m bench.chaos [--seconds 600] [--seed N] [--projects N] [--json] [--report FILE]

Runs what `make run` runs, on a disk, a bucket and services of its own. The faults and their times depend on the seed
and the length alone; what they hit also depends on the machine. At the end the faults stop, the studio gets time to
settle, and then it is checked that every project is finished or waits for a person with a reason, that no paid request
was made twice, that the ledger equals the services' bills, that no file and no row is left over or missing, and that
the sanity check is clean. The exit status is 1 if any of that fails. The report is kept as JSON; of a run that failed,
the studio's log, too.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.chaos.breaking import Breaker, Hit
from bench.chaos.plan import plan_make
from bench.chaos.servers import START_SECONDS, Disk, Fakes, Studio, fakes, s3_server, small_disk, studio
from bench.chaos.users import Users
from bench.orchestration import ROOT

KEPT = ROOT / "var" / "chaos"
# A project for each twelve seconds, so that there is always something to break.
SECONDS_PER_PROJECT = 12
LATENCY_SECONDS = 3.0
# Users go on trying for this long after the last fault.
FINISH_SECONDS = 60.0
TELL_SECONDS = 10.0
# This many rounds in a row, everything must have settled: between two jobs, a project looks idle.
QUIET_ROUNDS = 3


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"seed {options.seed} (repeat with: make chaos SECONDS={options.seconds:g} SEED={options.seed})", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o755)  # PostgreSQL may run as another user
    report = options.report or KEPT / f"seed-{options.seed}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    try:
        found = chaos(options, folder)
    finally:
        if not found.get("passed") and (folder / "studio.log").exists():
            shutil.copy(folder / "studio.log", report.with_suffix(".log"))
        shutil.rmtree(folder, ignore_errors=True)
    report.write_text(json.dumps(found, indent=1) + "\n")
    _show(found, report)
    if options.json:
        print(json.dumps(found), flush=True)
    return 0 if found["passed"] else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long things go wrong")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--projects", type=int, help="by default one for each 12 seconds, 50 at most")
    parser.add_argument("--settle", type=float, default=300.0, help="seconds that the studio gets afterwards")
    parser.add_argument("--report", type=Path, help="where to keep the report instead of var/chaos/")
    parser.add_argument("--json", action="store_true", help="end with the report as one line of JSON")
    options = parser.parse_args()
    if options.projects is None:
        options.projects = max(3, min(50, int(options.seconds / SECONDS_PER_PROJECT)))
    return options


def chaos(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run it all and return the report."""
    steps = plan_make(seed=options.seed, seconds=options.seconds)
    with ExitStack() as stack:
        disk: Disk | None = stack.enter_context(small_disk(folder / "data"))
        services = stack.enter_context(fakes(LATENCY_SECONDS))
        line = stack.enter_context(s3_server(folder))
        running = stack.enter_context(studio(folder, folder / "data", services.settings))
        users = Users(running.url, count=options.projects, seconds=options.seconds)
        breaker = Breaker(studio=running, fakes=services, line=line, disk=disk)
        users.start()
        users.busy.wait(START_SECONDS)
        began = time.monotonic()
        breaker.run(steps, tell=_tell)
        time.sleep(max(0.0, began + options.seconds - time.monotonic()))
        breaker.heal()
        print(f"{time.monotonic() - began:6.1f}  the faults are over", flush=True)
        healed = time.monotonic()
        running.ready_await()
        users.finish(FINISH_SECONDS)
        left = _settle(options.settle)
        settled_in = time.monotonic() - healed
        return _report(options, running, users, breaker.hits) | _checked(users, services, left, settled_in=settled_in)


def _tell(hit: Hit) -> None:
    print(f"{hit.at:6.1f}  {hit.step.words}: {hit.note}", flush=True)


def _settle(seconds: float) -> list[str]:
    """Wait until nothing moves by itself. Returns what still does after that time."""
    os.environ["LOG_LEVEL"] = "ERROR"  # what the checks log is in the report
    import django

    django.setup()
    from bench.chaos.checks import unsettled

    began, quiet = time.monotonic(), 0
    told = began
    while quiet < QUIET_ROUNDS and time.monotonic() < began + seconds:
        left = unsettled()
        quiet = 0 if left else quiet + 1
        if left and time.monotonic() > told + TELL_SECONDS:
            told = time.monotonic()
            print(f"        {len(left)} go on: {left[0]}", flush=True)
        time.sleep(2)
    return unsettled()


def _checked(users: Users, services: Fakes, left: list[str], *, settled_in: float) -> dict[str, Any]:
    from bench.chaos import checks

    bills = {name: services.bills(name) for name in services.urls}
    done = checks.everything(made=users.made, bills=bills, left=left)
    return {
        "settled_in_seconds": round(settled_in, 1),
        "checks": [asdict(check) | {"passed": not check.faults} for check in done],
        "reasons": checks.reasons(),
        "passed": not any(check.faults for check in done),
    }


def _report(options: argparse.Namespace, running: Studio, users: Users, hits: list[Hit]) -> dict[str, Any]:
    from bench.chaos.checks import log_errors

    with running.log.open(errors="replace") as lines:
        errors = log_errors(lines)
    return {
        "seed": options.seed,
        "seconds": options.seconds,
        "projects": len(users.made.projects),
        "faults": [asdict(hit.step) | {"hit_at": hit.at, "note": hit.note} for hit in hits],
        "requests": users.made.requests,
        "failed_requests": users.made.failed_requests,
        "refusals": users.made.refusals,
        "errors_logged": errors,
        "load": [round(one, 1) for one in os.getloadavg()],
    }


def _show(found: dict[str, Any], report: Path) -> None:
    print(
        f"\n{len(found['faults'])} faults in {found['seconds']:g} s, {found['projects']} projects; "
        f"{found['failed_requests']} of {found['requests']} requests of users failed and were sent again; "
        f"settled in {found['settled_in_seconds']} s; load {found['load'][0]}"
    )
    for check in found["checks"]:
        print(f"{'ok    ' if check['passed'] else 'FAILED'} {check['name']}: {check['detail']}")
        for fault in check["faults"][:10]:
            print(f"         {fault}")
    for words in [*found["reasons"], *found["refusals"]]:
        print(f"       told: {words}")
    for event, count in found["errors_logged"].items():
        print(f"       logged as an error: {count}× {event}")
    print(f"the report is {report}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
