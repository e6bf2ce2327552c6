"""Scenes requested while their song is still being analyzed. The job waits, so that cuts can fall on beats."""

from apps.core.errors import InputError
from apps.jobs.execution import JobRun
from apps.jobs.parameters import parameters_replace
from apps.jobs.services import job_reschedule
from apps.jobs.states import Code
from apps.songs.models import AnalysisState, Song
from apps.work.frozen import FrozenRequest
from apps.work.pacing import ScenePace, pace_lengths
from apps.work.parameters import ScenesParameters, SongWait
from apps.work.song_brief import song_brief, song_slots

RECHECK_SECONDS = 2.0


def late_song(
    song: Song, start: float, end: float, *, number_of_scenes: int | None, pace: ScenePace
) -> SongWait | None:
    """Return what the job waits for, or None if the song's analysis has ended."""
    if song.analysis_state != AnalysisState.WAITING:
        return None
    return SongWait(song_id=song.pk, start=start, end=end, number_of_scenes=number_of_scenes, pace=pace)


def song_await(run: JobRun) -> bool:
    """Reschedule the job if its song is still being analyzed, and return whether it was. Otherwise freeze the slots.

    Raises InputError if the song was deleted in the meantime.
    """
    parameters = run.read(ScenesParameters)
    wait = parameters.waits_for_song
    if wait is None:
        return False
    song = Song.objects.filter(pk=wait.song_id).first()
    if song is None:
        raise InputError("The song was deleted in the meantime. Choose another one.")
    if song.analysis_state == AnalysisState.WAITING:
        message = "Waiting for the song to be analyzed"
        job_reschedule(
            run.claim,
            code=Code.WAITING_FOR_PLACE,
            message=message,
            delay_seconds=RECHECK_SECONDS,
            counts=False,
        )
        return True
    frozen = _with_song(parameters.frozen, song, wait)
    parameters_replace(run.job, ScenesParameters(frozen=frozen))
    return False


def _with_song(frozen: FrozenRequest, song: Song, wait: SongWait) -> FrozenRequest:
    lengths = pace_lengths(frozen.values.settings, "")
    pace = wait.pace or ScenePace(quiet=lengths.quiet, loud=lengths.loud)
    slots = song_slots(song, wait.start, wait.end, number_of_scenes=wait.number_of_scenes, pace=pace)
    brief = song_brief(song, wait.start, wait.end)
    known = {"slots": tuple(slots), "number_of_scenes": len(slots), "song": brief}
    return frozen.model_copy(update={"values": frozen.values.model_copy(update=known)})
