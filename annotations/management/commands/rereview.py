from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotations.models import ReReview
from annotations.services.rereviews import (
    close_rereview,
    extent_body,
    extent_of,
    left_body,
    left_of,
    list_whole,
    open_rereview,
    rereview_body,
    sweep_rereviews,
)
from corpus.management.base import AttestCommand, progress
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.corpora import guideline_number
from corpus.services.guidelines import affected_labels, guideline_changes


class Command(AttestCommand):
    help = (
        "Ask for decisions anew after a rule has changed: each person gets their own passes that hold such "
        "decisions again. Stopped on the way, the sweeper goes on. With neither --labels nor --close it "
        "tells how far the open ones are, and which labels the newest guideline affects."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", required=True, help="the slug of the corpus")
        parser.add_argument("--labels", help="the labels, with commas between them")
        parser.add_argument(
            "--since-guideline",
            type=int,
            metavar="N",
            help="decisions made under version N or a later one are good; the newest by default",
        )
        parser.add_argument("--reason", default="", help="why, for the people who are asked and the history")
        parser.add_argument("--dry-run", action="store_true", help="only count what would be asked for")
        parser.add_argument(
            "--close", action="store_true", help="ask no more for what is left of the open ones"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        corpus, as_json = self.corpus(options["corpus"]), options["json"]
        labels = [label.strip() for label in (options["labels"] or "").split(",") if label.strip()]
        if options["close"]:
            if labels or options["dry_run"]:
                raise CommandError("--close goes alone.")
            self._close(corpus, as_json=as_json)
        elif not labels:
            if options["dry_run"]:
                raise CommandError("--dry-run needs --labels.")
            self._tell(corpus, as_json=as_json)
        elif options["dry_run"]:
            extent = extent_of(COMMAND, corpus, labels=labels, since=options["since_guideline"])
            lines = _counted(extent.lines)
            sentence = (
                f"{lines} in {extent.passes} passes over {extent.articles} articles would be asked for anew."
            )
            self.report(extent_body(extent), sentence, as_json=as_json)
        else:
            since, reason = options["since_guideline"], options["reason"]
            rereview = open_rereview(COMMAND, corpus, labels=labels, since=since, reason=reason)
            for _ in progress(list_whole(rereview), unit="chunks"):
                pass
            left = left_of(rereview)
            sentence = f"{_counted(left.lines)} in {left.passes} passes are asked for anew."
            self.report({**rereview_body(rereview), "left": left_body(left)}, sentence, as_json=as_json)

    def _close(self, corpus: Corpus, *, as_json: bool) -> None:
        closed = [close_rereview(COMMAND, rereview) for rereview in _open_ones(corpus)]
        while sweep_rereviews():
            pass
        self.report({"closed": [one.pk for one in closed]}, f"{len(closed)} closed.", as_json=as_json)

    def _tell(self, corpus: Corpus, *, as_json: bool) -> None:
        newest = guideline_number(corpus.pk)
        affected = affected_labels(corpus.pk, guideline_changes(corpus.pk, max(newest - 1, 0), newest))
        found = [(rereview, left_of(rereview)) for rereview in _open_ones(corpus)]
        sentences = [
            f"Guideline {one.guideline}: {_counted(left.lines)} left in {left.passes} of {left.asked} passes."
            for one, left in found
        ]
        sentences.append(f"Guideline {newest} affects: {', '.join(affected.labels) or 'no label'}.")
        told = {
            "open": [{**rereview_body(one), "left": left_body(left)} for one, left in found],
            "guideline": newest,
            "affected": list(affected.labels),
        }
        self.report(told, "\n".join(sentences), as_json=as_json)


def _open_ones(corpus: Corpus) -> list[ReReview]:
    rereviews = ReReview.objects.filter(corpus=corpus, closed_at__isnull=True)
    return list(rereviews.select_related("corpus").order_by("id"))


def _counted(lines: Any) -> str:
    """Return how many decisions, and of which labels."""
    by_label = ", ".join(f"{count} of {label}" for label, count in sorted(lines.items()))
    total = sum(lines.values())
    return f"{total} decisions ({by_label})" if total else "0 decisions"
