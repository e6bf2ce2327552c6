"""The versions of a project's film: what changed between them, and what was verified about each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.composition.changes import plan_changes
from apps.composition.models import Composition
from apps.composition.selectors import CurrentPlans, composition_is_stale, compositions_of
from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.studio.live import Fragment
from apps.studio.project.cards import view_url
from apps.studio.words import PROOF_WORDS

# How many the project's page shows; the versions page has the rest.
NEWEST_VERSIONS = 6


@dataclass(frozen=True)
class ProofShown:
    """What was verified about a video: a sentence, and each check in words."""

    sentence: str
    checks: Sequence[tuple[str, JsonObject]]
    passed: bool


@dataclass(frozen=True)
class Version:
    """One composed video in the list."""

    composition: Composition
    changes: str
    stale: bool
    in_use: bool
    url: str
    poster_url: str
    proof: ProofShown


def proof_of(composition: Composition) -> ProofShown:
    checks = [(PROOF_WORDS.get(check["name"], check["name"]), check) for check in composition.proof.get("checks", ())]
    passed = bool(composition.proof.get("passed", all(check["passed"] for _, check in checks)))
    return ProofShown(composition.proof.get("sentence", ""), checks, passed)


def versions_of(now: CurrentPlans, found: Sequence[Composition]) -> list[Version]:
    """Return the versions of consecutive compositions, newest first. The last one only serves as the comparison for the
    one before it, unless it is the project's first."""
    earlier: Iterable[Composition | None] = [*found[1:], None]
    return [
        Version(
            composition=one,
            changes=plan_changes(before.plan if before else None, one.plan),
            stale=composition_is_stale(one, now),
            in_use=one.asset_id == now.project.final_video_id,
            url=view_url(one.asset),
            poster_url=view_url(one.poster),
            proof=proof_of(one),
        )
        for one, before in zip(found, earlier, strict=False)
    ]


def main_versions(project: Project) -> Any:
    """Return compositions in the project's own format, newest first."""
    return compositions_of(project).filter(output=None)


def versions_piece(now: CurrentPlans) -> Fragment:
    project = now.project
    # One more than is shown, to compare the last one against.
    found = list(main_versions(project)[: NEWEST_VERSIONS + 1])
    versions = versions_of(now, found)[:NEWEST_VERSIONS]
    facts = [(version.composition.pk, version.stale, version.in_use) for version in versions]
    more = len(found) > NEWEST_VERSIONS
    context = {"project": project, "versions": versions, "more": more}
    return Fragment("versions", "studio/deliver/versions.html", [*facts, more], context)
