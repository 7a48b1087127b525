import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotations.services.replay import Replayed, differences, replay, standing_record
from corpus.management.base import AttestCommand, progress


class Command(AttestCommand):
    help = (
        "Replay the events of a corpus: work out from them alone what people did: layers, gold, passes, "
        "disputes and statuses. With --output write what stands, now or at a date; without it compare all "
        "with the tables, and end with exit code 1 where they differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--until", metavar="WHEN", help="as 2026-03-01 or 2026-03-01T12:00:00+01:00")
        parser.add_argument("--output", type=Path, metavar="FILE", help="a line a layer, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        if options["until"] and not options["output"]:
            raise CommandError("The tables hold what is now: with --until name an --output too.")
        if not options["output"]:
            self._compare(progress(differences(corpus), unit="texts"), as_json=options["json"])
            return
        until = _moment(options["until"]) if options["until"] else None
        texts = layers = untold = 0
        with options["output"].open("w", encoding="utf-8") as target:
            for one in progress(replay(corpus, until=until), unit="texts"):
                texts, untold = texts + 1, untold + one.untold_count()
                for view in one.views.values():
                    layers += 1
                    target.write(json.dumps(standing_record(one, view), ensure_ascii=False) + "\n")
        counts = {"texts": texts, "layers": layers, "untold": untold}
        self.report(counts, f"{layers} layers of {texts} texts{_untold(untold)}", as_json=options["json"])

    def _compare(self, compared: Iterator[tuple[Replayed, list[str]]], *, as_json: bool) -> None:
        texts = differing = untold = 0
        for one, found in compared:
            texts, untold, differing = texts + 1, untold + one.untold_count(), differing + len(found)
            for message in found:
                self.report({"revision": one.revision.pk, "message": message}, message, as_json=as_json)
        counts = {"texts": texts, "differences": differing, "untold": untold}
        what = f"{differing} differences" if differing else "The tables are what the events tell"
        self.report(counts, f"{what}, in {texts} texts{_untold(untold)}", as_json=as_json)
        if differing:
            sys.exit(1)


def _untold(count: int) -> str:
    return f"; of {count} layers and moves the events do not tell everything" if count else ""


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise CommandError(f"{given!r} is no date or time of ISO 8601.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
