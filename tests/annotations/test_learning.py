"""Learning from what people decided: the ledger, the comparison, and what is put in service."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotations.extraction.candidates import Candidates, find_candidates
from annotations.extraction.evaluation import Difference
from annotations.extraction.learned.considering import Considered
from annotations.extraction.mistakes import Kind
from annotations.extraction.neural import extra
from annotations.models import Job, ModelFile, Pipeline, Run, Training
from annotations.models.learning import LearnerName
from annotations.services import learning, offering, trainings
from annotations.services.building import ModelMissing, built
from annotations.services.evaluating import report_on
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.learning import work_training
from annotations.services.offering import offer_candidates
from annotations.services.pipelines import activate_pipeline
from annotations.services.reviewed import count_reviewed, reviewed_articles
from annotations.services.trainings import (
    cancel_training,
    claim_training,
    start_training,
    sweep_trainings,
)
from corpus.models import Corpus, Event, User
from corpus.services.actors import COMMAND
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed
from tests.annotations.deciding import machine
from tests.conftest import acting, put_in
from tests.pure.extraction.neural.small import make_encoder, needs_extra

NAMES = ("Mara Voss", "Ilya Brandt", "Tess Okonjo", "Henrik Sand", "Noor Haddad")
ENDS = ("the gate stays shut", "the ferry will sail", "nobody was asked", "the wall is too low")
PLACES = ("Elm Quay", "Salt Lane", "the old mill", "North Pier", "Mill Street")


def line(number: int, *, layer: str = "gold") -> bytes:
    """Return an article whose people speak in a way that no rule knows."""
    name, end, place = NAMES[number % 5], ENDS[number % 4], PLACES[number // 4 % 5]
    quote = f"{end} at {place}"
    text = f"It rained over {place} again. {name} posted online {quote}. The hearing goes on next week."
    spans = {"quote": quote, "attribution": name, "cue": "posted online"}
    record = {
        "schema": "attest/1",
        "external_id": f"n{number}",
        "text": text,
        "layer": layer,
        "annotations": [
            {
                "label": label,
                "segments": [[text.index(words), text.index(words) + len(words)]],
                "attributes": {"type": "indirect"} if label == "quote" else {},
            }
            for label, words in spans.items()
        ],
        "relations": [
            {"label": "source", "head": 0, "child": 1},
            {"label": "cue", "head": 0, "child": 2},
        ],
    }
    return orjson.dumps(record)


@pytest.fixture
def reviewed(corpus: Corpus) -> Corpus:
    """A corpus with forty texts in gold, and the rules in service."""
    outcomes = list(import_records(COMMAND, corpus, [line(number) for number in range(40)], source="test"))
    assert {outcome.outcome for outcome in outcomes} == {"created"}, outcomes[0]
    activate_pipeline(COMMAND, corpus, "rules")
    return corpus


def worked(corpus: Corpus, learner: str = LearnerName.LIGHT) -> Training:
    training = start_training(COMMAND, corpus, learner)
    claim = claim_training("test")
    assert claim
    work_training(claim)
    training.refresh_from_db()
    assert training.status == "done", training.cause
    return training


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []

    def keep(claim: Any, stage: str) -> bool:
        told.append(stage)
        return trainings.tell_stage(claim, stage)

    monkeypatch.setattr(learning, "tell_stage", keep)
    return told


def test_what_was_settled_is_read_as_pipelines_speak(reviewed: Corpus) -> None:
    assert count_reviewed(reviewed) == 40
    first = next(reviewed_articles(reviewed))
    said = [(row.label, row.segments[0].of(first.article.text)) for row in first.truth.annotations]
    assert said == [
        ("attribution", "Mara Voss"),
        ("cue", "posted online"),
        ("quote", "the gate stays shut at Elm Quay"),
    ]
    assert [(link.label, link.head, link.child) for link in first.truth.relations] == [
        ("source", 2, 0),
        ("cue", 2, 1),
    ]


def test_what_was_learned_is_better_and_goes_into_service(
    reviewed: Corpus, stages: list[str], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = worked(reviewed)
    assert training.promoted, training.verdict
    assert training.verdict.startswith("Put in service. F1 on 40 articles against rules@4: quotes found +")
    assert training.figures["learned"]["attributed"] > training.figures["rival"]["attributed"]
    assert training.figures["gains"]["attributed"][1] > 0
    active = {pipeline.name for pipeline in Pipeline.objects.filter(corpus=reviewed, active=True)}
    assert active == {"learned"}
    assert any("learns from 40 articles" in stage for stage in stages)
    # It reads what the rules have read, and every new text.
    assert Job.objects.filter(run=Run.objects.get()).count() == 40
    fresh = put_in(reviewed, "Rain again. Ana Ruiz posted online the dam will hold at Elm Quay. Night fell.")
    work_jobs("test", limit=100, seconds=60)
    assert {row.surface for row in machine(fresh).annotations.values() if row.label == "quote"} == {
        "the dam will hold at Elm Quay"
    }
    actions = set(Event.objects.values_list("action", flat=True))
    assert {"training.started", "training.ended", "pipeline.promoted"} <= actions
    # What else is offered is in the order that the pipeline in service has learned.
    asked: list[Considered | None] = []

    def asking(*given: Any) -> Candidates:
        asked.append(given[-1])
        return find_candidates(*given)

    monkeypatch.setattr(offering, "find_candidates", asking)
    assert offer_candidates(acting(ada), fresh).choices
    assert [bool(opinion and opinion.thoughts) for opinion in asked] == [True]


@needs_extra
def test_what_an_encoder_has_learned_is_kept_and_runs(
    reviewed: Corpus, settings: LazySettings, tmp_path: Path
) -> None:
    settings.ATTEST_ENCODER = make_encoder(tmp_path)
    training = worked(reviewed, LearnerName.NEURAL)
    assert training.model and training.pipeline
    assert training.model.card["learner"] == "neural"
    assert training.model.card["versions"]["encoder"].startswith(tmp_path.name)
    assert set(training.figures["gains"]) == {"found", "attributed"}
    assert built(training.pipeline).suggest(next(reviewed_articles(reviewed)).article).annotations


def test_an_encoder_that_nobody_named_is_not_learned_from(reviewed: Corpus, settings: LazySettings) -> None:
    with pytest.raises(BadInput, match="ATTEST_ENCODER"):
        start_training(COMMAND, reviewed, LearnerName.NEURAL)
    with pytest.raises(CommandError, match="ATTEST_ENCODER"):
        call_command("train", "--corpus", reviewed.slug, "--learner", "neural", "--inline")


def test_a_worker_without_the_extra_says_what_is_missing_and_does_not_try_again(
    reviewed: Corpus, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    settings.ATTEST_ENCODER = "some-encoder"
    training = start_training(COMMAND, reviewed, LearnerName.NEURAL)
    claim = claim_training("test")
    assert claim
    work_training(claim)
    training.refresh_from_db()
    assert training.status == "failed"
    assert "torch" in training.cause and "requirements/neural-training.txt" in training.cause


def test_what_is_not_better_stays_out(reviewed: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning.Comparison, "is_better", False)
    training = worked(reviewed)
    assert training.promoted is False
    assert "has not shown to be better" in training.verdict
    assert {row.name for row in Pipeline.objects.filter(active=True)} == {"rules"}
    assert ModelFile.objects.count() == 1


def test_too_few_articles_put_nothing_in_service(corpus: Corpus) -> None:
    list(import_records(COMMAND, corpus, [line(number) for number in range(12)], source="test"))
    activate_pipeline(COMMAND, corpus, "rules")
    training = worked(corpus)
    assert training.promoted is False
    assert "12 reviewed articles" in training.verdict and "too few to tell" in training.verdict


def test_a_learned_pipeline_is_judged_by_what_was_settled_since(reviewed: Corpus) -> None:
    first = worked(reviewed)
    assert first.promoted and first.pipeline
    again = worked(reviewed)
    assert again.rival == first.pipeline
    assert (again.promoted, again.figures["articles"]) == (False, 0)
    lines = [line(number) for number in range(40, 72)]
    list(import_records(COMMAND, reviewed, lines, source="later"))
    third = worked(reviewed)
    assert (third.rival, third.figures["articles"]) == (first.pipeline, 32)
    assert third.figures["rival"]["gold"] == 32


def test_a_comparison_needs_enough_articles_and_a_real_difference() -> None:
    def better(articles: int, low: float, other: float = 0.0) -> bool:
        gains = {"found": Difference(0.05, low, 0.1), "attributed": Difference(other, other - 0.01, other)}
        return learning.Comparison(articles=articles, learned={}, rival={}, gains=gains).is_better

    assert better(30, 0.001)
    assert not better(29, 0.001)
    assert not better(30, 0.0)
    assert not better(30, 0.001, other=-0.01)


def test_too_little_is_refused_before_it_begins(corpus: Corpus, lea: User, ada: User) -> None:
    with pytest.raises(BadInput, match="0 articles of this corpus are reviewed"):
        start_training(acting(lea), corpus)
    with pytest.raises(NotAllowed):
        start_training(acting(ada), corpus)


def test_one_at_a_time(reviewed: Corpus) -> None:
    start_training(COMMAND, reviewed)
    with pytest.raises(InvalidTransition, match="under way"):
        start_training(COMMAND, reviewed)
    assert claim_training("one")
    assert claim_training("two") is None


def test_a_dead_worker_s_training_is_taken_back_and_its_result_refused(reviewed: Corpus) -> None:
    training = start_training(COMMAND, reviewed)
    lost = claim_training("dies")
    assert lost
    assert sweep_trainings() == 0
    Training.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_trainings() == 1
    second = claim_training("lives")
    assert second and second.token > lost.token
    work_training(lost)
    training.refresh_from_db()
    assert (training.status, ModelFile.objects.count()) == ("running", 0)
    for _ in range(2):
        Training.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        sweep_trainings()
        claim_training("dies")
    Training.objects.filter(status="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep_trainings()
    training.refresh_from_db()
    assert training.status == "failed"
    assert "memory" in training.cause


def test_a_cancelled_training_leaves_nothing(reviewed: Corpus, lea: User) -> None:
    training = start_training(acting(lea), reviewed)
    claim = claim_training("test")
    assert claim
    assert cancel_training(acting(lea), training)
    work_training(claim)
    training.refresh_from_db()
    assert (training.status, ModelFile.objects.count()) == ("cancelled", 0)
    assert not cancel_training(acting(lea), training)


def test_a_model_that_is_not_here_is_said_to_be_missing(corpus: Corpus) -> None:
    pipeline = Pipeline(corpus=corpus, name="learned", version="1", configuration={"model": "0" * 64})
    with pytest.raises(ModelMissing):
        built(pipeline)


def test_the_command_trains_and_tells(reviewed: Corpus) -> None:
    out = io.StringIO()
    call_command("train", "--corpus", reviewed.slug, "--inline", "--json", stdout=out, stderr=io.StringIO())
    told = json.loads(out.getvalue())
    assert told["promoted"] is True
    assert told["pipeline"].startswith("learned@")


def test_the_command_says_what_is_missing(corpus: Corpus) -> None:
    with pytest.raises(CommandError, match="learning takes 10"):
        call_command("train", "--corpus", corpus.slug, "--inline")


def test_a_report_reads_what_reviewers_saw(reviewed: Corpus) -> None:
    call_command("preannotate", "--corpus", reviewed.slug, "--inline", stdout=io.StringIO())
    report = report_on(reviewed, Pipeline.objects.get(name="rules"))
    assert (report.articles, report.known, report.unread, report.capped) == (40, 0, 0, False)
    assert report.figures["gold"] == 40
    missed = sum(counts[Kind.MISSED] for counts in report.constructions.values())
    assert missed == 40 - round(report.figures["found_recall"] * 40)
    assert report_on(reviewed, Pipeline.objects.get(name="rules"), most=10).capped


def test_a_report_leaves_out_what_was_learned_from(reviewed: Corpus) -> None:
    training = worked(reviewed)
    assert training.pipeline
    assert report_on(reviewed, training.pipeline).known == 40


def test_evaluate_scores_a_file_and_a_corpus(reviewed: Corpus, tmp_path: Path) -> None:
    text = "“The gate stays shut,” said Mara Voss."
    gold = tmp_path / "gold.jsonl"
    quote = {
        "start": 0,
        "end": 22,
        "type": "direct",
        "speaker": {"start": 28, "end": 37},
        "cue": {"start": 23, "end": 27},
        "group": "a",
    }
    gold.write_bytes(orjson.dumps({"id": "1", "text": text, "quotes": [quote], "claims": []}) + b"\n")
    told = evaluated(str(gold))
    assert (told["attributed"], told["cue_right"]) == (1.0, 1.0)
    sentences = tmp_path / "sentences.jsonl"
    rows = [("Exports rose by 12 percent in 2024.", 1), ("Good morning to you all.", 0)]
    sentences.write_bytes(b"\n".join(orjson.dumps({"id": t, "text": t, "label": n}) for t, n in rows))
    assert evaluated(str(sentences))["claims"] == 1.0
    call_command("preannotate", "--corpus", reviewed.slug, "--inline", stdout=io.StringIO())
    assert evaluated("--corpus", reviewed.slug)["records"] == 40


@pytest.mark.parametrize(
    ("arguments", "named", "found"),
    [
        ([], {}, 0.0),
        (["--language", "de"], {}, 1.0),
        (["--language", "und"], {}, 0.0),
        ([], {"language": "de-CH"}, 1.0),
        (["--language", "de"], {"language": "en"}, 0.0),
    ],
)
def test_evaluate_reads_records_in_their_own_language(
    tmp_path: Path, arguments: list[str], named: dict[str, str], found: float
) -> None:
    text = "Mara Voss sagte, dass das Tor zu bleibt."
    quote = {"start": 17, "end": 39, "type": "indirect", "speaker": {"start": 0, "end": 9}}
    gold = tmp_path / "gold.jsonl"
    gold.write_bytes(orjson.dumps({"id": "1", "text": text, "quotes": [quote], **named}))
    assert evaluated(str(gold), *arguments)["attributed"] == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "gold.jsonl:1"),
        (b'{"id": "1"}', "a record is a JSON object"),
        (b'{"text": "x", "quotes": 3}', "record 1"),
    ],
)
def test_evaluate_names_what_it_cannot_read(tmp_path: Path, content: bytes, message: str) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        evaluated(str(gold))


def evaluated(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("evaluate", *arguments, "--json", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told
