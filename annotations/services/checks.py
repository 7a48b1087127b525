"""What people did with the suggestions by which their attention is checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from corpus.models import Corpus


@dataclass(frozen=True)
class Checked:
    """What one person did with one check; `passed` is whether they saw through it."""

    reviewer_id: int
    article_id: UUID
    line: UUID
    at: datetime
    passed: bool


def plants_decided(corpus: Corpus) -> Iterator[Checked]:  # noqa: ARG001 - nothing is planted yet
    """Yield each planted suggestion that was decided on in a submitted pass, the newest first."""
    return iter(())


def withheld_looked_for(corpus: Corpus) -> Iterator[Checked]:  # noqa: ARG001 - nothing is withheld yet
    """Yield each suggestion that was withheld from a submitted pass and that gold has, newest first."""
    return iter(())
