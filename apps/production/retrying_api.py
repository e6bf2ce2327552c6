"""HTTP endpoint for retrying a job."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.acting import acting_user
from apps.core.idempotency import idempotent
from apps.generation.api import request_spending, validated
from apps.jobs.api import JobSerializer, job_response
from apps.production import retrying
from apps.scenes.request_serializers import SpendingSerializer


@extend_schema(request=SpendingSerializer, responses={202: JobSerializer})
@api_view(["POST"])
@idempotent
def job_retry(request: Request, job_id: UUID) -> Response:
    """Start the next attempt with the frozen parameters."""
    spending = request_spending(validated(SpendingSerializer, request))
    return job_response(request, retrying.job_retry(by=acting_user(request), job_id=job_id, spending=spending))
