"""Read a DocBin and documents as JSON with spaCy, and write both as JSON: `spacy_side.py FROM TO`.

Attest's own writer packs the DocBin here, where spaCy is installed.
"""

import json
import sys
from pathlib import Path

import spacy
from spacy.tokens import Doc, DocBin
from spacy.training.converters import conll_ner_to_docs

from annotations.exchange import FORMATS
from annotations.exchange.articles import Article
from annotations.exchange.losses import Losses
from annotations.exchange.source import open_source

source, target = map(Path, sys.argv[1:])
vocabulary = spacy.blank("xx").vocab
given = source / "spacy-json.jsonl"
lines = given.read_text(encoding="utf-8").splitlines()


def as_json(doc: Doc, about: dict[str, str]) -> str:
    groups = {
        name: [{"start": span.start_char, "end": span.end_char, "label": span.label_} for span in group]
        for name, group in doc.spans.items()
    }
    return json.dumps({"text": doc.text, "spans": groups, "meta": about})


with open_source(given) as files:
    read, write = FORMATS["spacy-json"].read, FORMATS["spacy"].write
    assert read
    assert write
    articles = [found for found in read(files) if isinstance(found, Article)]
with (target / "file.spacy").open("wb") as opened:
    write(articles, opened, Losses())
docs = DocBin().from_disk(target / "file.spacy").get_docs(vocabulary)
(target / "spacy.jsonl").write_text("\n".join(as_json(doc, dict(doc.user_data)) for doc in docs))
found = []
for line in lines:
    values = json.loads(line)
    doc = Doc(vocabulary).from_json(values, validate=True)
    found.append(as_json(doc, values["meta"]))
(target / "spacy-json.jsonl").write_text("\n".join(found))
conll = (source / "conll.conll").read_text(encoding="utf-8")
read_conll = [
    {
        "words": [token.text for token in doc],
        "spans": [{"label": span.label_, "first": span.start, "last": span.end - 1} for span in doc.ents],
    }
    for doc in conll_ner_to_docs(conll, n_sents=1, no_print=True)
]
(target / "conll.json").write_text(json.dumps(read_conll))
