"""The pipeline "learned": the rules' findings, corrected by what reviewers taught."""

from collections.abc import Mapping
from functools import cached_property

from annotations.extraction.base import JSON, ArticleText, Suggestions
from annotations.extraction.learned.drafting import suggestions_of
from annotations.extraction.learned.model import Model
from annotations.extraction.learned.reading import read
from annotations.extraction.learned.tagger import Tagger
from annotations.extraction.rules import Rules

_HASH_IN_VERSION = 12


class Learned:
    """Quotes, sources and cues as a model has learned them; claims as the rules find them.

    A model whose card chose the rules says what the rules say. Cost: linear.
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
    def _tagger(self) -> Tagger:
        return Tagger(self.model.tagger)

    def suggest(self, article: ArticleText) -> Suggestions:
        """Return the suggestions for one article; the same article gives the same result."""
        if self.model.card.chosen == "rules":
            return Rules().suggest(article)
        reading = read(article)
        tagged = [self._tagger.tag(page.rows) for page in reading.pages]
        return suggestions_of(reading, tagged, self.model.rankers, self.model.calibration)
