import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils.text import slugify

from annotations.exchange import FORMATS, UnknownFormat, check_format
from annotations.exchange.native import NATIVE
from annotations.services.importing import import_records
from annotations.services.manifests import corpus_by_manifest, manifest_beside
from annotations.tasks import ring
from corpus.management.base import AttestCommand, progress
from corpus.models import Corpus
from corpus.services.actors import COMMAND


class Command(AttestCommand):
    help = (
        "Take articles with their labels from a file into a corpus, which is made if it is new. "
        "Where the manifest of the export stands beside the file, the file is held against it first, and the "
        "new corpus gets its schemes and guidelines. "
        "Doing it again changes nothing. Exit code 3 says that records were rejected; the rest went in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--format", default=NATIVE, help=f"one of {', '.join(FORMATS)}")
        parser.add_argument("--dry-run", action="store_true", help="check and report; keep nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_format(options["format"])
        except UnknownFormat as error:
            raise CommandError(str(error)) from None
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        if options["dry_run"]:
            with transaction.atomic():
                counts = self._import(options)
                transaction.set_rollback(True)
        else:
            counts = self._import(options)
            ring()
        summary = ", ".join(
            f"{counts[name]} {name}" for name in ("created", "amended", "unchanged", "rejected")
        )
        sentence = (
            f"{summary} in {options['corpus']}{' (dry run: nothing was kept)' if options['dry_run'] else ''}"
        )
        self.report(dict(counts), sentence, as_json=options["json"])
        if counts["rejected"]:
            sys.exit(3)

    def _import(self, options: dict[str, Any]) -> Counter[str]:
        slug = slugify(options["corpus"])
        if not slug:
            raise CommandError(f"{options['corpus']!r} makes no slug; use letters, digits and dashes.")
        corpus = Corpus.objects.filter(slug=slug).first()
        if corpus is None:
            manifest = manifest_beside(options["file"])
            corpus = corpus_by_manifest(COMMAND, manifest, slug=slug, name=options["corpus"])
        counts = Counter({"created": 0, "amended": 0, "unchanged": 0, "rejected": 0})
        with options["file"].open("rb") as file:
            outcomes = import_records(COMMAND, corpus, file, source=options["file"].name)
            for outcome in progress(outcomes, unit="articles"):
                counts[outcome.outcome] += 1
                if outcome.outcome == "rejected":
                    self.stderr.write(f"rejected {outcome.place}: {outcome.reason}")
        return counts
