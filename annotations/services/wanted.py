"""What is asked for of an export, checked before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations.exchange import FORMATS, UnknownFormat, check_writable
from annotations.exchange.native import NATIVE
from annotations.services.selection import Selection
from corpus.models import Corpus
from corpus.services.errors import BadInput
from corpus.text.offsets import OffsetUnit


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an export is to hold, and how it is to be written.

    Attributes:
        strict: refuse where the format cannot carry all of it.
        since: the `event_position` of an earlier manifest; None for all that there is.
        offset_unit: what offsets are to count; empty for the format's own unit.
    """

    layer: str
    format: str = NATIVE
    filters: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    since: int | None = None
    offset_unit: str = ""

    @property
    def whole(self) -> bool:
        """Return whether it is lossless, rather than a view."""
        return self.layer == "all" and self.format == NATIVE

    @property
    def unit(self) -> str:
        return self.offset_unit or own_unit(self.format)

    def options(self) -> dict[str, Any]:
        """Return what a row keeps beside layer and format, as JSON."""
        return {
            "filters": dict(self.filters),
            "strict": self.strict,
            "since": self.since,
            "offset_unit": self.offset_unit,
        }

    def selection(self, corpus: Corpus, position: int) -> Selection:
        """Return what of a corpus this means; `position` is the newest of its events.

        Raises:
            BadInput: no such format, layer or filter, a position that is none, or a unit that the format has
                not.
        """
        try:
            check_writable(self.format)
        except UnknownFormat as error:
            raise BadInput(str(error), field="format") from None
        self._check_unit()
        selection = Selection(
            corpus=corpus, layer=self.layer, whole=self.whole, filters=self.filters, since=self.since
        )
        selection.check(position)
        return selection

    def _check_unit(self) -> None:
        if self.unit == own_unit(self.format):
            return
        if self.format != NATIVE:
            raise BadInput(
                f"{self.format} counts offsets in {own_unit(self.format)} and in nothing else; leave the "
                f"offset unit out, or take {NATIVE}.",
                field="offset_unit",
            )
        if self.unit not in list(OffsetUnit):
            raise BadInput(
                f"There is no offset unit {self.unit[:40]!r}; there are {', '.join(OffsetUnit)}.",
                field="offset_unit",
            )


def own_unit(format: str) -> str:
    """Return what the offsets of a format count unless something else is asked for.

    Code points, too, of one that is written no more: an export of before may name it.
    """
    return str(FORMATS[format].unit if format in FORMATS else OffsetUnit.CODE_POINT)
