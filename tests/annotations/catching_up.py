"""A reader of exports who asks only for what has changed."""

import io
from typing import Any

import orjson

from annotations.services.exporting import export_corpus
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.events import seal_events


class Reader:
    """Keeps what exports told, and asks only for what has changed since."""

    def __init__(self, corpus: Corpus, layer: str, **filters: str) -> None:
        self.corpus, self.layer, self.filters = corpus, layer, filters
        self.known: dict[Any, Any] = {}
        self.position: int | None = None
        self.told: list[dict[str, Any]] = []

    def catch_up(self) -> "Reader":
        seal_events()
        target = io.BytesIO()
        export = export_corpus(
            COMMAND, self.corpus, layer=self.layer, target=target, filters=self.filters, since=self.position
        )
        self.told = [orjson.loads(line) for line in target.getvalue().splitlines()]
        for line in self.told:
            if "tombstone" in line:
                self.known.pop(line["external_id"], None)
            else:
                self.known[self.key(line)] = line
        self.position = export.manifest["event_position"]
        return self

    def key(self, line: dict[str, Any]) -> Any:
        return (line["external_id"], line["revision"]) if self.layer == "all" else line["external_id"]

    def whole(self) -> dict[Any, Any]:
        target = io.BytesIO()
        export_corpus(COMMAND, self.corpus, layer=self.layer, target=target, filters=self.filters)
        return {self.key(line): line for line in map(orjson.loads, target.getvalue().splitlines())}

    def tombstones(self) -> dict[str, str]:
        return {line["external_id"]: line["tombstone"] for line in self.told if "tombstone" in line}


def had(known: dict[Any, Any]) -> dict[Any, Any]:
    """Return records without what is in the queue of each, but for whom it was given to and when."""
    moving = ("rank", "lease_until")
    return {
        key: line
        | {
            "assignments": [
                {name: value for name, value in row.items() if name not in moving}
                for row in line.get("assignments", ())
                if row["reviewer"]
            ]
        }
        for key, line in known.items()
    }
