"""What a release says of itself: counted as its records go by, and kept in its manifest for the card."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from annotations.models import Layer, LayerKind, Pipeline, Review, Settlement
from annotations.releasing.card import AgreementFigure
from annotations.releasing.splits import Split
from annotations.services.agreement import Agreement
from corpus.models import Corpus, Revision

Record = Mapping[str, Any]


@dataclass(kw_only=True)
class SplitCounts:
    """What one split holds, and the file that it makes."""

    articles: int = 0
    #: Memory: some hundred bytes a story, the one thing here that grows with the release.
    stories: set[UUID] = field(default_factory=set)
    labels: Counter[str] = field(default_factory=Counter)
    #: By label, attribute and value.
    attributes: dict[str, dict[str, Counter[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    relations: Counter[str] = field(default_factory=Counter)
    size: int = 0
    sha256: Any = field(default_factory=hashlib.sha256)

    def add(self, record: Record, story: UUID, line: bytes) -> None:
        self.articles += 1
        self.stories.add(story)
        for row in record["annotations"]:
            self.labels[row["label"]] += 1
            for name, value in row["attributes"].items():
                self.attributes[row["label"]][name][str(value)] += 1
        self.relations.update(row["label"] for row in record["relations"])
        self.size += len(line)
        self.sha256.update(line)

    def body(self) -> dict[str, Any]:
        return {
            "articles": self.articles,
            "stories": len(self.stories),
            "annotations": self.labels.total(),
            "labels": self.labels,
            "attributes": self.attributes,
            "relations": self.relations,
            "bytes": self.size,
            "sha256": self.sha256.hexdigest(),
        }


@dataclass(kw_only=True)
class Source:
    """What an outlet has in it, and between which days."""

    articles: int = 0
    first: str = ""
    last: str = ""

    def add(self, day: str) -> None:
        self.articles += 1
        if day:
            self.first, self.last = min(self.first or day, day), max(self.last, day)


class ReleaseCounts:
    """What a whole release holds: fed page by page with texts, and with each record as it goes out."""

    def __init__(self) -> None:
        self.splits = {split: SplitCounts() for split in Split}
        self._sources: dict[str, Source] = defaultdict(Source)
        self._languages: Counter[str] = Counter()
        self._licences: dict[str, Counter[str]] = defaultdict(Counter)
        self._redacted = self._stretches = 0
        self._passes: Counter[int] = Counter()
        self._shown: Counter[bool] = Counter()
        self._people: set[int] = set()
        self._adjudicators: set[int] = set()
        self._pipelines: set[UUID] = set()

    @property
    def articles(self) -> int:
        return sum(split.articles for split in self.splits.values())

    def add(self, record: Record, split: Split, story: UUID, line: bytes, *, words: bool) -> None:
        self.splits[split].add(record, story, line)
        self._sources[record["outlet"]].add((record["published_at"] or "")[:10])
        self._languages[record["language"]] += 1
        self._licences[record.get("licence") or ""]["with_text" if words else "without_text"] += 1
        black = len(record.get("redacted") or ())
        self._redacted += black > 0
        self._stretches += black

    def add_work(self, alias: str, ids: Sequence[UUID]) -> None:
        """Count who worked on some texts. Three queries."""
        shown = Review.objects.filter(layer=OuterRef("pk"), suggestions_shown=True)
        layers = Layer.objects.using(alias).filter(revision__in=ids).order_by()
        passes = layers.filter(kind=LayerKind.REVIEWER, submitted_at__isnull=False)
        rows = list(passes.annotate(shown=Exists(shown)).values_list("revision_id", "reviewer_id", "shown"))
        over = Counter(revision for revision, _, _ in rows)
        self._passes.update(over[revision] for revision in ids)
        self._people |= {reviewer for _, reviewer, _ in rows if reviewer}
        self._shown.update(seen for _, _, seen in rows)
        settled = Settlement.objects.using(alias).filter(layer__revision__in=ids, settled_by__isnull=False)
        self._adjudicators |= set(settled.order_by().values_list("settled_by_id", flat=True).distinct())
        machines = Pipeline.objects.using(alias).filter(layers__in=layers.filter(kind=LayerKind.MACHINE))
        self._pipelines |= set(machines.order_by().values_list("pk", flat=True).distinct())

    def body(self, alias: str, corpus: Corpus) -> dict[str, Any]:
        """Return all of it as a manifest has it."""
        pipelines = Pipeline.objects.using(alias).filter(pk__in=self._pipelines)
        every = Revision.objects.using(alias).filter(
            corpus=corpus, current=True, article__erased_at__isnull=True
        )
        return {
            "splits": {split.value: counts.body() for split, counts in self.splits.items()},
            "sources": [{"outlet": name, **asdict(row)} for name, row in sorted(self._sources.items())],
            "languages": self._languages,
            "licences": [{"licence": name, **counts} for name, counts in sorted(self._licences.items())],
            "redacted": self._redacted,
            "redacted_stretches": self._stretches,
            "withheld": sum(counts["without_text"] for counts in self._licences.values()),
            "left_out": every.count() - self.articles,
            "people": len(self._people),
            "adjudicators": len(self._adjudicators),
            "passes": {str(number): count for number, count in sorted(self._passes.items())},
            "passes_shown": self._shown[True],
            "passes_unaided": self._shown[False],
            "pipelines": sorted(pipeline.identity for pipeline in pipelines),
        }


def agreement_figures(agreement: Agreement) -> list[dict[str, Any]]:
    """Return the figures of everybody, as a manifest has them; nobody is named."""
    return [
        asdict(
            AgreementFigure(
                shown=condition.shown,
                label=label,
                statistic=name,
                value=figure.value,
                low=figure.low,
                high=figure.high,
                articles=figure.articles,
            )
        )
        for condition in agreement.conditions
        for label, figures in condition.labels.items()
        for name, figure in figures.items()
    ]
