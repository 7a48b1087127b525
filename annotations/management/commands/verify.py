import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from annotations.services.verifying import Lie, verify
from corpus.management.base import AttestCommand
from corpus.services.anchors import read_anchors


class Command(AttestCommand):
    help = (
        "Verify every text, hash, surface, status, review and event chain. "
        "Prints each lie it finds; exit code 1 if there is any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", metavar="NAME", help="this corpus alone; default all")
        parser.add_argument(
            "--anchors",
            type=Path,
            metavar="PATH",
            help="hold the chains against these too: a file or directory",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"]) if options["corpus"] else None
        anchors = read_anchors(options["anchors"]) if options["anchors"] else []
        lies, looked_at = 0, {}
        bar = tqdm(unit=" rows", disable=None, leave=False)
        for found in verify(corpus, anchors):
            if isinstance(found, Lie):
                lies += 1
                line = {"check": found.check, "on": found.on, "message": found.message}
                self.report(line, f"{found.check} {found.on}: {found.message}", as_json=options["json"])
            else:
                looked_at[found.check] = found.rows
                bar.set_description(found.check)
                bar.update(1)
        bar.close()
        summary = f"{lies} lies found" if lies else "Nothing lies."
        self.report({"lies": lies}, summary, as_json=options["json"])
        if lies:
            sys.exit(1)
