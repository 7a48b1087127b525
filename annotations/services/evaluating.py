"""How well a pipeline does on what people of a corpus have settled, and where it goes wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from annotations.extraction.evaluation import Evaluation, evaluate, judged
from annotations.extraction.learned.examples import Example
from annotations.extraction.mistakes import Judgement, Kind, by_construction, judge
from annotations.extraction.ranking import calibration_error
from annotations.models import Layer, LayerKind, Pipeline
from annotations.services.building import LEARNED
from annotations.services.reading import read_layers
from annotations.services.reviewed import Reviewed, reviewed_articles, said_in
from corpus.models import Corpus, Revision

#: Articles that a report looks at, the newest; it says so where there are more.
MOST = 500


@dataclass(frozen=True, kw_only=True)
class Report:
    """A pipeline beside what people settled.

    `articles` are those that count; `known` were left out, because the pipeline has learned from them;
    `unread` because it has no layer there.
    """

    articles: int = 0
    known: int = 0
    unread: int = 0
    capped: bool = False
    figures: Mapping[str, Any] = field(default_factory=dict)
    calibration_error: float | None = None
    constructions: Mapping[str, Counter[Kind]] = field(default_factory=dict)
    judgements: list[tuple[Revision, Judgement]] = field(default_factory=list)


def report_on(corpus: Corpus, pipeline: Pipeline, *, most: int = MOST) -> Report:
    """Compare what a pipeline has said here with what people settled.

    Reads its layers as they stand, so that the report is of what reviewers saw. Cost: some ten milliseconds
    an article, for `most` of them.
    """
    reviewed = list(islice(reviewed_articles(corpus, newest_first=True), most + 1))
    capped, reviewed = len(reviewed) > most, reviewed[:most]
    judgeable = [item for item in reviewed if not _has_learned_from(pipeline, item)]
    layers = {
        layer.revision_id: layer
        for layer in Layer.objects.filter(
            kind=LayerKind.MACHINE,
            pipeline=pipeline,
            revision__in=[item.revision.pk for item in judgeable],
        )
    }
    views = {view.layer.revision_id: view for view in read_layers(list(layers.values()))}
    counted: list[Counter[str]] = []
    judgements: list[tuple[Revision, Judgement]] = []
    scored: list[tuple[float, bool]] = []
    for item in judgeable:
        view = views.get(item.revision.pk)
        if view is None:
            continue
        example, said = Example(article=item.article, gold=item.truth), said_in(view)
        counted += evaluate([said], [example]).articles
        scored += judged(said, example)
        judgements += [(item.revision, found) for found in judge(said, example)]
    return Report(
        articles=len(counted),
        known=len(reviewed) - len(judgeable),
        unread=len(judgeable) - len(counted),
        capped=capped,
        figures=Evaluation(counted).figures().as_json() if counted else {},
        calibration_error=calibration_error(scored),
        constructions=by_construction(found for _, found in judgements),
        judgements=judgements,
    )


def _has_learned_from(pipeline: Pipeline, item: Reviewed) -> bool:
    return pipeline.name == LEARNED and item.settled_at <= pipeline.created_at
