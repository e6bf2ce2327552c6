"""The handlers of generating jobs, by kind. The project receives its jobs' results; other jobs stand alone."""

from functools import partial

from apps.jobs.execution import HandedOff, Handler, JobRun, Outcome
from apps.jobs.kinds import Kind
from apps.jobs.states import State
from apps.scenes.entry_waiting import first_frame_awaited
from apps.scenes.judge_jobs import judge_run
from apps.scenes.own_clip_making import own_clip_run
from apps.scenes.preflight_jobs import lipsync_refuse_hopeless, preflight_run
from apps.scenes.receiving import (
    reference_receive,
    scene_image_receive,
    scene_lipsync_receive,
    scene_video_receive,
)
from apps.scenes.softening import soften_run
from apps.scenes.writing import project_scenes_receive
from apps.work.handlers import Receiver, generation_run
from apps.work.late_song import song_await
from apps.work.lipsync_log import lipsync_started
from apps.work.parameters import OF_KIND, LipsyncParameters, VideoParameters
from apps.work.receiving import images_receive, scenes_receive, video_receive
from apps.work.shots.making import part_run, shot_run

STAND_ALONE: dict[Kind, Receiver] = {
    Kind.SCENES: scenes_receive,
    Kind.CHARACTER_REFERENCE: images_receive,
    Kind.IMAGE: images_receive,
    Kind.VIDEO: video_receive,
    Kind.LIPSYNC: video_receive,
}
OF_A_PROJECT: dict[Kind, Receiver] = {
    Kind.SCENES: project_scenes_receive,
    Kind.CHARACTER_REFERENCE: reference_receive,
    Kind.IMAGE: scene_image_receive,
    Kind.VIDEO: scene_video_receive,
    Kind.LIPSYNC: scene_lipsync_receive,
}


def _generate(kind: Kind, run: JobRun) -> Outcome:
    run.read(OF_KIND[kind])  # before anything starts
    if kind == Kind.LIPSYNC and run.claim.came_from == State.QUEUED:
        lipsync_started(run)
        if run.read(LipsyncParameters).look_first:
            lipsync_refuse_hopeless(run)
    if kind == Kind.SCENES and song_await(run):
        return HandedOff()
    if kind == Kind.VIDEO and first_frame_awaited(run):
        return HandedOff()
    receive = (OF_A_PROJECT if run.job.project_id else STAND_ALONE)[kind]
    if kind == Kind.VIDEO and (chain := run.read(VideoParameters).chain) is not None:
        return shot_run(run, chain, receive)
    return generation_run(run, receive)


def _part(run: JobRun) -> Outcome:
    return HandedOff() if first_frame_awaited(run) else part_run(run)


HANDLERS: dict[str, Handler] = {
    **{kind: partial(_generate, kind) for kind in STAND_ALONE},
    Kind.VIDEO_PART: _part,
    Kind.SOFTEN: soften_run,
    Kind.JUDGE: judge_run,
    Kind.LIPSYNC_PREFLIGHT: preflight_run,
    Kind.TRIM: own_clip_run,
    Kind.UPLOAD: own_clip_run,
}
