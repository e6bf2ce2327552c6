"""The results of songs' jobs."""

from uuid import UUID

from apps.jobs.results import JobResult


class AnalysisResult(JobResult):
    audio_id: UUID
    tempo_bpm: float | None
    confidence: float


class ImportResult(JobResult):
    audio_id: UUID
    title: str
    duration_seconds: float | None
    analysis_job_id: UUID


class StemResult(JobResult):
    audio_id: UUID
    stem_id: UUID
    duration_seconds: float | None


class LyricsAlignmentResult(JobResult):
    """How many lines the lyrics have, how many are sure, and how many a person should check."""

    audio_id: UUID
    lines: int
    sure: int
    to_check: int
    method: str
    # Lines that a transcription heard differently.
    differences: int = 0
