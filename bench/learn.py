"""Trains the pipeline "learned" on some articles and measures it beside the rules on others.

By the light learner, or, with an encoder, by the neural one.
"""

import argparse
import importlib.util
import json
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from annotations.extraction.base import ArticleText, Pipeline, Suggestions
from annotations.extraction.evaluation import (
    Difference,
    Figures,
    attributed_f1,
    evaluate,
    is_speech,
    judged,
    paired_bootstrap,
    pieces_of,
)
from annotations.extraction.learned.calibration import calibration_error
from annotations.extraction.learned.examples import Example, example_of
from annotations.extraction.learned.learners import LIGHT, Learner
from annotations.extraction.learned.model import Model
from annotations.extraction.learned.pipeline import Learned
from annotations.extraction.learned.training import is_better, train
from annotations.extraction.neural.learner import Neural
from annotations.extraction.rules import Rules
from corpus.text.blocks import segment_blocks

SIZES = (10, 25, 50, 150, 300)
Record = dict[str, Any]


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    unseen = read_records(options.dev)
    dev = [example_of(row) for row in unseen]
    examples = [example_of(row) for row in read_records(options.train)] if options.train else []
    counts = is_speech if options.speech else None
    score = scorer(options.scorer, unseen, speech=options.speech)
    steps = list(curve(examples, dev, options)) if options.curve else None
    start = time.perf_counter()
    model = model_of(examples, options)
    seconds = time.perf_counter() - start
    if options.model:
        options.model.write_bytes(model.to_bytes())
    found = {"rules": suggest_all(Rules(), dev), "learned": suggest_all(Learned(model), dev)}
    measured = {name: evaluate(one, dev, counts=counts) for name, one in found.items()}
    print(
        json.dumps(
            {
                "benchmark": "learn",
                "learner": model.card.learner,
                "articles": model.card.articles,
                "chosen": model.card.chosen,
                "held_out_gains": model.card.gains,
                "rules": figures_of(measured["rules"].figures()) | score(found["rules"]),
                "learned": figures_of(measured["learned"].figures()) | score(found["learned"]),
                "gain": paired_bootstrap(
                    measured["rules"], measured["learned"], seed=options.seed, figure=attributed_f1
                ),
                "calibration_error": calibration_of(found["learned"], dev),
                "calibration_error_of_rules": calibration_of(found["rules"], dev),
                "characters_a_second": speed_of(Learned(model), unseen),
                "characters_a_second_of_rules": speed_of(Rules(), unseen),
                "training_seconds": round(seconds),
                "model_bytes": len(model.to_bytes()),
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "curve": steps,
            }
        )
    )
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench learn", description=__doc__)
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--train", type=Path, help="evaluation records (bench/README.md)")
    model.add_argument("--trained", type=Path, help="a model that was trained before, to be measured alone")
    parser.add_argument("--dev", type=Path, required=True, help="the same, of other articles")
    parser.add_argument("--curve", action="store_true", help=f"also learn from {SIZES} articles")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="of the curve")
    parser.add_argument("--draws", type=int, default=5, help="how often the curve draws its articles")
    parser.add_argument(
        "--encoder", help="a folder or package, for the neural learner; none for the light one"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the neural learner")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speech", action="store_true", help="count only what reports speech")
    parser.add_argument("--scorer", type=Path, help="a score.py whose figures are to be shown as well")
    parser.add_argument("--model", type=Path, help="where to write the model")
    return parser.parse_args(arguments)


def model_of(examples: Sequence[Example], options: argparse.Namespace) -> Model:
    if options.trained:
        return Model.from_bytes(options.trained.read_bytes())
    return train(
        examples,
        learner=learner_of(options),
        seed=options.seed,
        counts=is_speech if options.speech else None,
        on_progress=show_progress,
    )


def learner_of(options: argparse.Namespace) -> Learner:
    return Neural(encoder_name=options.encoder, threads=options.threads) if options.encoder else LIGHT


def read_records(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def show_progress(done: int, total: int) -> None:
    if done == total or done % 100 == 0:
        print(f"step {done} of {total}", flush=True)


def suggest_all(pipeline: Pipeline, examples: Sequence[Example]) -> list[Suggestions]:
    return [pipeline.suggest(example.article) for example in examples]


def figures_of(figures: Figures) -> dict[str, float | int]:
    return figures.as_json()


def calibration_of(found: Sequence[Suggestions], examples: Sequence[Example]) -> float:
    judgements = [
        judgement for one, example in zip(found, examples, strict=True) for judgement in judged(one, example)
    ]
    return round(calibration_error(judgements), 4)


def speed_of(pipeline: Pipeline, records: Sequence[Record], *, rounds: int = 3) -> int:
    """Return how many characters a second go through segmenter and pipeline, in the best round."""
    best = 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        for row in records:
            pipeline.suggest(ArticleText(text=row["text"], blocks=tuple(segment_blocks(row["text"]))))
        best = max(best, sum(len(row["text"]) for row in records) / (time.perf_counter() - start))
    return round(best)


def curve(
    examples: Sequence[Example], dev: Sequence[Example], options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Yield for each size the mean gain over the rules in several draws, with its 95 % interval."""
    counts = is_speech if options.speech else None
    rules = evaluate(suggest_all(Rules(), dev), dev, counts=counts).figures()
    for size in options.sizes:
        if size >= len(examples):
            break
        drawn = []
        chosen = better = 0
        for draw in range(options.draws):
            sample = random.Random(f"{options.seed}:{size}:{draw}").sample(list(examples), size)
            model: Model = train(sample, learner=learner_of(options), seed=options.seed, counts=counts)
            chosen += model.card.chosen == "learned"
            better += is_better(**{name: Difference(*gain) for name, gain in model.card.gains.items()})
            drawn.append(evaluate(suggest_all(Learned(model), dev), dev, counts=counts).figures())
        step = {
            "articles": size,
            "draws": options.draws,
            "learner_kept": chosen,
            "surely_better": better,
            "found": mean_of([figures.found.f1 - rules.found.f1 for figures in drawn]),
            "attributed": mean_of([figures.attributed.f1 - rules.attributed.f1 for figures in drawn]),
            "least_found": round(min(figures.found.f1 for figures in drawn) - rules.found.f1, 4),
        }
        print(json.dumps(step), flush=True)
        yield step


def mean_of(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean and the ends of its 95 % interval."""
    mean = statistics.fmean(values)
    half = 1.96 * statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return round(mean, 4), round(mean - half, 4), round(mean + half, 4)


def scorer(
    path: Path | None, records: Sequence[Record], *, speech: bool
) -> Callable[[Sequence[Suggestions]], dict[str, Any]]:
    """Return what scores suggestions by the script at `path`; without one there is nothing to add."""
    if path is None:
        return lambda _found: {}
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def score(found: Sequence[Suggestions]) -> dict[str, Any]:
        predicted = [as_record(row["id"], one) for row, one in zip(records, found, strict=True)]
        result = module.evaluate(list(records), predicted, only_speech=speech)
        return {
            "score.py": {
                "iou": round(result["iou"][2], 4),
                "quote+spk": round(result["quote+spk"][2], 4),
                "speaker": round(result["speaker"]["ok"], 4),
                **{kind: round(row["recall_iou"], 4) for kind, row in result["by_type"].items()},
            }
        }

    return score


def as_record(number: str, found: Suggestions) -> Record:
    quotes = []
    for piece in pieces_of(found):
        links = {"speaker": piece.source, "cue": piece.cue}
        quotes.append(
            {"start": piece.span.start, "end": piece.span.end, "type": piece.type, "group": None}
            | {name: span and {"start": span.start, "end": span.end} for name, span in links.items()}
        )
    return {"id": number, "quotes": quotes}
