import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.text import slugify

from corpus.management.base import AttestCommand, progress
from corpus.models import Corpus
from corpus.readers import UnknownReader, read_path
from corpus.readers.base import IncomingArticle, RowRefused
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.ingest import RowOutcome, ingest_articles


class Command(AttestCommand):
    help = (
        "Put articles into a corpus: text, HTML, JSONL or CSV files, or folders of them. "
        "Doing it again changes nothing; an amended text makes a new revision. "
        "Exit code 3 says that rows were rejected; the rest went in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--corpus", required=True, metavar="NAME", help="its slug; made if it is new")
        parser.add_argument(
            "--encoding", default="utf-8", help="of text and CSV files (strict; default utf-8)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(f"There is no file or folder {path}.")
        corpus = self._corpus(options["corpus"])
        rows = itertools.chain.from_iterable(
            self._rows(path, options["encoding"]) for path in options["paths"]
        )
        source = ", ".join(str(path) for path in options["paths"])
        outcomes = ingest_articles(COMMAND, corpus, rows, source=source)
        counts = self._show(progress(outcomes, unit="articles"), as_json=options["json"])
        summary = ", ".join(
            f"{counts[name]} {name}" for name in ("created", "amended", "unchanged", "rejected")
        )
        self.report({"corpus": corpus.slug, **counts}, f"{summary} in {corpus.slug}", as_json=options["json"])
        if counts["rejected"]:
            sys.exit(3)

    def _rows(self, path: Path, encoding: str) -> Iterator[IncomingArticle | RowRefused]:
        try:
            yield from read_path(path, encoding=encoding)
        except UnknownReader as error:
            raise CommandError(str(error)) from None
        except LookupError:
            raise CommandError(f"There is no encoding {encoding!r}.") from None

    def _corpus(self, name: str) -> Corpus:
        slug = slugify(name)
        if not slug:
            raise CommandError(f"{name!r} makes no slug; use letters, digits and dashes.")
        return Corpus.objects.filter(slug=slug).first() or create_corpus(COMMAND, slug=slug, name=name)

    def _show(self, outcomes: Iterator[RowOutcome], *, as_json: bool) -> dict[str, int]:
        """Print each row's outcome: rejections for people, every row for a program."""
        counts = Counter({"created": 0, "amended": 0, "unchanged": 0, "rejected": 0})
        for outcome in outcomes:
            counts[outcome.outcome] += 1
            if as_json:
                row = {
                    "place": outcome.place,
                    "outcome": outcome.outcome,
                    "external_id": outcome.external_id,
                    "reason": outcome.reason,
                    "article": outcome.article_id,
                    "revision": outcome.number,
                }
                self.report(row, "", as_json=True)
            elif outcome.outcome == "rejected":
                self.stderr.write(f"rejected {outcome.place}: {outcome.reason}")
        return dict(counts)
