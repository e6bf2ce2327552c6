"""What goes wrong and when: a list that depends on the seed and the length alone, so that a run can be repeated."""

import random
from dataclasses import dataclass

# What a kill or a freeze hits. `media_child` is a process that works for the media worker.
PROGRAMS = ("web", "io", "media", "media_child", "housekeeping", "beat", "postgres", "valkey", "s3")
# What may happen to a request at a paid service, and which requests: the paid ones first.
SERVICE_FAULTS = ("cut", "lose_response", "hang", "latency", "status", "html")
ROUTES = {
    "chat": ("POST /v1/chat/completions",),
    "replicate": ("POST /v1/models/.*/predictions", "GET /v1/predictions", "GET /out/"),
    "sync_so": ("POST /v2/generate", "GET /v2/generat", "GET /output/"),
}
S3_FAULTS = ("reset", "cut_request", "slow_down", "slow", "lose_response", "cut_response")
# Between two faults, in a short run and in a long one, where work must get on between them; and how long those last
# that end by themselves.
SHORT_SECONDS = 60.0
SHORT_GAP_SECONDS, GAP_SECONDS = (1.0, 4.0), (2.0, 9.0)
LAST_SECONDS = (1.0, 6.0)


@dataclass(frozen=True)
class Step:
    """One fault, `at` seconds after the first project was begun.

    `kind`: `kill` or `freeze` (a program), `cut` (all connections to a server), `service` (requests to a paid service),
    `s3` (requests to the bucket), `disk` (it is full). `how` says which way, `times` how many requests.
    """

    at: float
    kind: str
    target: str
    how: str = ""
    times: int = 1
    seconds: float = 0.0

    @property
    def words(self) -> str:
        lasts = f" for {self.seconds:.1f} s" if self.seconds else ""
        many = f" ×{self.times}" if self.kind in {"service", "s3"} else ""
        return f"{self.kind} {self.target}{f' ({self.how})' if self.how else ''}{many}{lasts}"


def plan_make(*, seed: int, seconds: float) -> list[Step]:
    """Return the faults of a run. Each kind comes up before any comes again, so that a short run has most of them."""
    numbers = random.Random(seed)
    steps: list[Step] = []
    deck: list[tuple[str, str]] = []
    gap = SHORT_GAP_SECONDS if seconds <= SHORT_SECONDS else GAP_SECONDS
    at = numbers.uniform(*gap)
    while at < seconds:
        if not deck:
            deck = _deck()
            numbers.shuffle(deck)
        kind, target = deck.pop()
        steps.append(_step(numbers, at, kind, target, longest=max(1.0, seconds - at)))
        at += numbers.uniform(*gap)
    return steps


def _deck() -> list[tuple[str, str]]:
    kills = [("kill", program) for program in PROGRAMS]
    frozen = [("freeze", program) for program in ("web", "io", "media", "postgres", "valkey")]
    services = [("service", name) for name in ROUTES for _ in range(2)]
    return [*kills, *frozen, *services, ("s3", "bucket"), ("s3", "bucket"), ("cut", "postgres"), ("cut", "valkey"),
            ("disk", "data"), ("disk", "data")]  # fmt: skip


def _step(numbers: random.Random, at: float, kind: str, target: str, *, longest: float) -> Step:
    at, lasts = round(at, 2), round(min(longest, numbers.uniform(*LAST_SECONDS)), 2)
    if kind == "service":
        how, route = numbers.choice(SERVICE_FAULTS), numbers.choice(ROUTES[target])
        return Step(at, kind, target, how=f"{how} {route}", times=numbers.randint(1, 3), seconds=lasts)
    if kind == "s3":
        how = f"{numbers.choice(S3_FAULTS)} {numbers.choice(('PUT', 'GET', 'HEAD', 'POST'))}"
        return Step(at, kind, target, how=how, times=numbers.randint(1, 8))
    return Step(at, kind, target, seconds=lasts if kind in {"freeze", "disk"} else 0.0)
