"""Songs as the API reads and writes them."""

import math
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.assets.services import picture_url
from apps.assets.uploading.resumable_api import UploadField
from apps.core.guarded_fetch import FetchRefused, web_address_check
from apps.core.strict import StrictSerializer
from apps.songs.grid_edits import GridEdit, Operation
from apps.songs.models import Song
from apps.songs.named_sections import song_sections
from apps.songs.section_edits import LABEL_LENGTH, MOST_SECTIONS
from apps.songs.services import SongChanges
from apps.songs.stored import LONG_PARTS
from apps.songs.sung import MOST_SPANS, SungEdit, rests_unknown, sung_map
from engines.listening.voice import VoiceKind, VoiceSpan

# More taps than anyone makes in a song.
MOST_TAPS = 2000
RESET = "reset"


class FiniteField(serializers.FloatField):
    """A finite number: forms may also contain "nan" or "inf"."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class TempoAlternativeSerializer(serializers.Serializer[Any]):
    """Another tempo the song can be counted at; the grid operation `choose` with its `bpm` takes it."""

    bpm = serializers.FloatField()
    score = serializers.FloatField(help_text="how likely it is, 0…1")


class SongSerializer(serializers.ModelSerializer[Song]):
    """A song in lists. `analysis_state` is waiting, done or failed; the song can be used in any of these."""

    id = serializers.UUIDField(source="asset_id", help_text="The audio_id of other calls")
    duration_seconds = serializers.FloatField(source="asset.duration_seconds", allow_null=True)
    content_type = serializers.CharField(source="asset.content_type")
    size_bytes = serializers.IntegerField(source="asset.size_bytes")
    stem_id = serializers.UUIDField(allow_null=True)
    cover_url = serializers.SerializerMethodField(help_text="The picture in the song's tags, once it is analyzed")
    audio_url = serializers.SerializerMethodField()
    warning = serializers.CharField(read_only=True, help_text="Where the file is damaged; empty if it is intact")
    tempo_bpm = serializers.SerializerMethodField()
    beat_confidence = serializers.SerializerMethodField()
    tempo_alternatives = serializers.SerializerMethodField(
        help_text="other likely tempos, such as half or twice `tempo_bpm`, likeliest first; empty if the tempo is clear"
    )

    class Meta:
        model = Song
        fields = [
            "id", "title", "artist", "source_url", "duration_seconds", "content_type", "size_bytes", "stem_id",
            "cover_url", "audio_url", "analysis_state", "analysis_error", "warning", "tempo_bpm", "beat_confidence",
            "tempo_alternatives", "created_at",
        ]  # fmt: skip

    def get_audio_url(self, song: Song) -> str:
        return f"/api/audio/get/{song.asset_id}"

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_cover_url(self, song: Song) -> str | None:
        return picture_url(song.cover_id) if song.cover_id else None

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_tempo_bpm(self, song: Song) -> Any:
        return song.grid.get("tempo_bpm")

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_beat_confidence(self, song: Song) -> Any:
        return song.grid.get("confidence")

    @extend_schema_field(TempoAlternativeSerializer(many=True))
    def get_tempo_alternatives(self, song: Song) -> Any:
        return song.grid.get("alternatives", [])


class SungSpanSerializer(StrictSerializer):
    """A passage with a voice, in seconds of the file. `confidence` is 0…1, and 1 where a person said so."""

    start = FiniteField(min_value=0)
    end = FiniteField(min_value=0)
    kind = serializers.ChoiceField(choices=[str(kind) for kind in VoiceKind], default=str(VoiceKind.SINGING))
    confidence = serializers.FloatField(read_only=True)


class SongDetailSerializer(SongSerializer):
    """A song with its analysis. `grid` is empty until the analysis has finished."""

    grid = serializers.JSONField(
        help_text="rule (segments of constant tempo), tempo_bpm, confidence 0…1 (low where another tempo is about as "
        "likely), downbeat_confidence, alternatives (bpm, score), advisory, edited, beats, downbeats"
    )
    analysis = serializers.SerializerMethodField()
    sings = serializers.SerializerMethodField(
        help_text="whether somebody sings or speaks; null before the analysis, and where it isn't sure: then PATCH it"
    )
    sung = serializers.SerializerMethodField(help_text="the passages with a voice, in order of time")
    sung_by_hand = serializers.SerializerMethodField(help_text="whether a person said so")
    rests_unknown = serializers.SerializerMethodField(
        help_text="an earlier release analyzed the song, so lip-syncs send all of its sound: `POST …/sung/listen`"
    )

    class Meta(SongSerializer.Meta):
        fields = [
            *SongSerializer.Meta.fields,
            *("grid", "analysis", "sings", "sung", "sung_by_hand", "rests_unknown", "updated_at"),
        ]

    @extend_schema_field(serializers.BooleanField(allow_null=True))
    def get_sings(self, song: Song) -> bool | None:
        found = sung_map(song)
        return found.sings if found else None

    @extend_schema_field(SungSpanSerializer(many=True))
    def get_sung(self, song: Song) -> list[dict[str, Any]]:
        found = sung_map(song)
        return [asdict(span) for span in found.spans] if found else []

    def get_sung_by_hand(self, song: Song) -> bool:
        found = sung_map(song)
        return found is not None and found.by_hand

    def get_rests_unknown(self, song: Song) -> bool:
        return rests_unknown(song)

    def get_analysis(self, song: Song) -> dict[str, Any]:
        shown = {name: value for name, value in song.analysis.items() if name not in LONG_PARTS}
        if "sections" in shown:
            shown["sections"] = [asdict(section) for section in song_sections(song)]
        return shown


class SongUploadSerializer(StrictSerializer):
    file = UploadField(allow_empty_file=True)  # an empty file gets a clearer message than the library's
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    artist = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class SongImportSerializer(StrictSerializer):
    """Only use songs you have the rights to."""

    url = serializers.CharField(max_length=2000)
    start_time = FiniteField(min_value=0, required=False, allow_null=True, default=None, help_text="seconds")
    end_time = FiniteField(min_value=0, required=False, allow_null=True, default=None, help_text="seconds")
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate_url(self, url: str) -> str:
        try:
            web_address_check(url)
        except FetchRefused as error:
            raise serializers.ValidationError(error.message) from error
        return url


class GridEditSerializer(StrictSerializer):
    """One correction: `choose` (`bpm` of one of `tempo_alternatives`), `tap` (with `taps`), `halve`, `double`, `nudge`
    (`seconds`), `set` (`bpm` and/or `offset`, the time of a downbeat), `downbeat` (`beats` to move the bar line,
    `beats_per_bar`), `reset` (to the detected grid)."""

    operation = serializers.ChoiceField(choices=[*[str(operation) for operation in Operation], RESET])
    taps = serializers.ListField(child=FiniteField(min_value=0), max_length=MOST_TAPS, required=False)
    seconds = FiniteField(required=False)
    bpm = FiniteField(required=False)
    offset = FiniteField(required=False)
    beats = serializers.IntegerField(required=False, min_value=-12, max_value=12)
    beats_per_bar = serializers.IntegerField(required=False)

    NEEDED = {
        "choose": ("bpm",),
        "tap": ("taps",),
        "nudge": ("seconds",),
        "set": ("bpm", "offset"),
        "downbeat": ("beats", "beats_per_bar"),
    }

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        needed = self.NEEDED.get(values["operation"], ())
        if needed and not any(name in values for name in needed):
            raise serializers.ValidationError({needed[0]: f"Give {' or '.join(needed)} with this operation."})
        return values


class SectionSerializer(StrictSerializer):
    """Where a section starts, in seconds of the file, and its label. It ends where the next one starts."""

    label = serializers.CharField(max_length=LABEL_LENGTH)  # type: ignore[assignment]  # DRF removes it from the class
    start_seconds = FiniteField(min_value=0)


class SongChangesSerializer(StrictSerializer):
    """`sections` are all sections of the song; an empty list restores the detected ones. `sung` are all passages that
    are sung or spoken; `sings` alone answers whether there are any, and null forgets earlier answers. With `updated_at`
    as last read, overwriting someone else's change is refused."""

    title = serializers.CharField(max_length=200, required=False)
    artist = serializers.CharField(max_length=200, required=False, allow_blank=True)
    grid = GridEditSerializer(required=False)
    sections = serializers.ListField(child=SectionSerializer(), required=False, max_length=MOST_SECTIONS)
    sings = serializers.BooleanField(required=False, allow_null=True)
    sung = serializers.ListField(child=SungSpanSerializer(), required=False, max_length=MOST_SPANS)
    updated_at = serializers.DateTimeField(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("sung") and values.get("sings") is False:
            raise serializers.ValidationError({"sings": "Nobody can sing in these passages. Leave out one of the two."})
        return values

    def changes(self) -> SongChanges:
        """Return the requested changes; call it after `is_valid`."""
        values = dict(self.validated_data)
        values["seen_at"] = values.pop("updated_at", None)
        if "sections" in values:
            values["sections"] = [(part["label"], part["start_seconds"]) for part in values["sections"]]
        if "sings" in values or "sung" in values:
            sings, sung = values.pop("sings", None), values.pop("sung", None)
            spans = (
                None
                if sung is None
                else tuple(VoiceSpan(span["start"], span["end"], VoiceKind(span["kind"])) for span in sung)
            )
            values["sung"] = SungEdit(sings, spans)
        edit = dict(values.pop("grid", {}))
        if edit.get("operation") == RESET:
            return SongChanges(**values, forget_edits=True)
        if not edit:
            return SongChanges(**values)
        operation, taps = Operation(edit.pop("operation")), tuple(edit.pop("taps", ()))
        return SongChanges(**values, grid=GridEdit(operation, taps, **edit))
