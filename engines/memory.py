"""Sharing memory between processes, and giving it back to the system between jobs."""

import ctypes
import gc


def share_with_children() -> None:
    """Keep what is loaded shared with the processes forked from now on. The garbage collector would write into each of
    its objects, and every worker would soon have a copy of its own, 60 MB."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Give freed memory back, where the C library keeps it (glibc). A worker that analyzed a song would keep 80 MB of
    it, which the clips of two workers then lack on a small machine."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
