"""Serializers of subjects and their pictures."""

from typing import Any

from rest_framework import serializers

from apps.assets.services import picture_url
from apps.assets.uploading.resumable_api import UploadField
from apps.core.json import JsonObject
from apps.core.strict import IdField, StrictSerializer
from apps.generation.serializers import CallSerializer
from apps.projects.models import SubjectKind, SubjectPicture

# What a prompt of one scene can still hold, with others beside it.
WORDS_LENGTH = 2000
MOST_VARIANTS = 20


class VariantSerializer(StrictSerializer):
    """What is different about a subject in sections of this kind, such as "red dress" in the chorus."""

    section = serializers.CharField(max_length=40)
    description = serializers.CharField(max_length=WORDS_LENGTH)


class SubjectPatchSerializer(StrictSerializer):
    """`version` is the version the client last read; a change based on an older one is refused."""

    null_means_omitted = False

    kind = serializers.ChoiceField(SubjectKind.choices, required=False)
    name = serializers.CharField(required=False, max_length=80)
    description = serializers.CharField(required=False, allow_blank=True, max_length=WORDS_LENGTH)
    never_change = serializers.CharField(
        required=False, allow_blank=True, max_length=WORDS_LENGTH, help_text="What has to look the same everywhere"
    )
    color = serializers.RegexField(
        r"^(#[0-9a-fA-F]{6})?$", required=False, allow_blank=True, help_text="Of its tag on pages, such as #7cd4b8"
    )
    variants = serializers.ListField(child=VariantSerializer(), required=False, max_length=MOST_VARIANTS)
    position = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=1000,
        help_text="In the list, from 0; the first character leads",
    )
    version = serializers.IntegerField(required=False, min_value=1)


class SubjectWriteSerializer(SubjectPatchSerializer):
    """A new subject needs a `kind` and a `name`; with `copy_of`, the id of one of your other subjects, it is a copy of
    that one with its pictures, and nothing else is sent."""

    null_means_omitted = True
    version = None  # type: ignore[assignment]  # a new one has none

    copy_of = IdField(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "copy_of" in data:
            if len(data) > 1:
                raise serializers.ValidationError({"copy_of": "A copy is changed with PATCH once it is there."})
            return data
        missing = [name for name in ("kind", "name") if name not in data]
        if missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "A new subject needs one."))
        return data


class SubjectPictureSerializer(serializers.Serializer[SubjectPicture]):
    """The first one with `used` is sent with scenes; one with a `section` only in sections of that kind."""

    id = serializers.UUIDField()
    image_id = serializers.UUIDField(source="asset_id")
    image_url = serializers.SerializerMethodField()
    width = serializers.IntegerField(source="asset.width", allow_null=True)
    height = serializers.IntegerField(source="asset.height", allow_null=True)
    origin = serializers.CharField()
    view = serializers.CharField(help_text="What a reference sheet shows: front, profile, night, …")
    section = serializers.CharField()
    position = serializers.IntegerField(allow_null=True)
    used = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_image_url(self, picture: SubjectPicture) -> str:
        return picture_url(picture.asset_id)

    def get_used(self, picture: SubjectPicture) -> bool:
        return picture.position is not None


class SubjectSerializer(serializers.Serializer[Any]):
    """`project_id` is null for one that is kept in the library only; `copied_from` is the id of the subject it was
    copied from."""

    id = serializers.UUIDField()
    project_id = serializers.UUIDField(allow_null=True)
    kind = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    never_change = serializers.CharField()
    color = serializers.CharField()
    variants = VariantSerializer(many=True)
    position = serializers.IntegerField()
    images = SubjectPictureSerializer(many=True, source="pictures")
    copied_from = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LibrarySubjectSerializer(SubjectSerializer):
    project_title = serializers.CharField(source="project.title", default="")


class PictureUploadSerializer(StrictSerializer):
    file = UploadField(allow_empty_file=True)


class PictureChooseSerializer(StrictSerializer):
    """One of your images, such as a scene's."""

    image_id = IdField()


class PictureDrawSerializer(CallSerializer):
    """The `provider` that draws, or the `model`, or both. With `sheet`, the pictures of a reference sheet are drawn
    after the preferred picture: a person from the front, in three-quarter view, in profile and whole; a place by day
    and by night."""

    sheet = serializers.BooleanField(required=False)

    def validate(self, data: JsonObject) -> JsonObject:
        if not data.get("provider") and not data.get("model"):
            raise serializers.ValidationError({"file": ["Upload a file, or name the provider that draws the picture."]})
        return data


class PictureQuoteSerializer(CallSerializer):
    sheet = serializers.BooleanField(required=False)


class PicturePatchSerializer(StrictSerializer):
    """`position` counts from 0, the preferred one; null keeps the picture without using it."""

    null_means_omitted = False

    position = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=1000)
    section = serializers.CharField(required=False, allow_blank=True, max_length=40)
