"""The studio's own short song, which a user's first film is made of."""

from uuid import uuid4

from apps.accounts.models import User
from apps.assets.models import AssetKind
from apps.assets.services import StoredFile, asset_create, file_store
from apps.assets.store.keys import upload_key
from apps.assets.uploading.uploads import spool_path
from apps.songs.models import Song
from apps.songs.selectors import songs_of
from apps.songs.services import song_create
from apps.songs.sung import SungEdit, sung_changed
from apps.songs.synthesis import SAMPLE_ARTIST, SAMPLE_TITLE, SHORT_SUNG, short_sample_song, write_audio
from engines.listening.voice import VoiceSpan

# The song is found again by its file's name, so that each user has it once; another version of it needs another name.
FILE_NAME = "mvsite-sample-1.flac"


def sample_song_of(user: User) -> Song | None:
    """Return the user's sample song; None if they have none."""
    return songs_of(user).filter(asset__original_name=FILE_NAME).order_by("created_at").first()


def sample_song_store(*, by: User) -> StoredFile:
    """Synthesize the song, which takes about a second, and store its file. Call it outside a transaction."""
    path = spool_path().with_suffix(".flac")
    try:
        write_audio(short_sample_song(), path, title=SAMPLE_TITLE, artist=SAMPLE_ARTIST)
        return file_store(path, key=upload_key(by.pk, uuid4(), AssetKind.AUDIO, ".flac"), content_type="audio/flac")
    finally:
        path.unlink(missing_ok=True)


def sample_song_create(*, by: User, stored: StoredFile) -> Song:
    """Create the song of a stored file and start its analysis. Call it inside a transaction."""
    asset = asset_create(owner=by, stored=stored, kind=AssetKind.AUDIO, original_name=FILE_NAME)
    song, _ = song_create(by=by, asset=asset, title=SAMPLE_TITLE, artist=SAMPLE_ARTIST)
    # Its voice has no consonants, so an analysis doesn't hear one.
    song.analysis = sung_changed(song, SungEdit(True, (VoiceSpan(*SHORT_SUNG),)))
    song.save(update_fields=["analysis", "updated_at"])
    return song
