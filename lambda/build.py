#!/usr/bin/env python3
"""Build package.zip and layer.zip from cross_account_s3, and the zips of examples: the same bytes on every machine.

Stored and not deflated, because zlib's builds deflate differently; sorted names, fixed times and modes.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "package.zip"
LAYER = HERE / "layer.zip"
EXAMPLES = [HERE.parent / "examples" / name for name in ("own-code", "own-function")]
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
_UNIX = 3
_MODE = 0o100644 << 16


def build(folder: Path = HERE, files: str = "cross_account_s3/**/*.py", below: str = "") -> bytes:
    """A zip of the files of a folder that match a pattern, and of nothing else, ``below`` a folder of the zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for source in sorted(folder.glob(files)):
            entry = zipfile.ZipInfo(below + source.relative_to(folder).as_posix(), _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            archive.writestr(entry, source.read_bytes())
    return buffer.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="only say whether the zip is up to date; exit code 1 if not"
    )
    check = parser.parse_args().check
    # Lambda puts the folder python/ of a layer on the path (AWS Lambda Developer Guide, "Working with layers").
    built = {PACKAGE: build(), LAYER: build(below="python/")}
    built.update({example / "function.zip": build(example, "function.py") for example in EXAMPLES})
    stale = [path for path, package in built.items() if not path.exists() or path.read_bytes() != package]
    for path, package in built.items():
        if path not in stale:
            print(f"{path.name} is up to date ({len(package)} bytes)")
        elif check:
            print(f"{path.name} is not what its sources say: run `make package`", file=sys.stderr)
        else:
            path.write_bytes(package)
            print(f"{path.name} written ({len(package)} bytes)")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
