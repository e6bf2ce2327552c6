"""HTTP edge of resumable uploads: tus 1.0, and the field that accepts such an upload."""

import base64
import binascii
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.acting import acting_user
from apps.assets.errors import UploadVersion
from apps.assets.uploading import resumable
from apps.assets.uploading.uploads import largest_upload_bytes
from apps.core.errors import InputError
from apps.core.idempotency import idempotent

VERSION = "1.0.0"
PART_TYPE = "application/offset+octet-stream"


class UploadField(serializers.FileField):
    """A file in the form, or the id of an upload sent in parts. Give the serializer the request's context. Several
    files under one name are refused: only one of them would be kept."""

    def get_value(self, dictionary: Any) -> Any:
        sent = dictionary.getlist(self.field_name) if hasattr(dictionary, "getlist") else []
        return sent if len(sent) > 1 else super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list):
            raise serializers.ValidationError(f"You sent {len(data)} files. Send one file per request.")
        if not isinstance(data, str):
            return super().to_internal_value(data)
        upload = resumable.partial_named(by=acting_user(self.context["request"]), text=data)
        if upload is None:
            raise serializers.ValidationError("Send a file, or the id of a finished upload.")
        return super().to_internal_value(upload)


class _Tus(APIView):
    """What all responses of the protocol have in common."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        asked = request.headers.get("Tus-Resumable", VERSION)
        if asked != VERSION:
            raise UploadVersion(f"This server speaks tus {VERSION}, not {asked[:20]}.")

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002 - Django's signature
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,termination",
            "Tus-Max-Size": str(largest_upload_bytes()),
        }
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)


class UploadList(_Tus):
    @extend_schema(
        summary="Start an upload in parts (tus 1.0)",
        request=None,
        parameters=[
            OpenApiParameter("Upload-Length", OpenApiTypes.INT, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("Upload-Metadata", OpenApiTypes.STR, OpenApiParameter.HEADER),
        ],
        responses={201: None, 412: None, 413: None},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send the parts to `Location`. Then use the finished upload's id in place of a file."""
        size_bytes = _number(request, "Upload-Length")
        upload = resumable.partial_create(by=acting_user(request), size_bytes=size_bytes, name=_file_name(request))
        location = f"/api/uploads/{upload.id}"
        return Response(status=status.HTTP_201_CREATED, headers={"Location": location, "Upload-Offset": "0"})


class UploadDetail(_Tus):
    @extend_schema(summary="How much of an upload has arrived", responses={200: None})
    def head(self, request: Request, upload_id: UUID) -> Response:
        upload = resumable.partial_get(by=acting_user(request), upload_id=upload_id)
        return Response(headers={"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size_bytes)})

    @extend_schema(
        summary="Add a part at Upload-Offset",
        request={PART_TYPE: OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("Upload-Offset", OpenApiTypes.INT, OpenApiParameter.HEADER, required=True)],
        responses={204: None, 412: None, 423: None, 503: None},
    )
    def patch(self, request: Request, upload_id: UUID) -> Response:
        upload = resumable.partial_get(by=acting_user(request), upload_id=upload_id)
        if request.content_type != PART_TYPE:
            raise UnsupportedMediaType(str(request.content_type), f"Send the part as {PART_TYPE}.")
        # Read from Django's unread request, so that nothing is kept in memory.
        reached = resumable.partial_append(upload, offset=_number(request, "Upload-Offset"), read=request._request.read)
        return Response(status=status.HTTP_204_NO_CONTENT, headers={"Upload-Offset": str(reached)})

    @extend_schema(summary="Cancel an upload", responses={204: None, 412: None, 423: None})
    def delete(self, request: Request, upload_id: UUID) -> Response:
        resumable.partial_delete(by=acting_user(request), upload_id=upload_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdecimal() and len(value) < 16):
        raise InputError(f"Send {header} as a number of bytes.", errors={header: ["not a number"]})
    return int(value)


def _file_name(request: Request) -> str:
    """Return `filename` from `Upload-Metadata`, which is comma-separated `key base64`."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise InputError("The filename in Upload-Metadata is not Base64 of UTF-8.") from error
    return ""
