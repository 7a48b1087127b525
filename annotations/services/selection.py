"""Which revisions an export holds: all of a layer, or what has changed since an earlier one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from annotations.exchange.native import LAYER
from annotations.models import Layer, LayerKind
from annotations.services.jobs import configuration_hash
from corpus.models import Corpus, Event, Revision, RevisionStatus
from corpus.services.errors import BadInput

#: Revisions that are read at once, and the code points of their texts at which it is fewer.
PAGE = 200
PAGE_LENGTH = 2**21
#: What an export can be narrowed by, and the column it means.
FILTERS = {"status": "status", "outlet": "article__outlet__name", "language": "article__language"}
#: After these another pipeline may be the active one: the layer `machine` is another everywhere.
SWITCHING = ("pipeline.activated", "pipeline.retired", "pipeline.promoted")


class Gone(StrEnum):
    """Why an article is not in an export that goes on from an earlier one."""

    ERASED = "erased"
    FILTERED = "outside_filters"
    UNLABELLED = "not_in_layer"


class Tombstone(NamedTuple):
    article: UUID
    external_id: str
    revision: int
    why: Gone


class Page(NamedTuple):
    """Revisions to write, oldest first, and articles that a reader of the earlier export has to drop.

    `seen` is how many revisions were gone through for them.
    """

    ids: Sequence[UUID]
    gone: Sequence[Tombstone] = ()
    seen: int = 0


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What of a corpus is exported.

    Attributes:
        whole: every revision with everything; else the current ones that have the layer.
        since: the position in the corpus's chain of events up to which the reader knows all; None for a
            reader who knows nothing. Then a page tells which articles have gone, too.
    """

    corpus: Corpus
    layer: str
    whole: bool
    filters: Mapping[str, str] = field(default_factory=dict)
    since: int | None = None

    def check(self, position: int) -> None:
        """Refuse what cannot be selected; `position` is the newest of the chain.

        Raises:
            BadInput: no such layer, filter, status or position.
        """
        if self.layer not in ("all", "machine") and not LAYER.match(self.layer):
            raise BadInput(
                f"There is no layer {self.layer!r}: all, gold, machine, machine:<name>@<version> or "
                "reviewer:<id>.",
                field="layer",
            )
        for name, value in self.filters.items():
            if name not in FILTERS:
                raise BadInput(f"There is no filter {name!r}; there are {', '.join(FILTERS)}.", field=name)
            if name == "status" and value not in RevisionStatus.values:
                raise BadInput(f"There is no status {value!r}.", field=name)
        if self.since is not None and not 0 <= self.since <= position:
            raise BadInput(
                f"since is {self.since}; the events of {self.corpus.slug} go from 0 to {position}. Take the "
                "event_position of an earlier export's manifest.",
                field="since",
            )

    def pages(self, alias: str) -> Iterator[Page]:
        """Yield what to write, a page at a time by key.

        Keys first, and which of them have the layer at all (what nobody has read is not in its export): in
        one statement with the rest, every page would walk through all the layers before it.
        """
        for ids in pages_by_length(self._gone_through(alias)):
            if self.whole:
                yield Page(ids, (), len(ids))
            elif self.since is None:
                kept = self._having_layer(alias, ids)
                yield Page([pk for pk in ids if pk in kept], (), len(ids))
            else:
                yield Page(*self._told_apart(alias, ids), len(ids))

    def total(self, alias: str) -> int:
        """Return how many revisions `pages` goes through."""
        return self._gone_through(alias).count()

    def _gone_through(self, alias: str) -> QuerySet[Revision]:
        every = Revision.objects.using(alias).filter(corpus=self.corpus)
        if self.since is not None and not self._switched(alias):
            every = every.filter(article__in=self._changed(alias))
        if self.whole:
            return self._narrowed(every)
        if self.since is None:
            return self._narrowed(every.filter(current=True, article__erased_at=None))
        return every.filter(current=True)

    def layers(self, alias: str) -> QuerySet[Layer]:
        """Return the layers of the corpus's revisions that are selected."""
        layers, name = Layer.objects.using(alias), self.layer
        if name == "all":
            return layers.all()
        if name == "machine":
            return layers.filter(kind=LayerKind.MACHINE, pipeline__active=True)
        kind, _, rest = name.partition(":")
        if kind == LayerKind.MACHINE:
            identity, _, digest = rest.partition("~")
            pipeline, _, version = identity.partition("@")
            return layers.filter(
                kind=kind,
                pipeline__name=pipeline,
                pipeline__version=version,
                pipeline__configuration_hash__startswith=digest or configuration_hash({}),
            )
        if kind == LayerKind.REVIEWER:
            return layers.filter(kind=kind, reviewer__public_id=UUID(rest))
        return layers.filter(kind=LayerKind.GOLD)

    def _narrowed(self, revisions: QuerySet[Revision]) -> QuerySet[Revision]:
        return revisions.filter(**{FILTERS[name]: value for name, value in self.filters.items()})

    def _having_layer(self, alias: str, ids: Sequence[UUID]) -> set[UUID]:
        layers = self.layers(alias).filter(revision__in=ids)
        return set(layers.order_by().values_list("revision_id", flat=True).distinct())

    def _events(self, alias: str) -> QuerySet[Event]:
        return Event.objects.using(alias).filter(corpus=self.corpus, position__gt=self.since)

    def _switched(self, alias: str) -> bool:
        return self.layer == "machine" and self._events(alias).filter(action__in=SWITCHING).exists()

    def _changed(self, alias: str) -> QuerySet[Revision, tuple[UUID]]:
        """Return the articles that an event tells of; each names one of its article's revisions."""
        subjects = self._events(alias).filter(subject_id__isnull=False).order_by().values("subject_id")
        return Revision.objects.using(alias).filter(pk__in=subjects).order_by().values_list("article_id")

    def _told_apart(self, alias: str, ids: Sequence[UUID]) -> tuple[Sequence[UUID], Sequence[Tombstone]]:
        """Return which current revisions are selected, and of the other articles those that may have been."""
        inside = set(
            self._narrowed(Revision.objects.using(alias).filter(pk__in=ids)).values_list("pk", flat=True)
        )
        labelled = self._having_layer(alias, ids)
        rows = Revision.objects.using(alias).filter(pk__in=ids).order_by("pk")
        kept, gone = [], []
        for pk, number, article, external_id, erased_at in rows.values_list(
            "pk", "number", "article_id", "article__external_id", "article__erased_at"
        ):
            if erased_at is None and pk in inside and pk in labelled:
                kept.append(pk)
                continue
            why = Gone.ERASED if erased_at else Gone.UNLABELLED if pk in inside else Gone.FILTERED
            gone.append(Tombstone(article, external_id, number, why))
        return kept, self._known(alias, gone)

    def _known(self, alias: str, gone: Sequence[Tombstone]) -> list[Tombstone]:
        """Return those that the reader may have: an article made since is none."""
        first = Revision.objects.using(alias).filter(article__in=[row.article for row in gone], number=1)
        made = dict(first.values_list("pk", "article_id"))
        since = self._events(alias).filter(action="article.created", subject_id__in=made)
        new = {made[pk] for pk in since.values_list("subject_id", flat=True) if pk}
        return [row for row in gone if row.article not in new]


def pages_by_length(rows: QuerySet[Any], key: str = "pk", length: str = "length") -> Iterator[list[UUID]]:
    """Yield the keys of rows in order, as many at once as `PAGE` and `PAGE_LENGTH` of their texts allow."""
    last: UUID | None = None
    while True:
        page = rows.filter(**{f"{key}__gt": last}) if last else rows
        ids: list[UUID] = []
        total = 0
        for pk, size in page.order_by(key).values_list(key, length)[:PAGE]:
            ids.append(pk)
            total += size
            if total >= PAGE_LENGTH:
                break
        if not ids:
            return
        yield ids
        last = ids[-1]
