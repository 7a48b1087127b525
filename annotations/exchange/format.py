"""The shape of an exchange format: a reader, a writer, or both, and what it can carry."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO

from annotations.exchange.articles import Article, Found
from annotations.exchange.losses import Losses, Part
from annotations.exchange.source import Source
from annotations.exchange.units import Spelling, Unit, plain_words

Reader = Callable[[Source], Iterator[Found]]
Writer = Callable[[Iterable[Article], IO[bytes], Losses], None]


class Unwritable(ValueError):
    """What a format is made for is not kept here; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One exchange format.

    A reader gives spans as the file counts them; a writer gets code points, and counts in `losses` what it
    leaves out of the parts that the format does carry.
    """

    name: str
    #: In a line, for the help.
    title: str
    suffix: str
    media_type: str
    #: What its offsets count where nothing proves otherwise.
    unit: Unit
    carries: frozenset[Part]
    read: Reader | None = None
    write: Writer | None = None
    #: How it writes the words that an annotation covers.
    spelling: Spelling = plain_words
    #: The package that its writer needs and that Attest does not bring; empty for none.
    needs: str = ""

    @property
    def is_offered(self) -> bool:
        """Return whether a page may offer to write it: it can be, on this machine."""
        return self.write is not None and (not self.needs or bool(find_spec(self.needs)))
