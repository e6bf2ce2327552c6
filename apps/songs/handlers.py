"""What a worker does for songs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from apps.assets.services import asset_local_copy
from apps.core.errors import StudioError
from apps.jobs.execution import Done, JobRun
from apps.songs.analysis.analyse import SongAnalysis, song_analyse
from apps.songs.models import AnalysisState, Song
from apps.songs.services import grid_stored


def analysis_run(run: JobRun) -> Done:
    """Analyse the song of the job. A failure is kept on the song too, which stays usable without beats."""
    song = Song.objects.select_related("asset").get(pk=run.parameters["song_id"])
    try:
        with asset_local_copy(song.asset, check=run.check) as path:
            found = song_analyse(
                path,
                expected_seconds=song.asset.duration_seconds,
                progress=lambda percentage: run.progress(percentage, "Listening to the song"),
                cancelled=run.cancelled,
            )
    except StudioError as error:
        Song.objects.filter(pk=song.pk).update(analysis_state=AnalysisState.FAILED, analysis_error=error.message)
        raise

    def save() -> Mapping[str, Any]:
        locked = Song.objects.select_for_update(of=("self",)).get(pk=song.pk)
        locked.analysis = analysis_stored(found)
        locked.analysis_state = AnalysisState.DONE
        locked.analysis_error = ""
        # A grid that a person corrected is not thrown away by analysing again.
        if not locked.grid.get("rule", {}).get("edited"):
            locked.grid = grid_stored(found.grid)
        locked.save()
        return {"audio_id": str(locked.asset_id), "tempo_bpm": locked.grid["tempo_bpm"]}

    return Done(save=save)


def analysis_stored(found: SongAnalysis) -> dict[str, Any]:
    """The analysis as JSON."""
    return {
        "duration_seconds": found.duration_seconds,
        "sections": [asdict(section) for section in found.sections],
        "loudness": asdict(found.loudness),
        "peaks": asdict(found.peaks),
        "energy": list(found.energy),
        "voice": asdict(found.voice),
    }
