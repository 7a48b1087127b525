"""The pipeline "learned": the rules' findings, corrected by what reviewers taught."""

from collections.abc import Mapping
from functools import cached_property

from annotations.extraction.base import JSON, ArticleText, Suggestions
from annotations.extraction.learned.claiming import with_claims
from annotations.extraction.learned.considering import Considered, by_ranker, consider
from annotations.extraction.learned.drafting import suggestions_of
from annotations.extraction.learned.model import Model
from annotations.extraction.learned.reading import read
from annotations.extraction.learned.tagger import Tagger, Tags
from annotations.extraction.neural import learner as neural
from annotations.extraction.rules import Rules

_HASH_IN_VERSION = 12


class Learned:
    """Quotes, sources, cues and claims as a model has learned them.

    Quotes or claims that the model's card leaves to the rules are as the rules find them. Cost: linear.
    """

    name = "learned"

    def __init__(self, model: Model) -> None:
        self.model = model

    @cached_property
    def version(self) -> str:
        """The beginning of the model's hash."""
        return self.model.sha256[:_HASH_IN_VERSION]

    @property
    def configuration(self) -> Mapping[str, JSON]:
        """Which model it is, and on which version of the rules it runs."""
        return {"model": self.model.sha256, "rules": Rules().version}

    @cached_property
    def _tagger(self) -> Tags:
        load = neural.load if self.model.card.learner == neural.NAME else Tagger
        return load(self.model.tagger)

    def suggest(self, article: ArticleText) -> Suggestions:
        """Return the suggestions for one article; the same article gives the same result."""
        found = self._quotes(article)
        return with_claims(article, found, self.model.claims) if self.model.claims else found

    def consider(self, article: ArticleText) -> Considered | None:
        """Return what else the model thought of; it is read and tagged anew."""
        if self.model.card.chosen == "rules":
            return None
        reading = read(article)
        tagged = self._tagger.tag(reading.pages)
        return consider(reading, tagged, self.model.rankers, by_ranker(self.model.rankers.lists()))

    def _quotes(self, article: ArticleText) -> Suggestions:
        if self.model.card.chosen == "rules":
            return Rules().suggest(article)
        reading = read(article)
        tagged = self._tagger.tag(reading.pages)
        return suggestions_of(reading, tagged, self.model.rankers, self.model.calibration)
