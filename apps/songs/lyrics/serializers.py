"""A song's words as the API reads and writes them."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from apps.core.strict import StrictSerializer
from apps.songs.lyrics.services import LineEdit
from apps.songs.lyrics.versions import SongWords
from apps.songs.serializers import FiniteField
from engines.lyrics.corrections import WordTime
from engines.lyrics.draft import MOST_CHARACTERS
from engines.lyrics.encodings import ENCODINGS, Decoded, decoded
from engines.lyrics.plain import MOST_SONG_LINES
from engines.lyrics.reading import MOST_BYTES

LANGUAGE = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"


def line_edit(values: dict[str, Any]) -> LineEdit:
    return LineEdit(**{**values, "words": tuple(WordTime(**word) for word in values.get("words", ()))})


class SungWordSerializer(serializers.Serializer[Any]):
    """A word (in scripts without spaces, a character), in seconds of the song."""

    text = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    confidence = serializers.FloatField(help_text="0…1")


class SungLineSerializer(serializers.Serializer[Any]):
    """A line, in seconds of the song; `start` and `end` are null until they are known. `confidence` is 0…1: 1 where a
    person or a file said so. A pinned line isn't moved by an alignment."""

    index = serializers.IntegerField()
    section = serializers.CharField()
    text = serializers.CharField()
    start = serializers.FloatField(allow_null=True)
    end = serializers.FloatField(allow_null=True)
    confidence = serializers.FloatField()
    pinned = serializers.BooleanField()
    words = SungWordSerializer(many=True)
    heard = serializers.CharField(help_text='what a transcription heard, where it differs from the words; else ""')


class QualitySerializer(serializers.Serializer[Any]):
    lines = serializers.IntegerField()
    sure = serializers.IntegerField()
    to_check = serializers.IntegerField()


class SongWordsSerializer(serializers.Serializer[Any]):
    """The words of a song. `source` is `plain`, the format of the file they came from, or `transcription`."""

    version = serializers.IntegerField(help_text="counts the changes; send it along to notice those of others")
    undo = serializers.CharField(allow_null=True, help_text='what an undo takes back, such as "moved line 3"')
    redo = serializers.CharField(allow_null=True, help_text="what a redo brings back")
    source = serializers.CharField()  # type: ignore[assignment]  # DRF removes it from the class
    language = serializers.CharField(help_text='such as `en`; "" if unknown')
    quality = QualitySerializer()
    lines = SungLineSerializer(many=True)

    def to_representation(self, instance: SongWords) -> dict[str, Any]:
        """Return the words as plain data: 600 lines with their words are too many for fields of their own."""
        return {
            "version": instance.version.number,
            "undo": instance.undo,
            "redo": instance.redo,
            "source": instance.version.source,
            "language": instance.version.language,
            "quality": {"lines": len(instance.lines), "sure": instance.sure, "to_check": instance.to_check},
            "lines": [
                {
                    "index": index,
                    **{name: value for name, value in asdict(instance.lines[index]).items() if name != "stanza"},
                }
                for index in (instance.changed if self.context.get("changed") else range(len(instance.lines)))
            ],
        }


class ChangedQuerySerializer(serializers.Serializer[Any]):
    changed = serializers.BooleanField(
        default=False, help_text="respond only with the lines that are different now; all, if their number changed"
    )


class SongLyricsUploadSerializer(StrictSerializer):
    """A `file` of at most 5 MB (text, LRC, SRT, VTT, ASS or TTML), or its `text`. In plain words, `[Chorus]` names a
    section, an empty line starts a stanza, and `x2` repeats. Without a `language` or `encoding` it is recognized."""

    file = serializers.FileField(required=False, allow_empty_file=True)
    text = serializers.CharField(required=False, max_length=MOST_BYTES, trim_whitespace=False, allow_blank=True)
    language = serializers.RegexField(LANGUAGE, required=False, allow_blank=True, max_length=35)
    encoding = serializers.ChoiceField(list(ENCODINGS.items()), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "file" in attrs and attrs["file"].size > MOST_BYTES:
            raise serializers.ValidationError({"file": ["The lyrics are larger than 5 MB. Upload a smaller file."]})
        if "text" not in attrs and "file" not in attrs:
            raise serializers.ValidationError({"file": ["Upload a file or send its text."]})
        return attrs

    def upload(self) -> tuple[Decoded, str]:
        """Return the text and the file's name; call it after `is_valid`."""
        file = self.validated_data.get("file")
        if file is None:
            return Decoded(self.validated_data["text"], ""), ""
        return decoded(file.read(), self.validated_data.get("encoding", "")), file.name or ""


class WordTimeSerializer(StrictSerializer):
    """Where a word starts. Without an `end` it lasts until the next one, and the last as long as its line."""

    start = FiniteField(min_value=0)
    end = FiniteField(required=False, min_value=0)
    text = serializers.CharField(required=False, help_text="divides the line into other words; its letters stay")


class LineTimesSerializer(StrictSerializer):
    """Times in seconds of the song. A `start` without an `end` moves the whole line. A new time pins the line. With
    `follow`, the lines behind it go along with its `start`: up to the next pinned line they are squeezed or drawn out
    in proportion; without a pinned one, all shift by the same. The end of the line before makes room."""

    start = FiniteField(required=False, min_value=0)
    end = FiniteField(required=False, min_value=0)
    text = serializers.CharField(required=False)
    pinned = serializers.BooleanField(required=False)
    follow = serializers.BooleanField(default=False)
    words = serializers.ListField(
        child=WordTimeSerializer(),
        required=False,
        max_length=MOST_CHARACTERS,
        help_text="one for each of the line's words; the line then starts and ends with them",
    )


class LineChangeSerializer(LineTimesSerializer):
    """A correction of one line."""

    version = serializers.IntegerField(required=False, help_text="as last read; 409 if the words changed since")

    def edit(self) -> LineEdit:
        """Return the requested change; call it after `is_valid`."""
        return line_edit({name: value for name, value in self.validated_data.items() if name != "version"})


class IndexedLineSerializer(LineTimesSerializer):
    """One of several lines."""

    index = serializers.IntegerField(min_value=0, max_value=MOST_SONG_LINES)


class SongLyricsChangeSerializer(StrictSerializer):
    """`nudge` moves all lines by that many seconds; `language` is the one they are sung in; `lines` are corrections of
    several lines. Whatever is sent together is one change for undo."""

    nudge = FiniteField(required=False, min_value=-86400, max_value=86400)
    language = serializers.RegexField(LANGUAGE, required=False, allow_blank=True, max_length=35)
    lines = serializers.ListField(child=IndexedLineSerializer(), required=False, max_length=MOST_SONG_LINES)
    version = serializers.IntegerField(required=False, help_text="as last read; 409 if the words changed since")

    def changes(self) -> dict[str, Any]:
        """Return the arguments of `lyrics_change`; call it after `is_valid`."""
        values = dict(self.validated_data)
        lines = [dict(line) for line in values.pop("lines", ())]
        edits = {line.pop("index"): line_edit(line) for line in lines}
        seen = values.pop("version", None)
        return {**values, "edits": edits, "seen": seen}
