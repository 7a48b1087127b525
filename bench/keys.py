"""Counts the keys with which a reviewer turns a pipeline's suggestions into gold.

A scripted reviewer reads each article from top to bottom and always takes the cheapest keys that the review
page has for it, by the page's own modules, which run under node. See `docs/workbench.md`.
"""

import argparse
import json
import shutil
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings

from annotations.extraction import build_pipeline
from annotations.extraction.base import ArticleText, Pipeline, Suggestions
from annotations.extraction.candidates import Candidate, Choices, find_candidates
from annotations.extraction.learned.examples import Example, example_of
from annotations.extraction.learned.model import Model
from annotations.extraction.learned.pipeline import Learned
from annotations.extraction.opinions import Opinion
from annotations.extraction.quotes import Quote, overlap, pairs, quotes_of
from corpus.schemes import default_scheme
from corpus.text.offsets import OffsetMap, OffsetUnit
from corpus.text.spans import Span

SEARCH = Path(__file__).with_name("keys.mjs")
#: keys that are pressed once an article: submit
AT_THE_END: tuple[str, ...] = ("m",)
#: what is pressed where all that is left of a paragraph is right
ACCEPT_PARAGRAPH: tuple[str, ...] = ("p",)
#: what keeps a change, where nothing else is accepted with it
ACCEPT = ["a"]
AT_ONCE = "as suggested, a paragraph at once"
#: a correction of so many keys is never dearer than to reject and add
SURELY_CHEAPER = 4
#: what no keys were found for, and what each of those counts
UNREACHED = "no keys found"
GIVEN_UP = 40

Record = dict[str, Any]


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    pipeline = pipeline_of(options)
    records = [json.loads(line) for line in options.gold.read_text(encoding="utf-8").splitlines()]
    records = records[options.offset :: options.every]
    with Reviewer() as reviewer:
        articles = [review(reviewer, row["id"], example_of(row), pipeline) for row in records]
    if options.output:
        lines = (json.dumps(one.as_json(), ensure_ascii=False) + "\n" for one in articles)
        options.output.write_text("".join(lines), encoding="utf-8")
    acts = [act for article in articles for act in article.acts]
    print(table(acts))
    print(json.dumps({"benchmark": "keys", "pipeline": pipeline.name, **figures(articles)}))
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench keys", description=__doc__)
    parser.add_argument("--gold", type=Path, required=True, help="evaluation records (bench/README.md)")
    parser.add_argument("--pipeline", default="rules", help="a built-in one")
    parser.add_argument("--model", type=Path, help="a trained model, in place of a built-in pipeline")
    parser.add_argument("--output", type=Path, help="where to write what was pressed, an article a line")
    parser.add_argument("--every", type=int, default=1, help="take every n-th article alone")
    parser.add_argument("--offset", type=int, default=0, help="and begin with this one")
    return parser.parse_args(arguments)


def pipeline_of(options: argparse.Namespace) -> Pipeline:
    if options.model:
        return Learned(Model.from_bytes(options.model.read_bytes()))
    return build_pipeline(options.pipeline)


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was pressed at one place: `gold` counts the gold quotes that it settled, one or none."""

    kind: str
    keys: Sequence[str]
    strikes: int
    suggested: Quote | None = None
    wanted: Quote | None = None

    @property
    def gold(self) -> int:
        return int(self.wanted is not None)


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """One article with all that was pressed on it, in order."""

    id: str
    acts: Sequence[Act]

    def as_json(self) -> Record:
        return {"id": self.id, "acts": [act_json(act) for act in self.acts]}


def act_json(act: Act) -> Record:
    quotes = {"suggested": act.suggested, "wanted": act.wanted}
    return {
        "kind": act.kind,
        "keys": list(act.keys),
        **{name: quote and quote._asdict() for name, quote in quotes.items()},
    }


@dataclass
class Reviewer:
    """Asks the page's modules for the cheapest keys; they run under node for as long as this is open."""

    _process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> "Reviewer":
        node = shutil.which("node")
        if node is None:
            raise SystemExit("The modules of the review page need node, 20.19 or newer.")
        self._process = subprocess.Popen(
            [node, str(SEARCH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=settings.BASE_DIR,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def ask(self, message: Record) -> Record | None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        answer: Record | None = json.loads(self._process.stdout.readline())
        return answer


def review(reviewer: Reviewer, name: str, example: Example, pipeline: Pipeline) -> Reviewed:
    """Return what is pressed on one article."""
    suggestions, opinion = considered(pipeline, example.article)
    article = Article(reviewer, example, suggestions, opinion)
    return Reviewed(id=name, acts=list(article.acts()))


def considered(pipeline: Pipeline, article: ArticleText) -> tuple[Suggestions, Opinion | None]:
    """Return what a pipeline suggests, and what else it thinks of where it has thoughts of its own."""
    opinion = pipeline.consider(article) if isinstance(pipeline, Learned) else None
    return pipeline.suggest(article), opinion


class Article:
    """One article under review: what is suggested, what is wanted, and which is to become which."""

    def __init__(
        self, reviewer: Reviewer, example: Example, suggestions: Suggestions, opinion: Opinion | None
    ) -> None:
        self.reviewer = reviewer
        text = self.text = example.article.text
        self.offsets = OffsetMap(text, OffsetUnit.UTF16)
        self.suggested = quotes_of(suggestions)
        every = quotes_of(example.gold)
        self.wanted = [quote for quote in every if quote.key not in example.unscored]
        self.open = [quote for quote in every if quote.key in example.unscored]
        self.candidates = find_candidates(example.article, suggestions, opinion)
        self.missing = [self.candidate(one) for one in self.candidates.missing]
        self.standing: list[list[list[int]]] = []
        self.left: list[Quote] = []
        self.caret = 0
        labels = [
            {
                "name": label.name,
                "attributes": {name: list(values) for name, values in label.attributes.items()},
            }
            for label in default_scheme().labels.values()
        ]
        self.blocks = example.article.blocks
        blocks = [self.pair(block.start, block.end) for block in self.blocks]
        page = {"text": text, "blocks": [{"start": a, "end": b} for a, b in blocks], "labels": labels}
        reviewer.ask({"page": page})

    def acts(self) -> Iterator[Act]:
        """Yield what is pressed, from the top of the article to its end."""
        meant = self.cheapest(pairs(self.suggested, self.wanted + self.open))
        found = {id(wanted) for wanted in meant.values()}
        missed = [quote for quote in self.wanted if id(quote) not in found]
        left = self.left = list(self.suggested)
        while left:
            while missed and starts_before(missed[0], left[0]):
                added = missed.pop(0)
                yield from self.and_the_rest([self.add(added)], added, left, meant, missed)
            if not left:
                break
            run = self.rest_as_suggested(left[0], left, meant, missed)
            if len(run) > 1:
                yield from self.accept_paragraph([meant[quote.key] for quote in run], run)
                del left[: len(run)]
                continue
            quote = left.pop(0)
            wanted = meant.get(quote.key)
            acts = list(self.decide(quote, wanted))
            yield from self.and_the_rest(acts, wanted, left, meant, missed)
        for quote in missed:
            yield self.add(quote)
        yield Act(kind="submit", keys=AT_THE_END, strikes=len(AT_THE_END))

    def and_the_rest(
        self,
        acts: Sequence[Act],
        wanted: Quote | None,
        left: list[Quote],
        meant: dict[int, Quote],
        missed: Sequence[Quote],
    ) -> Iterator[Act]:
        """Yield acts of which the last may keep a change, and what the key that keeps it may accept too."""
        *before, last = acts
        run = self.rest_as_suggested(wanted, left, meant, missed) if last.gold and wanted else []
        if run and last.keys[-1:] == ACCEPT:
            yield from before
            yield replace(last, keys=[*last.keys[:-1], *ACCEPT_PARAGRAPH])
            yield from self.accept_paragraph([meant[quote.key] for quote in run], run, keys=())
            del left[: len(run)]
        else:
            yield from acts

    def rest_as_suggested(
        self, at: Quote, left: Sequence[Quote], meant: dict[int, Quote], missed: Sequence[Quote]
    ) -> Sequence[Quote]:
        """Return what is left of the paragraph of a quote, if all of it is right and none is missed."""
        end = self.paragraph_end(at)
        run = [quote for quote in left if quote.segments[0].start < end]
        if not run or (missed and starts_before(missed[0], run[-1])):
            return []
        return run if all(self.is_right(quote, meant.get(quote.key)) for quote in run) else []

    def paragraph_end(self, quote: Quote) -> int:
        return next(block.end for block in self.blocks if block.end > quote.segments[0].start)

    def is_right(self, quote: Quote, wanted: Quote | None) -> bool:
        if wanted is None or wanted in self.open:
            return False
        reply = self.ask_to_correct(quote, wanted)
        return reply is not None and not reply["kinds"]

    def accept_paragraph(
        self, wanted: Sequence[Quote], run: Sequence[Quote], keys: Sequence[str] = ACCEPT_PARAGRAPH
    ) -> Iterator[Act]:
        """Yield the one key that accepts what is left of a paragraph, and the rest of what it settles."""
        for suggested, quote in zip(run, wanted, strict=True):
            self.stand(quote)
            yield Act(kind=AT_ONCE, keys=keys, strikes=len(keys), suggested=suggested, wanted=quote)
            keys = ()

    def cheapest(self, meant: dict[int, Quote]) -> dict[int, Quote]:
        """Return the pairs, but of several suggestions in one gold quote the one that least corrects."""
        spare = [quote for quote in self.suggested if quote.key not in meant]
        better = dict(meant)
        for quote in self.suggested:
            wanted = meant.get(quote.key)
            if wanted is None or wanted not in self.wanted:
                continue
            rivals = [one for one in spare if overlap(one, wanted) > 0]
            if not rivals:
                continue
            best = min([quote, *rivals], key=partial(self.strikes, wanted=wanted))
            if best is not quote:
                better[best.key] = better.pop(quote.key)
                spare.remove(best)
        return better

    def strikes(self, quote: Quote, wanted: Quote) -> int:
        reply = self.ask_to_correct(quote, wanted)
        return GIVEN_UP if reply is None else int(reply["strikes"])

    def ask_to_correct(self, quote: Quote, wanted: Quote) -> Record | None:
        correct = {"from": self.annotation(quote), "to": self.goal(wanted), "choices": self.choices(quote)}
        return self.reviewer.ask({"correct": correct})

    def decide(self, quote: Quote, wanted: Quote | None) -> Iterator[Act]:
        """Yield what is pressed on a suggestion; to reject it and add the right one may be cheaper."""
        if wanted is None or wanted in self.open:
            yield Act(kind="wrong" if wanted is None else "open", keys=("x",), strikes=1, suggested=quote)
            self.caret = self.behind_rejected(quote)
            return
        reply = self.ask_to_correct(quote, wanted)
        caret = self.behind_rejected(quote)
        dear = reply is None or reply["strikes"] > SURELY_CHEAPER
        instead = self.ask_to_add(wanted, caret) if dear else None
        if instead is not None and (reply is None or instead["strikes"] + 1 < reply["strikes"]):
            yield Act(kind="wrong", keys=("x",), strikes=1, suggested=quote)
            yield self.added(wanted, instead)
            return
        if reply is None:
            yield self.unreached(wanted, quote)
            return
        self.stand(wanted)
        kind = " + ".join(reply["kinds"]) or "as suggested"
        yield Act(kind=kind, keys=reply["keys"], strikes=reply["strikes"], suggested=quote, wanted=wanted)

    def add(self, wanted: Quote) -> Act:
        """Return what adds a quote that was missed."""
        reply = self.ask_to_add(wanted, self.caret)
        if reply is None:
            return self.unreached(wanted)
        return self.added(wanted, reply)

    def ask_to_add(self, wanted: Quote, caret: int) -> Record | None:
        add = {
            "caret": caret,
            "candidates": self.missing,
            "standing": [*self.standing, *(self.spans(quote.segments) for quote in self.left)],
            "to": self.goal(wanted),
        }
        return self.reviewer.ask({"add": add})

    def added(self, wanted: Quote, reply: Record) -> Act:
        self.stand(wanted)
        return Act(kind="missed", keys=reply["keys"], strikes=reply["strikes"], wanted=wanted)

    def unreached(self, wanted: Quote, suggested: Quote | None = None) -> Act:
        self.stand(wanted)
        return Act(kind=UNREACHED, keys=(), strikes=GIVEN_UP, suggested=suggested, wanted=wanted)

    def stand(self, quote: Quote) -> None:
        self.standing.append(self.spans(quote.segments))
        self.leave(quote)

    def leave(self, quote: Quote) -> None:
        """Put the caret where the reviewer has read to: behind the last quote that was kept."""
        self.caret = max(self.caret, self.offsets.from_code_points(quote.segments[-1].end))

    def behind_rejected(self, quote: Quote) -> int:
        """Return where the caret is once a quote is rejected: where that began, for what is right instead."""
        return max(self.caret, self.offsets.from_code_points(quote.segments[0].start))

    def pair(self, start: int, end: int) -> list[int]:
        return [self.offsets.from_code_points(start), self.offsets.from_code_points(end)]

    def spans(self, segments: Iterable[Span]) -> list[list[int]]:
        return [self.pair(*segment) for segment in segments]

    def link(self, span: Span | None) -> list[list[int]] | None:
        return None if span is None else self.spans([span])

    def goal(self, quote: Quote) -> Record:
        """Return what is wanted; any type will do where the records do not know the quotation marks."""
        goal = self.annotation(quote)
        if any("''" in segment.of(self.text) for segment in quote.segments):
            goal["attributes"] = {}
        return goal

    def annotation(self, quote: Quote) -> Record:
        return {
            "label": "quote",
            "attributes": {"type": quote.type},
            "segments": self.spans(quote.segments),
            "links": {"source": self.link(quote.source), "cue": self.link(quote.cue)},
        }

    def choices(self, quote: Quote) -> Record:
        return self.given(self.candidates.choices.get(quote.key, Choices()))

    def given(self, choices: Choices) -> Record:
        return {
            "alternatives": [
                {"segments": self.spans(one.segments), "attributes": dict(one.attributes)}
                for one in choices.alternatives
            ],
            "links": {
                "source": [self.spans([span]) for span in choices.sources],
                "cue": [self.spans([span]) for span in choices.cues],
            },
            "corrections": [self.whole(one) for one in choices.corrections],
        }

    def candidate(self, one: Candidate) -> Record:
        return {
            **self.whole(one),
            "label": one.label,
            "score": one.score,
            "choices": self.given(one.choices),
        }

    def whole(self, one: Candidate) -> Record:
        return {
            "attributes": dict(one.attributes),
            "segments": self.spans(one.segments),
            "links": {"source": self.link(one.source), "cue": self.link(one.cue)},
        }


def starts_before(one: Quote, other: Quote) -> bool:
    return one.segments[0].start < other.segments[0].start


def figures(articles: Sequence[Reviewed]) -> Record:
    counts = [count for article in articles for count in keys_by_quote(article)]
    total = sum(act.strikes for article in articles for act in article.acts if act.kind != "open")
    open_keys = sum(act.strikes for article in articles for act in article.acts if act.kind == "open")
    return {
        "articles": len(articles),
        "gold": len(counts),
        "unreached": sum(act.kind == UNREACHED for article in articles for act in article.acts),
        "mean": round(total / max(len(counts), 1), 3),
        "p90": percentile(counts, 0.9),
        "at_most_7": round(sum(count <= 7 for count in counts) / max(len(counts), 1), 3),
        "mean_with_open": round((total + open_keys) / max(len(counts), 1), 3),
        "by_kind": by_kind([act for article in articles for act in article.acts]),
    }


def keys_by_quote(article: Reviewed) -> list[int]:
    """Return the keys of each gold quote, those for the wrong suggestions before it and the end included."""
    counts: list[int] = []
    waiting = 0
    for act in article.acts:
        if act.kind != "open":
            waiting += act.strikes
        if act.gold:
            counts.append(waiting)
            waiting = 0
    if counts:
        counts[-1] += waiting
    return counts


def percentile(counts: Sequence[int], share: float) -> int:
    ordered = sorted(counts)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0


def by_kind(acts: Sequence[Act]) -> dict[str, Record]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for act in acts:
        grouped[act.kind].append(act.strikes)
    order = sorted(grouped, key=lambda kind: (-sum(grouped[kind]), kind))
    return {
        kind: {
            "times": len(grouped[kind]),
            "mean": round(statistics.fmean(grouped[kind]), 2),
            "p90": percentile(grouped[kind], 0.9),
            "keys": sum(grouped[kind]),
        }
        for kind in order
    }


def table(acts: Sequence[Act]) -> str:
    """Return the costs by kind of correction, for a person to read."""
    lines = [f"{'kind':45} {'times':>6} {'mean':>6} {'p90':>4} {'keys':>6}"]
    for kind, row in by_kind(acts).items():
        lines.append(f"{kind:45} {row['times']:6} {row['mean']:6} {row['p90']:4} {row['keys']:6}")
    return "\n".join(lines)
