"""The ids of records on their way in: their own where they are free, new ones for the rest."""

from collections.abc import Iterable, Sequence

from django.db import models

from annotations.exchange.native import Record
from annotations.models import Annotation, Assignment, Dispute, Layer, Relation, Review, Settlement
from corpus.ids import uuid7_hex
from corpus.models import Article, Revision


class Identities:
    """The ids of one table's rows in one record.

    An id that begins with # stands for none: it holds within the record alone. What is kept is taken from
    then on, for the records after this one.
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._became: dict[str, str] = {}

    def keep(self, identity: str) -> str:
        """Return the id of the row that `identity` becomes."""
        return self.keep_all([identity])[0]

    def keep_all(self, identities: Sequence[str]) -> list[str]:
        """Return the ids of the rows that these become, in order."""
        became, taken = self._became, self._taken
        kept = []
        for identity, new in zip(identities, uuid7_hex(len(identities)), strict=True):
            own = became.get(identity)
            if own is None:
                own = new if not identity or identity[0] == "#" or identity in taken else identity
                if identity:
                    became[identity] = own
                    taken.add(own)
            kept.append(own)
        return kept

    def stand(self, identities: Iterable[str]) -> None:
        """Let these mean the rows that go by them already."""
        self._became.update({identity: identity for identity in identities})

    def known(self, identity: str) -> str | None:
        """Return what an id of this record became, or None for one that it does not hold."""
        return self._became.get(identity)


class RecordIdentities:
    """The ids of one record, table by table: one of a relation never names an annotation."""

    def __init__(self, taken: set[str]) -> None:
        self.articles = Identities(taken)
        self.revisions = Identities(taken)
        self.layers = Identities(taken)
        self.annotations = Identities(taken)
        self.relations = Identities(taken)
        self.reviews = Identities(taken)
        self.settlements = Identities(taken)
        self.disputes = Identities(taken)
        self.assignments = Identities(taken)


def taken_ids(records: Sequence[Record]) -> set[str]:
    """Return those ids of the records that rows here have already. A statement a table at most."""
    taken: set[str] = set()
    sources: list[tuple[type[models.Model], list[str]]] = [
        (Article, [record.values.get("id", "") for record in records if record.values.get("external_id")]),
        (Revision, [record.values.get("revision_id", "") for record in records]),
        (Layer, [info.get("id", "") for record in records for info in record.layers.values()]),
        (Annotation, [item.id for record in records for item in record.annotations if item.id[0] != "#"]),
        (Relation, [item.id for record in records for item in record.relations if item.id[0] != "#"]),
        (Review, [item.id for record in records for item in record.reviews if item.id[0] != "#"]),
        (Settlement, [item.id for record in records for item in record.settlements if item.id[0] != "#"]),
        (Dispute, [item.id for record in records for item in record.disputes if item.id[0] != "#"]),
        (
            Assignment,
            [item.id for record in records for item in record.assignments or () if item.id[0] != "#"],
        ),
    ]
    for model, ids in sources:
        given = [identity for identity in ids if identity]
        for start in range(0, len(given), 900):
            found = model._default_manager.filter(pk__in=given[start : start + 900]).values_list(
                "pk", flat=True
            )
            taken.update(pk.hex for pk in found)
    return taken
