"""The figures of agreement as JSON: what the command prints and the API answers."""

from typing import Any

from annotations.agreement.bootstrap import LEAST_ARTICLES, LEVEL, RESAMPLES
from annotations.agreement.comparison import Figures
from annotations.services.agreement import Agreement, Asked, Compared, Condition
from annotations.services.reading import layer_name
from corpus.models import Corpus

INTERVAL = {
    "method": "percentile bootstrap over articles",
    "level": LEVEL,
    "resamples": RESAMPLES,
    "least_articles": LEAST_ARTICLES,
}


def agreement_body(corpus: Corpus, asked: Asked, agreement: Agreement) -> dict[str, Any]:
    """Return figures and what they mean; people are named by their public ids alone."""
    statistics = {row.name: row for rows in agreement.statistics.values() for row in rows}
    return {
        "corpus": corpus.slug,
        "asked": {
            "people": sorted(str(public_id) for public_id in asked.people),
            "since": asked.since.isoformat() if asked.since else None,
            "label": asked.label or None,
        },
        "blind": corpus.blind,
        "capped": agreement.capped,
        "mixed": agreement.mixed,
        "interval": INTERVAL,
        "statistics": [
            {
                "name": row.name,
                "title": row.title,
                "means": row.means,
                "undefined": row.undefined,
                "source": row.source,
            }
            for row in statistics.values()
        ],
        "conditions": [_condition_body(condition) for condition in agreement.conditions],
    }


def _condition_body(condition: Condition) -> dict[str, Any]:
    return {
        "suggestions_shown": condition.shown,
        "articles": condition.articles,
        "passes": condition.passes,
        "people": [{"id": str(user.public_id), "passes": passes} for user, passes in condition.people],
        "labels": _labels_body(condition.labels),
        "pairs": [
            {
                "people": [str(pair.first.public_id), str(pair.second.public_id)],
                "articles": pair.articles,
                "labels": _labels_body(pair.labels),
            }
            for pair in condition.pairs
        ],
    }


def _labels_body(labels: Figures) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "figures": [
                {
                    "statistic": name,
                    "value": figure.value,
                    "low": figure.low,
                    "high": figure.high,
                    "articles": figure.articles,
                }
                for name, figure in figures.items()
            ],
        }
        for label, figures in labels.items()
    ]


def compared_body(compared: Compared) -> dict[str, Any]:
    """Return where two passes differ; each of the two can be read by the name of its layer."""
    how = compared.differing
    return {
        "article": str(compared.revision.article_id),
        "revision": compared.revision.number,
        "layers": [layer_name(compared.first), layer_name(compared.second)],
        "same": how.same,
        "other_ends": how.other_ends,
        "only_first": how.only_first,
        "only_second": how.only_second,
        "roles": dict(how.roles),
    }
