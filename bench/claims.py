"""Ranks check-worthy sentences by the rules, by the learned scorer and by a TF-IDF baseline, in one run.

Each learns from CT24 and is tried on PoliClaim, the other way round, and on parts of either that hold other
debates or speeches than those it learned from.
"""

import argparse
import json
import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from annotations.extraction.claims import weigh_claim
from annotations.extraction.learned.claims import Case, train_claims
from annotations.extraction.ranking import average_precision, calibration_error
from bench.peer import python_of, run

BASELINE = Path(__file__).with_name("claims_baseline.py")
REQUIREMENTS = ("scikit-learn==1.5.2",)
PARTS = 5
#: ids of CT24 count the sentences of all debates in order; a debate has about so many
DEBATE = 1_000

Record = dict[str, Any]


class Setting(NamedTuple):
    """What is learned from and what it is tried on; several turns where the parts take turns."""

    name: str
    turns: Sequence[tuple[Sequence[Case], Sequence[Case]]]


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    every = list(settings_of(options))
    python = baseline_python(options.install)
    figures = {setting.name: measure(setting, python, options.draws) for setting in every}
    print(table(figures))
    print(json.dumps({"benchmark": "claims", "figures": figures}))
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench claims", description=__doc__)
    parser.add_argument("--ct24", type=Path, required=True, help="sentences with labels, JSON Lines")
    parser.add_argument("--ct24-dev", type=Path, help="more of them, left out of what is learned from")
    parser.add_argument("--policlaim", type=Path, required=True, help="the same, with the speech as `doc`")
    parser.add_argument(
        "--install", type=Path, required=True, help="where the baseline's environment is, or goes"
    )
    parser.add_argument("--draws", type=int, default=200, help="of the bootstrap")
    options = parser.parse_args(arguments)
    options.install = options.install.resolve()
    if options.install.is_relative_to(settings.BASE_DIR):
        parser.error("--install is a directory outside of the repository")
    return options


def settings_of(options: argparse.Namespace) -> Iterator[Setting]:
    dev = debates(read(options.ct24_dev)) if options.ct24_dev else []
    known = {case.sentence for case in dev}
    ct24 = [case for case in debates(read(options.ct24)) if case.sentence not in known]
    policlaim = speeches(read(options.policlaim))
    yield Setting("CT24 to PoliClaim", [(ct24, policlaim)])
    yield Setting("PoliClaim to CT24", [(policlaim, ct24)])
    yield Setting("within CT24, by debate", list(turns(ct24, PARTS)))
    yield Setting("within PoliClaim, by speech", list(turns(policlaim, articles(policlaim))))
    if dev:
        yield Setting("CT24 to its dev", [(ct24, dev)])


def read(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def debates(records: Sequence[Record]) -> list[Case]:
    """Return sentences with the debate that each is from, as far as its id tells."""
    return [Case(row["text"], bool(row["label"]), int(row["id"]) // DEBATE) for row in records]


def speeches(records: Sequence[Record]) -> list[Case]:
    numbers = {doc: number for number, doc in enumerate(sorted({row["doc"] for row in records}))}
    return [Case(row["text"], bool(row["label"]), numbers[row["doc"]]) for row in records]


def articles(cases: Sequence[Case]) -> int:
    return len({case.article for case in cases})


def turns(cases: Sequence[Case], parts: int) -> Iterator[tuple[list[Case], list[Case]]]:
    """Yield each part of the cases as what is unseen, after the rest; no article stands in two parts."""
    for part in range(parts):
        unseen = [case for case in cases if case.article % parts == part]
        if unseen:
            yield [case for case in cases if case.article % parts != part], unseen


def baseline_python(install: Path) -> Path:
    """Make the baseline's environment, once, and return its Python."""
    environment = install / "claims-baseline"
    python, done = environment / "bin" / "python", environment / "installed"
    if not done.exists():
        run([python_of(("3.11", "3.12")), "-m", "venv", "--clear", environment])
        run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS])
        done.touch()
    return python


def measure(setting: Setting, python: Path, draws: int) -> dict[str, Any]:
    """Return the figures of the three on the unseen sentences of all turns together."""
    print(f"{setting.name}: {len(setting.turns)} turns", flush=True)
    unseen = [case for _, part in setting.turns for case in part]
    scores = {
        "rules": [claim.score if (claim := weigh_claim(case.sentence)) else 0.0 for case in unseen],
        "learned": [score for known, part in setting.turns for score in learned_scores(known, part)],
        "baseline": baseline_scores(setting, python),
    }
    return {
        "sentences": len(unseen),
        "claims": sum(case.is_claim for case in unseen),
        "average_precision": {name: round(precision(unseen, found), 4) for name, found in scores.items()},
        "calibration_error": {
            name: round(calibration_error(list(zip(found, truths(unseen), strict=True))) or 0.0, 4)
            for name, found in scores.items()
        },
        "beyond_baseline": {
            name: difference(unseen, scores[name], scores["baseline"], draws) for name in ("rules", "learned")
        },
    }


def learned_scores(known: Sequence[Case], unseen: Sequence[Case]) -> list[float]:
    scorer, told = train_claims(known)
    weigh = scorer if told["chosen"] == "learned" else weigh_claim
    return [claim.score if (claim := weigh(case.sentence)) else 0.0 for case in unseen]


def baseline_scores(setting: Setting, python: Path) -> list[float]:
    jobs = [
        {
            "texts": [case.sentence for case in known],
            "labels": truths(known),
            "unseen": [case.sentence for case in unseen],
        }
        for known, unseen in setting.turns
    ]
    done = subprocess.run(
        [python, BASELINE], input=json.dumps(jobs), capture_output=True, text=True, check=True
    )
    return [score for scores in json.loads(done.stdout) for score in scores]


def truths(cases: Sequence[Case]) -> list[bool]:
    return [case.is_claim for case in cases]


def precision(cases: Sequence[Case], scores: Sequence[float]) -> float:
    return average_precision(list(zip(scores, truths(cases), strict=True))) or 0.0


def difference(
    cases: Sequence[Case], ours: Sequence[float], theirs: Sequence[float], draws: int
) -> tuple[float, float, float]:
    """Return by how much ours is more precise than theirs, with the 95 % interval over drawn articles."""
    numbers: dict[int, list[int]] = {}
    for number, case in enumerate(cases):
        numbers.setdefault(case.article, []).append(number)
    every = sorted(numbers)
    chance = random.Random(0)
    drawn = []
    for _ in range(draws):
        picked = [number for article in chance.choices(every, k=len(every)) for number in numbers[article]]
        sample = [cases[number] for number in picked]
        drawn.append(
            precision(sample, [ours[number] for number in picked])
            - precision(sample, [theirs[number] for number in picked])
        )
    drawn.sort()
    low, high = (drawn[int(share * (draws - 1))] for share in (0.025, 0.975))
    return round(precision(cases, ours) - precision(cases, theirs), 4), round(low, 4), round(high, 4)


def table(figures: dict[str, Any]) -> str:
    """Return average precision and, in brackets, calibration error, as Markdown."""
    lines = [
        "| | rules | learned | TF-IDF | learned beyond TF-IDF (95 %) | rules beyond TF-IDF (95 %) |",
        "| --- |" + " ---: |" * 5,
    ]
    for name, own in figures.items():
        cells = [
            f"{own['average_precision'][who]:.3f} ({own['calibration_error'][who]:.3f})"
            for who in ("rules", "learned", "baseline")
        ]
        for who in ("learned", "rules"):
            gain, low, high = own["beyond_baseline"][who]
            cells.append(f"{gain:+.3f} ({low:+.3f} to {high:+.3f})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
