"""Read standoff with brat's own parser and let it write it again: `brat_side.py FROM TO`."""

import os
import shutil
import sys
from pathlib import Path

source, target = map(Path, sys.argv[1:])
sys.path.insert(0, str(Path(os.environ["EXCHANGE_INSTALL"]) / "checkouts" / "brat" / "server" / "src"))

from annotation import TextAnnotations  # noqa: E402 - brat is no package

for file in sorted(source.rglob("*.ann")):
    read = TextAnnotations(str(file.with_suffix("")), read_only=True)
    assert not read.failed_lines, read.failed_lines
    written = target / file.relative_to(source)
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(str(read), encoding="utf-8")
    shutil.copyfile(file.with_suffix(".txt"), written.with_suffix(".txt"))
