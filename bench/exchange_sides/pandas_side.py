"""Read a table of spans with pandas and let it write it again: `pandas_side.py FROM TO`."""

import sys
from pathlib import Path

import pandas

source, target = map(Path, sys.argv[1:])
table = pandas.read_csv(source / "csv.csv", dtype=str, keep_default_na=False)
table.to_csv(target / "csv.csv", index=False)
