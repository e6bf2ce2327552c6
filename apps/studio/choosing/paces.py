"""The paces of a new project, with what each would mean for the chosen song."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts.models import User
from apps.core.errors import InputError, NotFound
from apps.flavors.registry import resolve
from apps.production.paces import PacePlan, pace_plans
from apps.production.project_money import Estimate, project_estimate
from apps.projects.models import Project
from apps.projects.services import ProjectFields, project_sketch
from apps.songs.models import AnalysisState
from apps.studio.choosing.requests import USUAL_IDEA
from apps.studio.choosing.wording import seconds_words
from apps.studio.forms import CreateForm
from apps.studio.templatetags.studio import money

# Shots whose lengths differ by less than this are as good as equal.
_ALIKE_SECONDS = 1.0


@dataclass(frozen=True)
class PaceRow:
    """One pace in words: its name, how many shots, how long, and what everything would cost. `chosen`: the one in the
    form; `steps` is what it costs in two steps, "" where it is free; `pictures` the first of them in US dollars, None
    if it isn't known."""

    name: str
    of_flavor: bool
    shots: str
    lengths: str
    price: str
    note: str
    chosen: bool = False
    steps: str = ""
    pictures: Decimal | None = None


@dataclass(frozen=True)
class PaceTable:
    """`again` is when to ask again, as htmx says it: where the song is still being analyzed, the rows follow. `problem`
    says why there are none."""

    rows: Sequence[PaceRow] = ()
    again: str = ""
    problem: str = ""
    # There is no song, so there is nothing to set a pace to: only the price is known.
    songless: PaceRow | None = None

    @property
    def chosen(self) -> PaceRow | None:
        return next((row for row in self.rows if row.chosen), self.songless)


# For a page that shows a song and leaves the counting for later.
LATER = PaceTable(again="load")
NO_SONG = PaceTable(again="load", songless=PaceRow("", False, "", "", "", ""))


def create_paces(by: User, form: CreateForm) -> PaceTable:
    """Return the paces for what is in the form so far; no rows without a song."""
    form.full_clean()
    if wrong := form.errors.get("number_of_scenes"):
        return PaceTable(problem=str(wrong[0]))
    try:
        project = project_sketch(by=by, **sketch_fields(form))
        if project.song is not None and project.song.analysis_state == AnalysisState.WAITING:
            return PaceTable(again="load delay:2s")
        if project.song is None:
            return PaceTable(songless=_songless(by, project))
        chosen = form.cleaned_data.get("pace", "")
        return PaceTable([_row(plan, project, chosen) for plan in pace_plans(by=by, project=project)])
    except (InputError, NotFound) as error:
        return PaceTable(problem=error.message)


def sketch_fields(form: CreateForm) -> ProjectFields:
    """Return what is known already. Fields that aren't right yet are left out: sending the form says what is wrong."""
    data = getattr(form, "cleaned_data", {})
    fields: ProjectFields = {
        "title": "A new project",
        "idea": USUAL_IDEA,
        "audio_id": data.get("audio_id"),
        "song_start": data.get("song_start") or Decimal(0),
        "song_end": data.get("song_end"),
        "flavor": data.get("flavor") or "default",
        "number_of_scenes": data.get("number_of_scenes"),
        "character_description": data.get("character_description", ""),
        "character_reference_id": data.get("character_reference_id"),
        "providers": form.providers(),
        "chosen_models": form.chosen_models(),
    }
    if data.get("aspect_ratio"):
        fields["aspect_ratio"] = data["aspect_ratio"]
    if data.get("resolution"):
        fields["resolution"] = data["resolution"]
    return fields


def _row(plan: PacePlan, project: Project, chosen: str) -> PaceRow:
    count = len(plan.lengths)
    exact = project.number_of_scenes is not None
    return PaceRow(
        name=plan.name,
        of_flavor=plan.of_flavor,
        shots=f"{'' if exact else 'About '}{count} shot{'' if count == 1 else 's'}",
        lengths=_lengths(plan),
        price="" if plan.amount is None else money(plan.amount),
        note=_note(plan),
        chosen=plan.name == chosen if chosen else plan.of_flavor,
        steps=_steps(plan),
        pictures=plan.pictures,
    )


def _songless(by: User, project: Project) -> PaceRow:
    values = resolve(project.flavor, "parameters").values
    count = project.number_of_scenes or values["number_of_scenes"]
    estimate = project_estimate(by=by, project=project)
    return PaceRow(
        name="",
        of_flavor=False,
        shots=f"{count} shot{'' if count == 1 else 's'}",
        lengths=f"{seconds_words(values['duration_seconds'])} each",
        price="" if estimate.amount is None else money(estimate.amount),
        note=estimate.problem,
        steps=_steps(estimate),
        pictures=estimate.pictures,
    )


def _steps(plan: PacePlan | Estimate) -> str:
    """Return what pictures and clips cost apart: pictures can be made and looked at before any clip is paid for."""
    if not plan.amount or plan.pictures is None:
        return ""
    pictures, clips = (money(amount) if amount else "free" for amount in (plan.pictures, plan.amount - plan.pictures))
    return f"Pictures first: {pictures}, then clips {clips}"


def _lengths(plan: PacePlan) -> str:
    if plan.longest - plan.shortest < _ALIKE_SECONDS:
        return f"{seconds_words(plan.usual)} each"
    return f"{plan.usual:.1f} s on average, {plan.shortest:.1f} to {plan.longest:.1f} s"


def _note(plan: PacePlan) -> str:
    if not plan.clip_seconds:
        return ""
    return (
        f"The chosen model sells clips of {min(plan.clip_seconds)} s and more. "
        "Shots are fitted to their lengths, so that little is paid for in vain."
    )
