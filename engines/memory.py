"""Sharing memory between processes, and giving it back to the system between jobs."""

import ctypes
import gc
from importlib import import_module

# What every media worker uses sooner or later. scipy.signal alone takes a second and 36 MB.
_MEDIA_LIBRARIES = ("av", "cv2", "scipy.fft", "scipy.ndimage", "scipy.signal", "scipy.sparse")


def share_with_children() -> None:
    """Keep what is loaded shared with the processes forked from now on. The garbage collector would write into each of
    its objects, and every worker would soon have a copy of its own, 60 MB."""
    gc.collect()
    gc.freeze()


def load_media_libraries() -> None:
    """Load what analyzing, drawing and filming need: workers that are forked afterwards share it, and start at once."""
    for name in _MEDIA_LIBRARIES:
        import_module(name)
    # Its table of word forms, 33 MB, is read with the first word.
    import_module("lemminflect").getAllLemmas("films")


def give_back() -> None:
    """Give freed memory back, where the C library keeps it (glibc). A worker that analyzed a song would keep 80 MB of
    it, which the clips of two workers then lack on a small machine."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
