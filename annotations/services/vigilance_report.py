"""The report against automation bias as JSON: what the command prints and the API answers."""

from dataclasses import asdict
from typing import Any

from annotations.agreement import pace, reliability
from annotations.agreement.bootstrap import LEVEL
from annotations.agreement.lapses import LEAST_DIFFERENCE
from annotations.services.vigilance import Measure, PersonFigures, PipelineFigures, Vigilance
from corpus.models import Corpus

#: By what rule somebody, or something, is named.
RULE = {
    "level": LEVEL,
    "test_of_people": "Fisher's exact test on counts that allow for articles (Rao and Scott 1992)",
    "test_of_pipelines": "score test of Cox's calibration (1958), divided by the design effect of articles",
    "correction": "Holm (1979), over all people and measures, and over all pipelines",
    "least_difference": LEAST_DIFFERENCE,
    "least_error": reliability.LEAST_ERROR,
    "least_articles": reliability.LEAST_ARTICLES,
    "least_suggestions": reliability.LEAST_SUGGESTIONS,
    "least_acts": pace.LEAST_ACTS,
}


def vigilance_body(corpus: Corpus, found: Vigilance) -> dict[str, Any]:
    """Return the figures and the rule; people are named by their public ids alone."""
    return {
        "corpus": corpus.slug,
        "passes": found.passes,
        "capped": found.capped,
        "compared": found.compared,
        "rule": RULE,
        "measures": [
            {"name": measure.value, "title": measure.heading, "means": measure.means} for measure in Measure
        ],
        "named": [str(person.user.public_id) for person in found.named],
        "miscalibrated": [one.pipeline.identity for one in found.miscalibrated],
        "people": [_person_body(person) for person in found.people],
        "pipelines": [_pipeline_body(one) for one in found.pipelines],
    }


def _person_body(person: PersonFigures) -> dict[str, Any]:
    return {
        "id": str(person.user.public_id),
        "passes": person.passes,
        "measures": [
            {"measure": measure.value, "share": lapses.share, **asdict(lapses), "named": lapses.named}
            for measure, lapses in person.lapses.items()
        ],
        "pace": {**asdict(person.pace), "remark": person.pace.remark or None},
    }


def _pipeline_body(found: PipelineFigures) -> dict[str, Any]:
    figures = found.reliability
    return {
        "pipeline": found.pipeline.identity,
        "active": found.pipeline.active,
        "basis": found.basis.value,
        "miscalibrated": figures.miscalibrated,
        "direction": figures.direction if figures.miscalibrated else None,
        "calibration_error": found.error,
        **asdict(figures),
    }
