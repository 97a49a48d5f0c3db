"""What every golden script shares: the versions a fixture was made with, and one way of writing JSON."""

import json
import os
import platform
from importlib import metadata
from pathlib import Path


def versions(*packages: str) -> dict[str, str]:
    """Versions of Python and of the named distributions, as recorded inside each fixture."""
    found = {"python": platform.python_version()}
    for package in packages:
        found[package] = metadata.version(package)
    return found


def write_json(path: Path, value: object, indent: int | None = None) -> None:
    """Writes UTF-8 JSON with a final newline; compact unless `indent` is given; replaces the file atomically."""
    separators = None if indent else (",", ":")
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False, allow_nan=False)
    write_bytes(path, (text + "\n").encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Writes `data` beside `path`, then renames it into place, so that a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, path)
