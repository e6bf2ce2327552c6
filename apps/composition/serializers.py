"""Serializers for composed videos."""

from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.assets.services import AssetUrls, asset_urls
from apps.composition.handoff.options import MarkerKind, TimelineStart
from apps.composition.hook import LONGEST_HOOK_SECONDS, SHORTEST_HOOK_SECONDS
from apps.composition.lyrics import lyrics_reading
from apps.composition.models import (
    SHORT_CLIP_CHOICES,
    Composition,
    Lyrics,
    Output,
    OutputFraming,
    SceneColor,
    SceneFraming,
    SceneLook,
    Transition,
)
from apps.composition.options import CaptionTrack
from apps.composition.outputs import OutputChanges
from apps.composition.selectors import composition_is_stale
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.core.strict import IdField, SecondsField, StrictSerializer
from apps.projects.models import AspectRatio, Resolution
from apps.projects.serializers import ResolutionField
from engines.lyrics.caption_look import CaptionPreset, CaptionStyle
from engines.lyrics.encodings import ENCODINGS
from engines.lyrics.fonts import family_named
from engines.lyrics.model import Line, Note, Word
from engines.lyrics.reading import MOST_BYTES

_MOST_VIDEOS = 200


class TransitionField(serializers.ChoiceField):
    """Accepts `dissolve` as an alias of crossfade, and `cut` of none."""

    NAMES: ClassVar = {"dissolve": Transition.CROSSFADE, "cut": Transition.NONE}

    def __init__(self, **options: Any) -> None:
        super().__init__(Transition.choices, **options)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(self.NAMES.get(data, data) if isinstance(data, str) else data)


class CaptionsSerializer(StrictSerializer):
    """How the words of the song are shown. `style`: `line` by line, `karaoke` (words fill while they are sung),
    `big_word` (one or two at a time, large), or `none`. `track`: burned into the picture, a soft one that viewers can
    turn on, or both. `font` is a family's name; empty leaves it to the scripts of the words. `preset`: their
    letters."""

    style = serializers.ChoiceField(  # type: ignore[assignment] # the library's hints for forms, which aren't used
        [style.value for style in CaptionStyle], required=False
    )
    track = serializers.ChoiceField([track.value for track in CaptionTrack], required=False)
    font = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=80)
    preset = serializers.ChoiceField([preset.value for preset in CaptionPreset], required=False)

    def validate_font(self, font: str | None) -> str:
        try:
            return family_named(font).name if font else ""
        except InputError as error:
            raise serializers.ValidationError(error.message) from error


class OverridesSerializer(StrictSerializer):
    """Overrides of the flavor's `compose_params`. Volumes are factors; fades are in seconds."""

    config_flavor = serializers.CharField(required=False, allow_blank=True)
    fit = serializers.ChoiceField(OutputFraming.choices, required=False)
    background = serializers.ChoiceField(["blur", "black"], required=False)
    short_clip = serializers.ChoiceField(SHORT_CLIP_CHOICES, required=False)
    slowest = serializers.FloatField(required=False, min_value=0.25, max_value=1)
    transition = TransitionField(required=False)
    transition_seconds = serializers.FloatField(required=False, min_value=0.04, max_value=3)
    clip_sound_volume = serializers.FloatField(required=False, min_value=0, max_value=4)
    song_volume = serializers.FloatField(required=False, min_value=0.01, max_value=2)
    fade_in_seconds = serializers.FloatField(required=False, min_value=0, max_value=10)
    fade_out_seconds = serializers.FloatField(required=False, min_value=0, max_value=10)
    loudness_lufs = serializers.FloatField(required=False, allow_null=True, min_value=-40, max_value=-5)
    quality = serializers.ChoiceField(["draft", "standard", "high"], required=False)


class _ColorMatchMixin(OverridesSerializer):
    color_match = serializers.BooleanField(
        required=False, help_text="Bring exposure and white balance of the scenes of each section together"
    )


class ComposeSerializer(_ColorMatchMixin):
    """`output_id`: compose this output instead of the project's own. `skip_missing`: scenes without a clip give their
    time to their neighbors. `reencode`: copy nothing from clips and song, for a video that failed its proof."""

    captions = CaptionsSerializer(required=False)
    output_id = IdField(required=False, allow_null=True)
    skip_missing = serializers.BooleanField(required=False)
    reencode = serializers.BooleanField(required=False)


class ProjectLookSerializer(_ColorMatchMixin):
    """Only the given fields change; null restores the flavor's value."""

    config_flavor = None  # type: ignore[assignment] # the project has its own
    fit = None  # type: ignore[assignment] # likewise
    captions = CaptionsSerializer(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = True
        return fields


class StitchSerializer(OverridesSerializer):
    video_ids = serializers.ListField(child=IdField(), min_length=1, max_length=_MOST_VIDEOS)
    audio_id = IdField(required=False, allow_null=True)
    audio_start = SecondsField(required=False)
    reencode = serializers.BooleanField(required=False, help_text="Copy nothing from the clips and the song")


class CompositionSerializer(serializers.ModelSerializer[Composition]):
    """`stale`: composing again would produce a different video. `is_current`: it is the project's final video."""

    video_id = serializers.UUIDField(source="asset_id")
    urls = serializers.SerializerMethodField()
    proof_sentence = serializers.CharField(source="proof.sentence")
    stale = serializers.SerializerMethodField()
    is_current = serializers.SerializerMethodField()
    clips = serializers.SerializerMethodField()
    duration_seconds = serializers.FloatField(source="asset.duration_seconds", allow_null=True)

    class Meta:
        model = Composition
        fields = [
            "id", "video_id", "urls", "poster_id", "thumbnails_id", "output_id", "job_id", "duration_seconds",
            "proof_sentence", "proof", "clips", "options", "stale", "is_current", "created_at",
        ]  # fmt: skip

    def get_urls(self, composition: Composition) -> AssetUrls:
        return asset_urls(composition.asset)

    def get_stale(self, composition: Composition) -> bool:
        return composition_is_stale(composition, self.context.get("now"))

    def get_is_current(self, composition: Composition) -> bool:
        return composition.asset_id == composition.project.final_video_id

    def get_clips(self, composition: Composition) -> list[dict[str, Any]]:
        names = ("sequence", "scene_id", "clip_id", "asset_id", "frames")
        return [{name: shot[name] for name in names} for shot in composition.plan["shots"]]


class OutputSerializer(serializers.ModelSerializer[Output]):
    """`captions`: what differs from the project's."""

    captions = serializers.SerializerMethodField()
    aspect_ratio = serializers.CharField()
    resolution = serializers.CharField()

    class Meta:
        model = Output
        fields = [
            "id", "name", "aspect_ratio", "resolution", "framing", "captions", "hook_seconds", "hook_start",
            "created_at",
        ]  # fmt: skip

    @extend_schema_field(CaptionsSerializer)
    def get_captions(self, output: Output) -> JsonObject:
        return dict(output.captions)


HOOK_LENGTH = {"min_value": Decimal(SHORTEST_HOOK_SECONDS), "max_value": Decimal(LONGEST_HOOK_SECONDS)}


class OutputWriteSerializer(StrictSerializer):
    """`hook_seconds`: only a short cut of exactly that length. It starts at `hook_start` (seconds of the used song), on
    a downbeat within a quarter of a second of it; the response says where. Without one, on the downbeat that the song's
    energy decides. Without a `name` it is named after its format. `framing`: clips
    of another shape are cropped around their focus (`fill`), shown whole (`fit`) or cropped along their scenes' paths
    (`follow`); without one, as the project's `fit`. `captions`: what differs from the project's."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=80)
    aspect_ratio = serializers.ChoiceField(AspectRatio.values)
    resolution = ResolutionField(default=Resolution.HD)
    framing = serializers.ChoiceField(OutputFraming.choices, required=False)
    captions = CaptionsSerializer(required=False)
    hook_seconds = SecondsField(required=False, allow_null=True, **HOOK_LENGTH)
    hook_start = SecondsField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("hook_start") is not None and attrs.get("hook_seconds") is None:
            raise serializers.ValidationError({"hook_start": ["Also give hook_seconds, the length of the cut."]})
        return attrs


class OutputChangeSerializer(StrictSerializer):
    """Only the given fields change. `captions`: all that differs from the project's; null follows the project again.
    Length and start are those of a cut; a null `hook_start` leaves the start to the song's energy."""

    null_means_omitted = False
    framing = serializers.ChoiceField(OutputFraming.choices, required=False)
    captions = CaptionsSerializer(required=False, allow_null=True)
    hook_seconds = SecondsField(required=False, **HOOK_LENGTH)
    hook_start = SecondsField(required=False, allow_null=True)

    def changes(self) -> OutputChanges:
        wanted = dict(self.validated_data)
        if "captions" in wanted:
            wanted["captions"] = wanted["captions"] or {}
        return OutputChanges(suggested_start="hook_start" in wanted and wanted["hook_start"] is None, **wanted)


class CoverWriteSerializer(StrictSerializer):
    """`seconds`: which moment of the film."""

    seconds = SecondsField()


class CandidateSerializer(serializers.Serializer[Any]):
    seconds = serializers.FloatField()
    sequence = serializers.IntegerField(help_text="the scene that it is from")
    preview_url = serializers.CharField()


class CoverSerializer(serializers.Serializer[Any]):
    """`seconds`, `picture_id` (the whole frame) and `poster_id` (in the project's shape) are null until somebody has
    picked a cover. `image_url` downloads it; add `output_id` for an output's shape, `form=png` for a PNG."""

    seconds = serializers.FloatField(allow_null=True)
    picture_id = serializers.UUIDField(allow_null=True)
    poster_id = serializers.UUIDField(allow_null=True)
    image_url = serializers.CharField()
    candidates = CandidateSerializer(many=True)


class SceneLookSerializer(serializers.ModelSerializer[SceneLook]):
    class Meta:
        model = SceneLook
        fields = ["focus_x", "focus_y", "framing", "short_clip", "transition", "color_match", "clip_volume"]


class SceneLookWriteSerializer(StrictSerializer):
    """`framing`: where an output follows, this scene is cropped along its path, or (`fixed`) around its focus.
    `color_match`: where the project matches colors, this scene moves towards the others of its section, is left as it
    is, or is the `reference` that they follow. Empty `short_clip` and `transition`, and a null `clip_volume`, use the
    project's settings."""

    null_means_omitted = False
    focus_x = serializers.FloatField(required=False, min_value=0, max_value=1)
    focus_y = serializers.FloatField(required=False, min_value=0, max_value=1)
    framing = serializers.ChoiceField(SceneFraming.choices, required=False)
    short_clip = serializers.ChoiceField(SHORT_CLIP_CHOICES, required=False, allow_blank=True)
    transition = TransitionField(required=False, allow_blank=True)
    color_match = serializers.ChoiceField(SceneColor.choices, required=False)
    clip_volume = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=4)


class ExportSerializer(StrictSerializer):
    """`timeline_start`: the timecode of the video's first frame; many editors start at one hour. `markers`: what of the
    song the OTIO and XML timelines mark; everything if missing, nothing if empty."""

    timeline_start = serializers.ChoiceField([start.value for start in TimelineStart], required=False)
    markers = serializers.ListField(
        child=serializers.ChoiceField([kind.value for kind in MarkerKind]),
        required=False,
        allow_empty=True,
        max_length=len(MarkerKind),
    )


class WordSerializer(serializers.Serializer[Word]):
    text = serializers.CharField()
    start = serializers.FloatField(source="start_seconds")
    end = serializers.FloatField(source="end_seconds")


class LyricsLineSerializer(serializers.Serializer[Line]):
    """Times are seconds of the song's file. `words` is empty where the file times only lines."""

    section = serializers.CharField()
    text = serializers.CharField()
    start = serializers.FloatField(source="start_seconds")
    end = serializers.FloatField(source="end_seconds")
    words = WordSerializer(many=True)


class LyricsNoteSerializer(serializers.Serializer[Note]):
    """What the reader left out or changed, and on which lines of the file."""

    sentence = serializers.CharField()
    lines = serializers.ListField(child=serializers.IntegerField())


class LyricsSerializer(serializers.ModelSerializer[Lyrics]):
    """`encoding_sure`: false where one of `other_encodings` reads the file about as well; choose one by PATCH.
    `missing_characters`: no font can draw these, so the lyrics can't be burned in."""

    format = serializers.CharField(source="reading.lyrics.format")
    lines = LyricsLineSerializer(many=True, source="reading.lyrics.lines")
    notes = LyricsNoteSerializer(many=True, source="reading.lyrics.notes")
    missing_characters = serializers.ListField(child=serializers.CharField(), source="reading.missing")
    other_encodings = serializers.ListField(child=serializers.CharField(), source="reading.encodings")

    class Meta:
        model = Lyrics
        fields = [
            "text", "original_name", "updated_at", "encoding", "encoding_sure", "other_encodings", "format", "lines",
            "notes", "missing_characters",
        ]  # fmt: skip

    def to_representation(self, instance: Lyrics) -> dict[str, Any]:
        instance.reading = lyrics_reading(instance)  # type: ignore[attr-defined] # read once for its fields
        return super().to_representation(instance)


class LyricsEncodingSerializer(StrictSerializer):
    """`encoding`: read the uploaded file in this one, such as `gb18030`."""

    encoding = serializers.ChoiceField(list(ENCODINGS.items()))


class LyricsUploadSerializer(StrictSerializer):
    """A `file` (LRC, SRT, VTT, ASS or TTML, at most 5 MB), or its `text`. Times refer to the song's file. Without an
    `encoding` it is recognized."""

    null_means_omitted = False
    encoding = serializers.ChoiceField(list(ENCODINGS.items()), required=False)
    file = serializers.FileField(required=False)
    text = serializers.CharField(required=False, max_length=MOST_BYTES, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "file" in attrs and attrs["file"].size > MOST_BYTES:
            raise serializers.ValidationError({"file": ["The lyrics are larger than 5 MB. Upload a smaller file."]})
        if not attrs.get("text") and "file" not in attrs:
            raise serializers.ValidationError({"file": ["Upload a file or send its text."]})
        return attrs
