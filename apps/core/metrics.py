"""/metrics for Prometheus. Apps register collectors that read the database, so every process returns the same."""

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from rest_framework.decorators import api_view, content_negotiation_class, permission_classes
from rest_framework.permissions import IsAdminUser

from apps.core.negotiation import AnyTypeNegotiation

# Not the library's default registry: it counts per process, and there are several processes.
REGISTRY = CollectorRegistry()


@extend_schema(exclude=True)
@api_view(["GET"])
@content_negotiation_class(AnyTypeNegotiation)
@permission_classes([IsAdminUser])
def metrics(request: HttpRequest) -> HttpResponse:
    """Staff only: give Prometheus the API token of a staff account."""
    encoder, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encoder(REGISTRY), content_type=content_type)
