"""Routes that fail on purpose, for test_http_errors."""

import time

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes, throttle_classes
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle

from apps.accounts.models import User
from apps.core.errors import BudgetExceeded, ConflictError, InputError, NotFound, ProviderError
from mvsite import urls as real

ERRORS = {
    "input": InputError("Give a range inside the song.", errors={"end_time": "It is past the end."}),
    "not-found": NotFound("This project doesn't exist."),
    "conflict": ConflictError("A lip-sync is running."),
    "budget": BudgetExceeded("The cap of $5.00 stands in the way."),
    "provider": ProviderError("Replicate is busy.", retry_after=7.2, raw={"secret": "raw words"}),
    "404": Http404("No Project matches the given query."),
    "forbidden": PermissionDenied("Only the operator may do this."),
    "database": OperationalError("terminating connection; secret host"),
    "connection": InterfaceError("connection already closed"),
    "bug": ZeroDivisionError("secret detail"),
}


class Body(serializers.Serializer):
    name = serializers.CharField(max_length=10)
    parts = serializers.ListField(child=serializers.IntegerField(), required=False)


class OncePerHour(SimpleRateThrottle):
    rate = "1/h"
    cache_prefix = f"throttle-{time.time()}"

    def get_cache_key(self, request, view):
        return self.cache_prefix


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def raising(request, name):
    raise ERRORS[name]


@api_view(["POST"])
@permission_classes([AllowAny])
def body(request):
    checked = Body(data=request.data)
    checked.is_valid(raise_exception=True)
    return Response(checked.data)


@api_view(["POST"])
@permission_classes([AllowAny])
def store(request):
    """Stores input without a serializer, as a bug would."""
    User.objects.create(username=request.data["name"])
    return Response({})


@api_view(["GET"])
@permission_classes([AllowAny])
@throttle_classes([OncePerHour])
def throttled(request):
    return Response({})


@api_view(["GET"])
def private(request):
    return Response({"user": request.user.username})


def page(request, name):
    raise ERRORS[name]


@require_POST
def plain(request):
    return HttpResponse("done")


urlpatterns = [
    path("api/raise/<str:name>", raising),
    path("api/body", body),
    path("api/store", store),
    path("api/throttled", throttled),
    path("api/private", private),
    path("api/thing/<uuid:thing_id>", private),
    path("api/plain", plain),
    path("page/<str:name>", page),
    path("plain", plain),
    *real.urlpatterns,
]
handler400, handler403, handler404, handler500 = real.handler400, real.handler403, real.handler404, real.handler500
