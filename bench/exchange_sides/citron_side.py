"""Read quotes with Citron's own parser and let it write them again: `citron_side.py FROM TO`.

It takes a file for each document, and only quotes with a cue.
"""

import json
import os
import sys
from pathlib import Path

import spacy
from spacy.tokens import Span

source, target = map(Path, sys.argv[1:])
sys.path.insert(0, str(Path(os.environ["EXCHANGE_INSTALL"]) / "checkouts" / "citron"))

from citron.data import CitronParser  # noqa: E402 - Citron is no package

Span.set_extension(
    "to_json",
    method=lambda span: {"start": span.start_char, "end": span.end_char, "text": span.text},
)
parser = CitronParser(spacy.blank("en"))
found = []
for line in (source / "citron.jsonl").read_text(encoding="utf-8").splitlines():
    values = json.loads(line)
    values["quotes"] = [quote for quote in values["quotes"] if quote["cue"]]
    file = target / "document.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    _, quotes, _ = parser.parse(str(file))
    values["quotes"] = [quote.to_json() for quote in quotes]
    found.append(json.dumps(values))
(target / "citron.jsonl").write_text("\n".join(found), encoding="utf-8")
