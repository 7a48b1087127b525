"""Read every CAS with dkpro-cassis and let it write them again: `cassis_side.py FROM TO`."""

import sys
import warnings
from pathlib import Path

import cassis

warnings.simplefilter("ignore")
source, target = map(Path, sys.argv[1:])
for file in sorted(source.rglob("*.json")):
    with file.open("rb") as opened:
        cas = cassis.load_cas_from_json(opened)
    written = target / file.relative_to(source)
    written.parent.mkdir(parents=True, exist_ok=True)
    cas.to_json(written)
for file in sorted(source.rglob("*.xmi")):
    with (file.with_suffix("") / "TypeSystem.xml").open("rb") as opened:
        types = cassis.load_typesystem(opened)
    with file.open("rb") as opened:
        cas = cassis.load_cas_from_xmi(opened, typesystem=types)
    written = target / file.relative_to(source)
    written.parent.mkdir(parents=True, exist_ok=True)
    cas.to_xmi(written)
