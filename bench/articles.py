"""Labelled articles to measure with: invented ones, the same for the same number, or those of a file."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

PEOPLE = (
    "Mara Voss", "Ilya Brandt", "Tess Okonjo", "Henrik Sand", "Lucía Prado", "Noor Haddad", "Pavel Dušek",
)  # fmt: skip
ROLES = ("the harbour master", "a union secretary", "the city engineer", "an economist at the Tide Institute")
THINGS = ("freight at the port", "the price of bread", "ferry traffic", "school enrolment", "public debt")
MOVES = ("rose by", "fell by", "grew by", "shrank by")
TIMES = ("in the second quarter", "since last autumn", "over five years", "compared with 2019")
CUES = ("said", "warned", "told reporters", "argued", "added")
SPEECHES = (
    "We have waited {n} months for an answer, and nobody has called",
    "The cost will reach {n} million before the work is half done",
    "What is written in that report is not what {n} of us saw on the quay",
    "If the gate stays shut until spring, {n} families will have to move",
)
PLAIN = (
    "The hearing goes on next week.",
    "The building was closed to visitors for the rest of the day.",
    "Rain had fallen since the early morning.",
    "A second vote is planned before the summer.",
)


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """An article with spans (label, start, end, score) and relations (label, number of head, of child)."""

    external_id: str
    title: str
    text: str
    spans: Sequence[tuple[str, int, int, float]]
    relations: Sequence[tuple[str, int, int]]


def invent(number: int, *, sentences: int = 26, seed: int = 1) -> Labelled:
    """Return article `number`: about 70 characters and one span a sentence, paragraphs of four sentences."""
    chance = random.Random(f"{seed}:{number}")
    draft = _Draft(chance)
    for place in range(sentences):
        kind = chance.randrange(3)
        if kind == 0:
            _speech(draft, chance)
        elif kind == 1:
            _claim(draft, chance)
        else:
            draft.put(chance.choice(PLAIN))
        draft.put("\n\n" if place % 4 == 3 else " ")
    return Labelled(
        external_id=f"invented-{seed}-{number:07}",
        title=f"{chance.choice(THINGS).capitalize()} under dispute",
        text="".join(draft.parts),
        spans=draft.spans,
        relations=draft.relations,
    )


def read_articles(path: Path, count: int) -> Iterator[Labelled]:
    """Read articles as lines of JSON.

    {id, title, text, spans: [{id, start, end, label, score}], relations: [{from, to, type}]}; the relation
    `said_by` becomes `source`, the labels are the scheme's already.
    """
    with path.open("rb") as file:
        for line in islice(file, count):
            article = orjson.loads(line)
            place = {span["id"]: number for number, span in enumerate(article["spans"])}
            yield Labelled(
                external_id=article["id"],
                title=article["title"],
                text=article["text"],
                spans=[(row["label"], row["start"], row["end"], row["score"]) for row in article["spans"]],
                relations=[("source", place[row["from"]], place[row["to"]]) for row in article["relations"]],
            )


def native_line(article: Labelled, *, layer: str = "machine:bench@1") -> bytes:
    """Return the article as a line of native records, as a client without ids of its own writes it."""
    record = {
        "schema": "attest/1",
        "external_id": article.external_id,
        "title": article.title,
        "text": article.text,
        "layer": layer,
        "annotations": [
            {"label": label, "segments": [[start, end]], "surface": article.text[start:end], "score": score}
            for label, start, end, score in article.spans
        ],
        "relations": [
            {"label": label, "head": head, "child": child, "score": 1.0}
            for label, head, child in article.relations
        ],
    }
    return orjson.dumps(record) + b"\n"


class _Draft:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.parts: list[str] = []
        self.spans: list[tuple[str, int, int, float]] = []
        self.relations: list[tuple[str, int, int]] = []
        self.length = 0

    def put(self, words: str, label: str = "") -> int:
        """Append words, as a span where they have a label; return the number of the last span."""
        if label:
            score = round(self.chance.uniform(0.4, 0.99), 3)
            self.spans.append((label, self.length, self.length + len(words), score))
        self.parts.append(words)
        self.length += len(words)
        return len(self.spans) - 1


def _speech(draft: _Draft, chance: random.Random) -> None:
    draft.put("“")
    quote = draft.put(chance.choice(SPEECHES).format(n=chance.randint(2, 90)), "quote")
    draft.put(",” ")
    cue = draft.put(chance.choice(CUES), "cue")
    draft.put(" ")
    source = draft.put(f"{chance.choice(PEOPLE)}, {chance.choice(ROLES)}", "attribution")
    draft.put(".")
    draft.relations += [("source", quote, source), ("cue", quote, cue)]


def _claim(draft: _Draft, chance: random.Random) -> None:
    thing, move, time = chance.choice(THINGS), chance.choice(MOVES), chance.choice(TIMES)
    figure = f"{chance.randint(1, 40)}.{chance.randint(0, 9)}"
    draft.put(f"{thing.capitalize()} {move} {figure} percent {time}", "claim")
    draft.put(".")
