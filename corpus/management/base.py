"""What the commands share: refusals as sentences, JSON for programs, a bar for people."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from corpus.models import Corpus
from corpus.services.errors import ServiceError

Item = TypeVar("Item")


class AttestCommand(BaseCommand):
    """A command that answers a refusal with one clear line and exit code 1, and takes `--json`."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON, for a program")

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except ServiceError as error:
            raise CommandError(error.message) from None

    def report(self, result: dict[str, Any], sentence: str, *, as_json: bool) -> None:
        """Print what came of it: as JSON, or as a sentence."""
        self.stdout.write(json.dumps(result, default=_plain) if as_json else sentence)

    def corpus(self, slug: str) -> Corpus:
        corpus = Corpus.objects.filter(slug=slug).first()
        if corpus is None:
            known = ", ".join(Corpus.objects.values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no corpus {slug!r}; there are: {known}.")
        return corpus


def _plain(value: object) -> str:
    """Give what JSON does not know: moments as ISO 8601 with their zone, ids and paths as they read."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def progress(items: Iterable[Item], *, unit: str, total: int | None = None) -> Iterator[Item]:
    """Yield items under a progress bar, which shows on a terminal only."""
    yield from tqdm(items, unit=f" {unit}", total=total, disable=not sys.stderr.isatty(), leave=False)
