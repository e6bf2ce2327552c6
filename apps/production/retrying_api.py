"""HTTP edge of trying a job again."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.idempotency import idempotent
from apps.generation.api import validated, wanted_spending
from apps.jobs.api import JobSerializer, acting_user, job_response
from apps.production.retrying import job_try_again
from apps.scenes.serializers import SpendingSerializer


@extend_schema(request=SpendingSerializer, responses={202: JobSerializer})
@api_view(["POST"])
@idempotent
def job_retry(request: Request, job_id: UUID) -> Response:
    """Start the next attempt with the frozen parameters."""
    spending = wanted_spending(validated(SpendingSerializer, request))
    return job_response(request, job_try_again(by=acting_user(request), job_id=job_id, spending=spending))
