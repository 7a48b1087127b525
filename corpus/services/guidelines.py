"""What changed between the versions of a corpus's guideline."""

from uuid import UUID

from corpus.guidelines import Affected, GuideChanges, affected_by, compare_guides, parse_guide
from corpus.models import Guideline
from corpus.services.corpora import scheme_of
from corpus.services.errors import NotFound


def guideline_text(corpus_id: UUID, number: int) -> str:
    """Return a version's text; the one before the first is empty."""
    if number == 0:
        return ""
    text = Guideline.objects.filter(corpus=corpus_id, number=number).values_list("text", flat=True).first()
    if text is None:
        raise NotFound("There is no such version.")
    return text


def guideline_changes(corpus_id: UUID, before: int, after: int) -> GuideChanges:
    """Return what differs between two versions. Two queries."""
    texts = (guideline_text(corpus_id, number) for number in (before, after))
    return compare_guides(*(parse_guide(text) for text in texts))


def affected_labels(corpus_id: UUID, changes: GuideChanges) -> Affected:
    """Return the labels of the corpus's scheme that changes touch. One query."""
    return affected_by(changes, scheme_of(corpus_id))
