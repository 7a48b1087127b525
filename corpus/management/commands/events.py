import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from corpus.management.base import AttestCommand
from corpus.services.events import write_chain


class Command(AttestCommand):
    help = (
        "Write the sealed events of a corpus with their hashes, a line an event. "
        "docs/verify_chain.py checks the file with nothing but Python."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--corpus",
            metavar="NAME",
            help="without it the events of no corpus: accounts, tokens",
        )
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"]) if options["corpus"] else None
        output: Path = options["output"]
        # Under its name only once it is whole: an interrupted one never looks finished.
        try:
            number, name = tempfile.mkstemp(dir=output.resolve().parent, prefix=f".{output.name}.")
        except OSError as error:
            raise CommandError(f"{output.parent} cannot be written to: {error.strerror}.") from None
        draft = Path(name)
        try:
            with os.fdopen(number, "wb") as target:
                count, last = write_chain(corpus.pk if corpus else None, target)
                target.flush()
                os.fsync(target.fileno())
            draft.replace(output)
        finally:
            draft.unlink(missing_ok=True)
        sentence = f"{count} events in {output}; the last hash is {last}"
        self.report({"events": count, "hash": last}, sentence, as_json=options["json"])
