"""What the benchmark of keys promises, on the articles that come with Attest."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.learned.examples import Example, example_of
from annotations.extraction.quotes import quotes_of
from annotations.extraction.rules import Rules
from bench.keys import AT_ONCE, Act, Record, Reviewed, Reviewer, figures, percentile, review
from corpus.text.spans import Span
from tests.bench.running import figures_of
from tests.node import node_or_skip

GOLD = Path(__file__).parents[2] / "corpus" / "sample" / "gold.jsonl"
ROWS = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
EXAMPLES = [example_of(row) for row in ROWS]


class Told:
    """Suggests what it was told to."""

    name = "told"
    version = "1"
    configuration: dict[str, str] = {}

    def __init__(self, found: Suggestions) -> None:
        self.found = found

    def suggest(self, article: ArticleText) -> Suggestions:
        del article
        return self.found


@pytest.fixture(scope="module")
def reviewer():
    node_or_skip()
    with Reviewer() as one:
        yield one


def reviewed(reviewer: Reviewer, example: Example, found: Suggestions) -> Reviewed:
    return review(reviewer, "one", example, Told(found))


def test_gold_itself_costs_a_key_a_quote_and_less_where_a_paragraph_has_several(reviewer):
    for example in EXAMPLES:
        acts = reviewed(reviewer, example, example.gold).acts
        assert {act.kind for act in acts} <= {"as suggested", AT_ONCE, "submit"}
        settled = [act for act in acts if act.gold]
        blocks = [block_of(example, act) for act in settled]
        assert [act.keys for act in settled if blocks.count(block_of(example, act)) == 1] == [
            ["a"] for block in blocks if blocks.count(block) == 1
        ]
        assert sum(act.strikes for act in settled) == len(set(blocks))


def block_of(example: Example, act: Act) -> int:
    assert act.wanted
    start = act.wanted.segments[0].start
    return next(number for number, block in enumerate(example.article.blocks) if block.end > start)


def test_a_paragraph_with_something_wrong_or_missed_is_not_accepted_at_once(reviewer):
    """What comes before a correction is accepted on its own, what comes behind it with that."""
    text = "Ida said that it rained. Ben said that it snowed. Cy said that it hailed."
    said = [(9, 23, (0, 3), (4, 8)), (34, 48, (25, 28), (29, 33)), (58, 72, (50, 52), (53, 57))]
    gold = several(text, said)
    for part, kinds in (
        (said, [AT_ONCE] * 3),
        (said[:2], [AT_ONCE] * 2 + ["missed"]),
        (said[1:], ["missed"] + [AT_ONCE] * 2),
        ([said[0], said[2]], ["as suggested", "missed", AT_ONCE]),
        ([said[0], (34, 41, *said[1][2:]), said[2]], ["as suggested", "boundaries", AT_ONCE]),
        ([*said[:2], (58, 66, *said[2][2:])], ["as suggested", "as suggested", "boundaries"]),
    ):
        acts = reviewed(reviewer, gold, several(text, part).gold).acts
        assert [act.kind for act in acts if act.gold] == kinds, part


def several(text: str, said: Sequence[tuple[int, int, tuple[int, int], tuple[int, int]]]) -> Example:
    quotes = [
        record(text, start=start, end=end, speaker=speaker, cue=cue)["quotes"][0] | {"group": str(number)}
        for number, (start, end, speaker, cue) in enumerate(said)
    ]
    return example_of({"text": text, "quotes": quotes})


def test_nothing_suggested_makes_every_quote_a_missed_one(reviewer):
    """The control: what the pipeline spares the reviewer does count."""
    from_nothing = figures([reviewed(reviewer, example, Suggestions()) for example in EXAMPLES])
    from_rules = figures(
        [reviewed(reviewer, example, Rules().suggest(example.article)) for example in EXAMPLES]
    )
    assert from_nothing["by_kind"].keys() == {"missed", "submit"}
    assert from_nothing["mean"] > 1.5 * from_rules["mean"]


def test_a_wrong_suggestion_costs_its_rejection(reviewer):
    nothing_said = example_of({"text": "Rain had fallen on the pier since the morning.", "quotes": []})
    wrong = example_of(record(nothing_said.article.text, start=0, end=15, speaker=(19, 27), cue=(9, 15))).gold
    acts = reviewed(reviewer, nothing_said, wrong).acts
    assert [(act.kind, act.keys) for act in acts] == [("wrong", ("x",)), ("submit", ("m",))]


def test_every_gold_quote_is_settled_once_and_in_order(reviewer):
    for row, example in zip(ROWS, EXAMPLES, strict=True):
        found = review(reviewer, row["id"], example, Rules())
        settled = [act.wanted for act in found.acts if act.wanted is not None]
        assert sorted(quote.key for quote in settled) == sorted(
            quote.key for quote in quotes_of(example.gold)
        )
        assert all(act.keys[-1] in {"a", "p"} for act in found.acts if act.gold and act.kind != AT_ONCE)
        assert found.acts[-1].kind == "submit"


def test_each_part_is_corrected_by_keys_of_its_own(reviewer):
    text = "Ida Holm, the mayor, has said that the pier was old, but nobody came."
    wanted = {"speaker": (0, 19), "cue": (21, 29), "start": 30, "end": 51}
    gold = example_of(record(text, **wanted))
    for part, other, keys in (
        ("boundaries", {"end": 68}, 1),
        ("boundaries", {"start": 35}, 1),
        ("source", {"speaker": (0, 8)}, 2),
        ("cue", {"cue": (25, 29)}, 2),
    ):
        suggested = example_of(record(text, **{**wanted, **other})).gold
        [act] = [act for act in reviewed(reviewer, gold, suggested).acts if act.gold]
        assert act.kind == part
        assert 1 < act.strikes <= keys + 1, act


def record(text: str, *, start: int, end: int, speaker: tuple[int, int], cue: tuple[int, int]) -> Record:
    places = {"speaker": Span(*speaker)._asdict(), "cue": Span(*cue)._asdict()}
    return {
        "text": text,
        "quotes": [{"start": start, "end": end, "type": "indirect", "group": "q", **places}],
    }


def test_rejections_count_with_the_next_quote_and_the_end_with_the_last():
    [quote] = [quote for quote in quotes_of(EXAMPLES[0].gold) if quote.key == 0]

    def act(kind: str, strikes: int, *, gold: bool) -> Act:
        return Act(kind=kind, keys=(), strikes=strikes, wanted=quote if gold else None)

    acts = [
        act("wrong", 1, gold=False),
        act("open", 1, gold=False),
        act("source", 3, gold=True),
        act("as suggested", 1, gold=True),
        act("wrong", 1, gold=False),
        act("submit", 1, gold=False),
    ]
    found = figures([Reviewed(id="one", acts=acts)])
    assert (found["gold"], found["mean"], found["p90"], found["mean_with_open"]) == (2, 3.5, 4, 4.0)


def test_the_percentile_is_one_of_the_counts():
    counts: Sequence[int] = [3, 1, 2]
    assert [percentile(counts, share) for share in (0, 0.5, 0.9)] == [1, 2, 3]
    assert percentile([], 0.9) == 0


def test_the_sample_costs_little_and_what_was_pressed_is_written_down(tmp_path):
    node_or_skip()
    output = tmp_path / "keys.jsonl"
    found = figures_of("keys", "sqlite", f"--gold={GOLD}", f"--output={output}")
    assert found["unreached"] == 0
    assert found["gold"] == sum(len(quotes_of(example.gold)) for example in EXAMPLES)
    assert found["mean"] < 2.5
    assert found["p90"] <= 6
    written = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in written] == [row["id"] for row in ROWS]
    keys = [key for row in written for act in row["acts"] for key in act["keys"]]
    assert {"a", "x", "e", "s", "m"} <= set(keys)
    for row in written:
        for one, other in pairwise([act["wanted"] for act in row["acts"] if act["wanted"]]):
            assert one != other
