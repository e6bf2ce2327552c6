"""The parameters of songs' jobs."""

from uuid import UUID

from apps.jobs.parameters import JobParameters


class AnalysisParameters(JobParameters):
    """`voice_only`: only where somebody sings; all else that was found stays."""

    song_id: UUID
    voice_only: bool = False


class StemParameters(JobParameters):
    """The uploaded file that becomes the song's vocal stem if it fits."""

    song_id: UUID
    asset_id: UUID


class LyricsAlignmentParameters(JobParameters):
    song_id: UUID


class ImportParameters(JobParameters):
    """The audio behind a link, cut to [start_time, end_time) seconds."""

    url: str
    start_time: float | None = None
    end_time: float | None = None
    title: str = ""
