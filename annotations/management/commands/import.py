import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils.text import slugify

from annotations.exchange import READABLE, UnknownFormat, check_readable
from annotations.exchange.articles import FileRefused
from annotations.exchange.native import NATIVE
from annotations.exchange.source import open_source
from annotations.exchange.units import Unit
from annotations.services.importing import import_records, record_lines
from annotations.services.importing.articles import import_articles
from annotations.services.manifests import corpus_by_manifest, manifest_beside
from annotations.tasks import ring
from corpus.management.base import AttestCommand, progress
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.ingest import RowOutcome

OUTCOMES = ("created", "amended", "unchanged", "rejected")


class Command(AttestCommand):
    help = (
        "Take articles with their labels from a file into a corpus, which is made if it is new. "
        "Where the manifest of the export stands beside the file, the file is held against it first, and the "
        "new corpus gets its schemes and guidelines. Formats of others may also be folders and zip archives. "
        "Doing it again changes nothing. Exit code 3 says that records were rejected; the rest went in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--format", default=NATIVE, help=f"one of {', '.join(READABLE)}")
        parser.add_argument("--map", type=Path, metavar="FILE", help="JSON: what its labels are here")
        parser.add_argument(
            "--annotator", default="", help="who said what the file names nobody for: a name, or a layer"
        )
        parser.add_argument(
            "--offset-unit", choices=list(Unit), help="what its offsets count where no words tell"
        )
        parser.add_argument("--dry-run", action="store_true", help="check and report; keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_readable(options["format"])
        except UnknownFormat as error:
            raise CommandError(str(error)) from None
        native = options["format"] == NATIVE
        if not (options["file"].is_file() or (options["file"].is_dir() and not native)):
            raise CommandError(f"There is no file {options['file']}.")
        if native and (options["map"] or options["annotator"] or options["offset_unit"]):
            raise CommandError(f"--map, --annotator and --offset-unit are for formats other than {NATIVE}.")
        counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        notes: Counter[str] = Counter()
        with transaction.atomic() if options["dry_run"] else contextlib.nullcontext():
            with self._outcomes(options) as outcomes:
                for outcome in progress(outcomes, unit="articles"):
                    counts[outcome.outcome] += 1
                    notes.update(outcome.notes)
                    if outcome.outcome == "rejected":
                        self.stderr.write(f"rejected {outcome.place}: {outcome.reason}")
            if options["dry_run"]:
                transaction.set_rollback(True)
        if not options["dry_run"]:
            ring()
        kept = " (dry run: nothing was kept)" if options["dry_run"] else ""
        lines = [f"{', '.join(f'{counts[name]} {name}' for name in OUTCOMES)} in {options['corpus']}{kept}"]
        lines += [f"  {count} {note}" for note, count in sorted(notes.items())]
        result: dict[str, Any] = dict(counts)
        if not native:
            result["notes"] = dict(notes)
        self.report(result, "\n".join(lines), as_json=options["json"])
        if counts["rejected"]:
            sys.exit(3)

    @contextlib.contextmanager
    def _outcomes(self, options: dict[str, Any]) -> Iterator[Iterator[RowOutcome]]:
        """Open the file, find or make the corpus, and give what becomes of each article."""
        slug = slugify(options["corpus"])
        if not slug:
            raise CommandError(f"{options['corpus']!r} makes no slug; use letters, digits and dashes.")
        if options["format"] == NATIVE:
            corpus = self._corpus(slug, options)
            with options["file"].open("rb") as file:
                yield import_records(COMMAND, corpus, record_lines(file), source=options["file"].name)
            return
        try:
            with open_source(options["file"]) as source:
                # A corpus that is made for a file that cannot be read goes again.
                with transaction.atomic():
                    outcomes = import_articles(
                        COMMAND,
                        self._corpus(slug, options),
                        source,
                        format=options["format"],
                        labels=_json(options["map"]),
                        annotator=options["annotator"],
                        unit=Unit(options["offset_unit"]) if options["offset_unit"] else None,
                    )
                yield outcomes
        except FileRefused as error:
            raise CommandError(f"{error}.") from None

    def _corpus(self, slug: str, options: dict[str, Any]) -> Corpus:
        corpus = Corpus.objects.filter(slug=slug).first()
        if corpus is not None:
            return corpus
        manifest = manifest_beside(options["file"])
        return corpus_by_manifest(COMMAND, manifest, slug=slug, name=options["corpus"])


def _json(path: Path | None) -> Any:
    if path is None:
        return None
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from None
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}.") from None
