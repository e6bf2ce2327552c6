"""HTTP endpoint that cancels or retries many jobs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.accounts.models import User
from apps.core.errors import InputError
from apps.core.idempotency import idempotent
from apps.core.strict import MoneyField, StrictSerializer
from apps.generation.api import validated
from apps.jobs.api import JobFilter
from apps.jobs.models import Job
from apps.jobs.selectors import jobs_of
from apps.production.bulk import MOST_JOBS, Done, Selection, bulk_cancel, bulk_retry, jobs_found, jobs_named
from apps.work.work import Spending

ACTIONS = ["cancel", "retry"]


@extend_schema_field({"type": "object", "additionalProperties": {}, "description": "Names and values of GET /api/jobs"})
class FilterField(serializers.Field[Any, Any, Any, Any]):
    """The filters of the job list, as an object; a list for several values."""

    def to_internal_value(self, data: Any) -> Mapping[str, list[str]]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError('Give an object of filters, such as {"state": "failed"}.')
        unknown = [str(name)[:100] for name in data if str(name) not in JobFilter.base_filters]
        if unknown:
            known = ", ".join(JobFilter.base_filters)
            raise serializers.ValidationError(f"Unknown filters: {', '.join(unknown[:10])}. The filters are: {known}.")
        given = {str(name): value if isinstance(value, list) else [value] for name, value in data.items()}
        if any(not isinstance(one, str | bool | int) for values in given.values() for one in values):
            raise serializers.ValidationError("A filter's value is text, true or false, or a list of texts.")
        return {name: [str(one) for one in values] for name, values in given.items()}

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"oneOf": [{"type": "boolean"}, {"type": "number", "minimum": 0, "maximum": 99_999_999}]})
class ConfirmCostField(serializers.Field[Any, Any, Any, Any]):
    """true, or the most US dollars that all of it may cost together."""

    def to_internal_value(self, data: Any) -> bool | Decimal:
        if isinstance(data, bool) or str(data).lower() in {"true", "false"}:
            return str(data).lower() == "true"
        # A binary float may have more digits than anyone means.
        return Decimal(MoneyField().run_validation(round(data, 4) if isinstance(data, float) else data))

    def to_representation(self, value: Any) -> Any:
        return value


class BulkSerializer(StrictSerializer):
    """Either `ids` or `filter`. An empty filter means all the caller's jobs that the action fits."""

    action = serializers.ChoiceField(ACTIONS)
    ids = serializers.ListField(child=serializers.UUIDField(), required=False, allow_empty=False, max_length=MOST_JOBS)
    filter = FilterField(required=False)
    confirm_cost = ConfirmCostField(required=False)
    max_cost = MoneyField(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in data) == ("filter" in data):
            raise serializers.ValidationError("Give either ids or a filter.")
        return data


class BulkOutcomeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="job_id")
    outcome = serializers.CharField(help_text="cancelled, retried or skipped")
    reason = serializers.CharField(help_text='Why it was skipped, else ""')


class BulkDoneSerializer(serializers.Serializer[Any]):
    """`remaining`: jobs that one call doesn't reach; send it again for these."""

    action = serializers.CharField()
    done = serializers.IntegerField()
    skipped = serializers.IntegerField()
    remaining = serializers.IntegerField()
    total = MoneyField(help_text="What retrying costs together, in US dollars")
    jobs = BulkOutcomeSerializer(many=True)


def jobs_filtered(by: User, given: Mapping[str, list[str]], action: str) -> Selection:
    """Select jobs by the filters of the job list. Raises InputError for values that these don't have."""
    filtered = JobFilter(MultiValueDict(given), queryset=jobs_of(by))
    if not filtered.is_valid():
        raise InputError("The filter isn't valid.", errors={"filter": filtered.errors.get_json_data()})
    jobs: QuerySet[Job] = filtered.qs
    return jobs_found(jobs=jobs, action=action, any_state=not any(given.get("state", [])))


def bulk_run(by: User, action: str, chosen: Selection, spending: Spending) -> Done:
    if action == "cancel":
        return bulk_cancel(by=by, chosen=chosen)
    return bulk_retry(by=by, chosen=chosen, spending=spending)


class JobsBulk(APIView):
    @extend_schema(
        request=BulkSerializer,
        responses={200: BulkDoneSerializer, 402: None},
        summary="Cancel or retry many jobs; retrying what costs money needs confirm_cost",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        data, by = validated(BulkSerializer, request), acting_user(request)
        action = data["action"]
        if "ids" in data:
            chosen = jobs_named(by=by, ids=data["ids"], action=action)
        else:
            chosen = jobs_filtered(by, data["filter"], action)
        agreed = data.get("confirm_cost", False)
        confirmed = agreed if isinstance(agreed, bool) else chosen.total <= agreed
        spending = Spending(confirmed=confirmed, max_cost=data.get("max_cost"))
        done = bulk_run(by, action, chosen, spending)
        facts = {
            "action": action,
            "done": len(done.outcomes) - done.count("skipped"),
            "skipped": done.count("skipped"),
            "remaining": done.remaining,
            "total": done.total if action == "retry" else Decimal(0),
            "jobs": done.outcomes,
        }
        return Response(BulkDoneSerializer(facts).data)
