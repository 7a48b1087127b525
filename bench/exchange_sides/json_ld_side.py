"""Read JSON-LD with PyLD, and hold schema.org's to its vocabulary: `json_ld_side.py FROM TO`.

Web Annotations are expanded, which drops whatever no context explains, and compacted again. The contexts and
the vocabulary are files, since nothing is fetched here.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyld import jsonld

source, target = map(Path, sys.argv[1:])
contexts = Path(os.environ["EXCHANGE_INSTALL"]) / "contexts"
FILES = {
    "http://www.w3.org/ns/anno.jsonld": "anno.jsonld",
    "https://schema.org": "schemaorgcontext.jsonld",
    "https://schema.org/": "schemaorgcontext.jsonld",
}
TEXT = "https://schema.org/Text"


def load(address: str, options: Any) -> dict[str, Any]:
    del options
    document = json.loads((contexts / FILES[address]).read_bytes())
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": document,
    }


def each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Vocabulary:
    """schema.org's classes and properties, with their superclasses, domains and ranges."""

    def __init__(self) -> None:
        graph = json.loads((contexts / "schemaorg-all-https.jsonld").read_bytes())["@graph"]
        self.above: dict[str, set[str]] = {}
        self.domains: dict[str, set[str]] = {}
        self.ranges: dict[str, set[str]] = {}
        for row in graph:
            name = row["@id"]
            self.above[name] = self._ids(row.get("rdfs:subClassOf", []))
            if "rdf:Property" in each(row["@type"]):
                self.domains[name] = self._ids(row.get("schema:domainIncludes", []))
                self.ranges[name] = self._ids(row.get("schema:rangeIncludes", []))

    @staticmethod
    def _ids(value: Any) -> set[str]:
        return {one["@id"] for one in each(value)}

    def kinds(self, kind: str) -> set[str]:
        """Return a class and all above it."""
        return {kind}.union(*(self.kinds(one) for one in self.above.get(kind, ())))

    def wrongs(self, node: dict[str, Any]) -> Iterator[str]:
        """Yield what an expanded node says that the vocabulary does not know, or not of its class."""
        (kind,) = (short(one) for one in node["@type"])
        if kind not in self.above:
            yield f"no class {kind}"
        for name, values in node.items():
            if name.startswith("@"):
                continue
            known = short(name)
            if known not in self.domains:
                yield f"no property {name}"
            elif not self.domains[known] & self.kinds(kind):
                yield f"{known} is no property of {kind}"
            for value in values:
                if "@type" in value and "@value" not in value:
                    yield from self.wrongs(value)
                    (own,) = (short(one) for one in value["@type"])
                    if not self.ranges[known] & self.kinds(own):
                        yield f"{own} is no value of {known}"


def short(address: str) -> str:
    return address.replace("http://schema.org/", "schema:").replace("https://schema.org/", "schema:")


jsonld.set_document_loader(load)
pages = json.loads((source / "web-annotation.jsonld").read_bytes())
compacted = [jsonld.compact(jsonld.expand(page), page["@context"]) for page in pages]
(target / "web-annotation.jsonld").write_text(json.dumps(compacted, ensure_ascii=False), encoding="utf-8")

given = json.loads((source / "schema-org.jsonld").read_bytes())
expanded, vocabulary = jsonld.expand(given), Vocabulary()
wrongs = [wrong for node in expanded for wrong in vocabulary.wrongs(node)]
given["@graph"] += [{"@type": "Claim", "spokenByCharacter": "Ida"}, {"@type": "Quote", "wording": "x"}]
control = [wrong for node in jsonld.expand(given) for wrong in vocabulary.wrongs(node)]
(target / "schema-org.json").write_text(
    json.dumps({"expanded": expanded, "wrongs": wrongs, "control": control}, ensure_ascii=False),
    encoding="utf-8",
)
