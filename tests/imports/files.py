"""What was read of a file to import."""

from pathlib import Path

from pixel_bot.imports.files import PointFile, read_point_file


def read(file: Path, text: str, encoding: str = "utf-8") -> PointFile:
    file.write_bytes(text.encode(encoding))
    return read_point_file(file)


def paid(found: PointFile) -> dict[str, int]:
    return {person.login: person.points for person in found.people}


def why(found: PointFile) -> dict[int, str]:
    return {line.line: line.why for line in found.skipped}
