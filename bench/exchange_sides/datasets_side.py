"""Load Parquet with `datasets` as anybody would, and write its rows: `datasets_side.py FROM TO`.

Attest's own writer packs the file here, where pyarrow is installed.
"""

import sys
from pathlib import Path

import datasets
import orjson

from annotations.exchange import FORMATS
from annotations.exchange.articles import Article
from annotations.exchange.losses import Losses
from annotations.exchange.source import open_source
from annotations.exchange.units import settle_offsets

source, target = map(Path, sys.argv[1:])
labels, parquet = FORMATS["label-studio"], FORMATS["parquet"]
assert labels.read
assert parquet.write
with open_source(source / "label-studio.json") as files:
    read = [found for found in labels.read(files) if isinstance(found, Article)]
articles = [
    settle_offsets(article, own=labels.unit, declared=None, spelling=labels.spelling).article
    for article in read
]
file = target / "file.parquet"
with file.open("wb") as opened:
    parquet.write(articles, opened, Losses())
rows = datasets.load_dataset("parquet", data_files=str(file), split="train", cache_dir=str(target / "cache"))
(target / "rows.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
