"""Convert tasks with Label Studio's own converter: `label_studio_sdk_side.py FROM TO`."""

import sys
from pathlib import Path

from label_studio_sdk.converter import Converter
from label_studio_sdk.converter.converter import Format

source, target = map(Path, sys.argv[1:])
converter = Converter((source / "config.xml").read_text(), str(target), download_resources=False)
given = str(source / "label-studio.json")
for name in ("JSON", "JSON_MIN", "CSV", "CONLL2003"):
    converter.convert(given, str(target / name), Format.from_string(name), is_dir=False)
