"""Timing a song's words by a service that hears them; without given words, what it hears becomes the lyrics."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from apps.accounts.models import User
from apps.core.errors import InputError, NotFound
from apps.generation.songs.choice import NOTHING_PICKED, SongCall, song_choice, song_work, song_work_start
from apps.generation.songs.parameters import SongWorkParameters
from apps.jobs.execution import Done, HandedOff, JobRun, Outcome
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.providers.capabilities import Capability
from apps.providers.request_types import MediaInput, ProviderRequest
from apps.songs.lyrics.aligning import alignment_run, refuse_unsung, singing_heard
from apps.songs.lyrics.versions import SongWords, song_words, version_add
from apps.songs.models import Song
from apps.songs.results import LyricsAlignmentResult
from apps.songs.selectors import song_get
from apps.work.choice import Picked
from apps.work.frozen import TranscriptionValues
from apps.work.handlers import request_produce
from apps.work.inputs import input_opened, inputs_found
from apps.work.work import Work
from engines.lyrics.alignment import Heard
from engines.lyrics.languages import language_guess
from engines.lyrics.sung_lines import SungLine
from engines.lyrics.transcript import HeardWord, lines_heard, lines_matched, words_in_order
from engines.media.compact import CONTENT_TYPE, SUFFIX, write_compact

TRANSCRIPTION = "transcription"


@dataclass(frozen=True)
class _Placed:
    """The song's words when it was listened to, what was heard, and the lines that come of both."""

    words: SongWords | None
    heard: tuple[HeardWord, ...]
    singing: Heard
    lines: tuple[SungLine, ...]


def transcription_work(*, by: User, audio_id: UUID, picked: Picked = NOTHING_PICKED, flavor: str = "") -> Work:
    """Quote hearing the song's words, in its vocal stem if it has one.

    Raises InputError without a provider that is set up, ConflictError if it is known that nobody sings."""
    song = song_get(by=by, audio_id=audio_id)
    refuse_unsung(song)
    choice = song_choice(Capability.TRANSCRIPTION, picked, flavor=flavor)
    words = song_words(song)
    # Services take two letters, such as `en` for American English.
    language = words.version.language.partition("-")[0].lower() if words else ""
    values = TranscriptionValues(language=language, settings=dict(choice.config.values))
    sound = song.stem or song.asset
    return song_work(by=by, kind=Kind.LYRICS_ALIGNMENT, song=song, sound=sound, values=values, choice=choice)


def transcription_start(*, by: User, audio_id: UUID, call: SongCall) -> Job:
    """Start the job. Raises ConflictError while the song's words are being timed already."""

    def quoted(_: Song) -> Work:
        return transcription_work(by=by, audio_id=audio_id, picked=call.picked, flavor=call.flavor)

    return song_work_start(quoted, by=by, audio_id=audio_id, call=call)


def transcription_or_alignment_run(run: JobRun) -> Outcome:
    """Have the words heard and match them to the given ones, or align these for free."""
    if not run.job.provider:
        return alignment_run(run)
    asked = run.read(SongWorkParameters)
    made = request_produce(run, partial(_opened, run, asked))
    if isinstance(made, HandedOff):
        return made
    song = Song.objects.select_related("asset", "stem").filter(pk=asked.song_id).first()
    if song is None:
        raise NotFound("The song was deleted.")
    singing = singing_heard(run, song)
    heard = words_in_order(made.words, singing.seconds)
    if not heard:
        raise InputError("The service heard no words in this song. Paste them, then time them for free.")
    run.progress(95, "Matching the words")
    words = song_words(song)
    placed = _Placed(words, heard, singing, _lines(words, heard, singing))
    return Done(save=lambda: _save(run, song, placed), cost=made.cost)


@contextmanager
def _opened(run: JobRun, asked: SongWorkParameters) -> Iterator[ProviderRequest]:
    """Yield the request with a compact copy of the sound: services take files of up to 25 MB."""
    with ExitStack() as stack:
        source = asked.frozen.inputs["audio"]
        sound = input_opened(stack, run, "song", source, inputs_found(run, [source]))
        path = write_compact(sound.path, run.scratch / f"song{SUFFIX}", cancelled=run.cancelled)
        yield asked.frozen.request({"audio": MediaInput(path, CONTENT_TYPE, duration_seconds=sound.duration_seconds)})


def _lines(words: SongWords | None, heard: tuple[HeardWord, ...], singing: Heard) -> tuple[SungLine, ...]:
    if words is None:
        return lines_heard(heard)
    return lines_matched(words.lines, heard, words.version.language, singing)


def _save(run: JobRun, song: Song, placed: _Placed) -> LyricsAlignmentResult:
    locked = Song.objects.select_for_update(of=("self",)).filter(pk=song.pk).first()
    if locked is None:
        raise NotFound("The song was deleted.")
    now = song_words(locked)
    lines = placed.lines
    if (now and now.version.number) != (placed.words and placed.words.version.number):
        # The words were changed in the meantime. What was paid for is matched to those that the song has now.
        lines = _lines(now, placed.heard, placed.singing)
    if now is None:
        language = language_guess(" ".join(line.text for line in lines))
        facts = {"source": TRANSCRIPTION, "language": language, "original_name": ""}
        saved = version_add(locked, None, lines, change="wrote down what is sung", **facts)
    elif run.late or now.lines == lines:
        saved = now
    else:
        saved = version_add(locked, now, lines, change="timed the lines by listening")
    return LyricsAlignmentResult(
        audio_id=locked.asset_id,
        lines=len(saved.lines),
        sure=saved.sure,
        to_check=saved.to_check,
        method=TRANSCRIPTION,
        differences=sum(bool(line.heard) for line in saved.lines),
    )
