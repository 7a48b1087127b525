from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotations.extraction import UnknownPipeline, build_pipeline
from annotations.extraction.base import ArticleText
from annotations.extraction.base import Pipeline as Runnable
from annotations.extraction.evaluation import evaluate, is_speech, judged
from annotations.extraction.learned.examples import Example, example_of
from annotations.extraction.ranking import average_precision, calibration_error
from annotations.models import Pipeline
from annotations.services.building import built
from annotations.services.evaluating import report_on
from corpus.management.base import AttestCommand, progress
from corpus.readers.strict_json import JSONRefused, loads_strict
from corpus.text.blocks import segment_blocks

FIGURES = {
    "found": "quotes found (F1, half of their words shared)",
    "found_precision": "  precision",
    "found_recall": "  recall",
    "trimmed": "same words but for outer marks (F1)",
    "attributed": "found with the right source (F1)",
    "source_right": "right source of those found",
    "cue_right": "right cue of those found",
    "recall_direct": "recall of direct quotes",
    "recall_mixed": "recall of mixed quotes",
    "recall_indirect": "recall of indirect quotes",
    "claims": "claims (average precision)",
    "calibration_error": "calibration error of the scores",
}


class Command(AttestCommand):
    help = (
        "Score a pipeline against gold: a file of evaluation records (quotes with speaker and cue, or "
        "sentences with a label), or what people of a corpus have settled."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("gold", type=Path, nargs="?", metavar="GOLD.jsonl")
        parser.add_argument("--corpus", metavar="NAME", help="score against what is settled there")
        parser.add_argument(
            "--pipeline", default="rules", metavar="P", help="a name; of a corpus also name@version"
        )
        parser.add_argument(
            "--speech", action="store_true", help="the gold marks speech alone: leave other suggestions out"
        )

        parser.add_argument(
            "--language",
            default="en",
            metavar="TAG",
            help="of records that name none; “und” tells what quotation marks alone find",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["gold"] and not options["corpus"]:
            raise CommandError("Name a file of gold, or a corpus with --corpus.")
        result = self._on_file(options) if options["gold"] else self._on_corpus(options)
        lines = [f"{result['pipeline']} on {result['records']} records"]
        lines += [
            f"{words:48} {result[name]:.3f}"
            for name, words in FIGURES.items()
            if result.get(name) is not None
        ]
        self.report(result, "\n".join(lines), as_json=options["json"])

    def _on_file(self, options: dict[str, Any]) -> dict[str, Any]:
        path = options["gold"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        records = list(_records(path))
        pipeline = self._pipeline(options)
        figures = (
            _score_sentences(pipeline, records)
            if records and "label" in records[0]
            else _score_quotes(pipeline, records, options["language"], speech=options["speech"])
        )
        identity = f"{pipeline.name}@{pipeline.version}"
        return {"pipeline": identity, "records": len(records), **figures}

    def _on_corpus(self, options: dict[str, Any]) -> dict[str, Any]:
        corpus = self.corpus(options["corpus"])
        pipeline = self._row(options)
        report = report_on(corpus, pipeline)
        return {
            "pipeline": pipeline.identity,
            "records": report.articles,
            "known": report.known,
            "unread": report.unread,
            **report.figures,
            "calibration_error": report.calibration_error,
            "constructions": {name: dict(counts) for name, counts in report.constructions.items()},
        }

    def _pipeline(self, options: dict[str, Any]) -> Runnable:
        if options["corpus"]:
            return built(self._row(options))
        try:
            return build_pipeline(options["pipeline"])
        except (UnknownPipeline, ValueError) as error:
            raise CommandError(f"{error}; a learned one needs its --corpus.") from None

    def _row(self, options: dict[str, Any]) -> Pipeline:
        corpus = self.corpus(options["corpus"])
        every = list(Pipeline.objects.filter(corpus=corpus).order_by("-active", "-id"))
        named = [row for row in every if options["pipeline"] in (row.name, row.identity)]
        if not named:
            known = ", ".join(row.identity for row in every) or "none yet"
            raise CommandError(f"The corpus has no pipeline {options['pipeline']!r}; it has: {known}.")
        return named[0]


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = loads_strict(line)
            except JSONRefused as error:
                raise CommandError(f"{path.name}:{number}: {error}") from None
            if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                raise CommandError(f"{path.name}:{number}: a record is a JSON object with a text.")
            yield record


def _score_quotes(
    pipeline: Runnable, records: list[dict[str, Any]], language: str, *, speech: bool
) -> dict[str, Any]:
    examples: list[Example] = []
    for number, record in enumerate(records, 1):
        try:
            examples.append(example_of(record, language))
        except (KeyError, TypeError, ValueError) as error:
            raise CommandError(f"record {number}: its quotes cannot be read: {error!r}") from None
    found = [pipeline.suggest(example.article) for example in progress(examples, unit="articles")]
    evaluation = evaluate(found, examples, counts=is_speech if speech else None)
    scored = [item for said, example in zip(found, examples, strict=True) for item in judged(said, example)]
    return {**evaluation.figures().as_json(), "calibration_error": calibration_error(scored)}


def _score_sentences(pipeline: Runnable, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Score single sentences by the best claim in each; 0 where there is none."""
    scored = []
    for record in progress(records, unit="sentences"):
        text = record["text"]
        article = ArticleText(text=text, blocks=tuple(segment_blocks(text)))
        claims = [row.score for row in pipeline.suggest(article).annotations if row.label == "claim"]
        scored.append((max(claims, default=0.0), bool(record["label"])))
    return {"claims": average_precision(scored), "calibration_error": calibration_error(scored)}
