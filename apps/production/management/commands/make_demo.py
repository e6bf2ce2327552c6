"""`make demo`: a video of a short song synthesized on the spot."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.accounts.services import local_owner_get
from apps.production.headless import VideoSpec, song_ensure
from apps.production.management.commands.make_video import video_make
from apps.songs.services import SongChanges, song_update
from apps.songs.sung import SungEdit
from apps.songs.synthesis import SAMPLE_SUNG, sample_song_write
from engines.listening.voice import VoiceSpan

IDEA = "A night drive through a neon city in the rain, from the empty suburbs to the sea at sunrise"
CHARACTER = "A woman with short silver hair in a red coat"


class Command(BaseCommand):
    help = "Create a short demo video with a synthesized song."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, default=Path("demo-video.mp4"))
        parser.add_argument("--new", action="store_true", help="create it again even if it exists")

    def handle(self, *_: object, **options: Any) -> None:
        song = Path(settings.DATA_DIR) / "demo" / "sample-song.wav"
        song.parent.mkdir(parents=True, exist_ok=True)
        sample_song_write(song)
        owner = local_owner_get()
        edit = SungEdit(True, (VoiceSpan(*SAMPLE_SUNG),))
        audio_id = song_ensure(by=owner, path=song).asset_id
        song_update(by=owner, audio_id=audio_id, changes=SongChanges(sung=edit))
        spec = VideoSpec(song=song, idea=IDEA, character=CHARACTER)
        video_make(owner=owner, spec=spec, target=options["out"], new=options["new"])
