"""Lines on the terminal."""

import sys


def say(line: str) -> None:
    """Print it, whatever the encoding of the terminal."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
