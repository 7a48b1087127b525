"""Read a table of spans with DuckDB and let it write it again: `duckdb_side.py FROM TO`."""

import sys
from pathlib import Path

import duckdb

source, target = map(Path, sys.argv[1:])
table = duckdb.read_csv(str(source / "csv.csv"), header=True, all_varchar=True)
table.write_csv(str(target / "csv.csv"), header=True)
