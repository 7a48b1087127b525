"""Read WebAnno TSV with the library of that name and tell what it found: `webanno_tsv_side.py FROM TO`.

It knows spans and their features, and no relations.
"""

import json
import os
import sys
from pathlib import Path

source, target = map(Path, sys.argv[1:])
sys.path.insert(0, str(Path(os.environ["EXCHANGE_INSTALL"]) / "checkouts" / "webanno_tsv"))

from webanno_tsv import webanno_tsv_read_file  # noqa: E402 - it is on no index

found = {
    file.relative_to(source).as_posix(): [
        # It leaves line ends in a value escaped.
        (row.field, row.label.replace("\\n", "\n"), row.start, row.end)
        for row in webanno_tsv_read_file(str(file)).annotations
    ]
    for file in sorted(source.rglob("*.tsv"))
}
(target / "webanno-tsv.json").write_text(json.dumps(found), encoding="utf-8")
