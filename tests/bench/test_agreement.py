"""Six people's passes of a file, as real layers: the figures are those that the file itself gives."""

from pathlib import Path

import pytest

from annotations.agreement import Unit
from annotations.agreement.comparison import Comparison
from annotations.services.agreement import Asked, agreement_of, statistics_of
from bench.agreement import Record, add_people, fill, make_corpus, read_passes, record_of_file, speech_in
from corpus.services.actors import COMMAND
from corpus.services.corpora import every_scheme_of
from corpus.text.spans import Span
from tests.bench.running import figures_of

MULTI = Path(__file__).parents[3] / "shared" / "eval" / "polnear_speech.train.multi.jsonl"


def units_of_file(record: Record) -> list[Unit]:
    """Return what somebody marked, without any of our layers: quotes, and each source and cue once."""
    found: dict[tuple[str, int, int, int], Unit] = {}
    for number, quote in enumerate(speech_in(record)):
        ends = {name: quote[field] for name, field in (("source", "speaker"), ("cue", "cue")) if quote[field]}
        found["quote", quote["start"], quote["end"], number] = Unit(
            id=f"quote {number}",
            line=f"quote {number}",
            label="quote",
            segments=(Span(quote["start"], quote["end"]),),
            attributes={"type": quote["type"]},
            links={name: frozenset({(Span(span["start"], span["end"]),)}) for name, span in ends.items()},
        )
        for name, span in ends.items():
            label = "attribution" if name == "source" else "cue"
            place = Span(span["start"], span["end"])
            found[label, *place, 0] = Unit(
                id=f"{label} {place}", line=f"{label} {place}", label=label, segments=(place,)
            )
    return list(found.values())


@pytest.mark.django_db
@pytest.mark.skipif(not MULTI.exists(), reason="needs the evaluation data beside the repository")
def test_six_people_as_real_layers_agree_as_their_file_says() -> None:
    passes = read_passes(MULTI)
    corpus = make_corpus()
    names = sorted({name for by_person in passes.values() for name in by_person})
    people = add_people(corpus, names)
    fill(corpus, (record_of_file(by_person, people) for by_person in passes.values()))
    [condition] = agreement_of(COMMAND, corpus, Asked(), most=None).conditions

    straight = Comparison(statistics_of(every_scheme_of(corpus.pk)))
    # As the service reads them: the newest article first.
    for by_person in reversed(passes.values()):
        text = next(iter(by_person.values()))["text"]
        said = {str(people[name].pk): units_of_file(record) for name, record in by_person.items()}
        straight.add(len(text), said)

    assert (condition.articles, condition.passes, len(condition.pairs)) == (16, 95, 15)
    for label, figures in straight.figures().items():
        for name, figure in figures.items():
            found = condition.labels[label][name]
            where = f"{label} {name}"
            assert (found.value is None) == (figure.value is None), where
            assert found.value == pytest.approx(figure.value, abs=1e-12), where
            assert (found.low, found.high) == pytest.approx((figure.low, figure.high), abs=1e-12), where
    pairs = straight.pairs()
    for pair in condition.pairs:
        theirs = pairs[tuple(sorted((str(pair.first.pk), str(pair.second.pk))))]  # type: ignore[index]
        assert pair.labels["quote"] == theirs["quote"]

    quote = {name: figure.value for name, figure in condition.labels["quote"].items()}
    assert quote["f1_overlap"] == pytest.approx(0.95, abs=0.03)
    assert quote["fleiss_kappa"] is None, "one article has five passes"
    print({name: value and round(value, 4) for name, value in quote.items()})


def test_the_benchmark_runs() -> None:
    figures = figures_of("agreement", "sqlite", "--articles=30")
    assert (figures["articles"], figures["passes"]) == (30, 90)
    assert figures["statements"] < 20
    value, low, high = figures["figures"]["quote"]["f1_overlap"]
    assert 0.85 < low < value < high < 0.97
