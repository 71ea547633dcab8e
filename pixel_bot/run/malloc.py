"""How the C library shares out memory: a long-lived process with many threads keeps its size."""

import ctypes
import os
import platform

M_ARENA_MAX = -8
"""mallopt(3), glibc."""

ARENAS = 2


def limit_arenas() -> bool:
    """Let all threads share two heaps, instead of each having one of its own that never shrinks.

    SQLite's connections each live in a thread; the heaps of a dozen of them grow for hours. One thread at a time holds
    the interpreter, so that hardly any waits for a heap. To be called before there are threads.

    Returns:
        Whether it was done: not with another C library than glibc, nor where ``MALLOC_ARENA_MAX`` says otherwise.
    """
    if platform.libc_ver()[0] != "glibc" or "MALLOC_ARENA_MAX" in os.environ:
        return False
    return ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS) == 1
