"""What changed between the versions of a corpus's guideline."""

from typing import Any
from uuid import UUID

from corpus.guidelines import (
    Affected,
    GuideChanges,
    RuleChange,
    affected_by,
    compare_guides,
    labels_named,
    parse_guide,
)
from corpus.models import Guideline
from corpus.schemes import SchemeDefinition
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


def rule_change_body(change: RuleChange, scheme: SchemeDefinition) -> dict[str, Any]:
    """Return a changed rule with its words and the labels that it names, None where it does not say."""
    named = [labels_named(rule, scheme) for rule in (change.before, change.after) if rule]
    labels = {label for found in named for label in found or ()}
    return {
        "number": change.number,
        "difference": change.difference.value,
        "was_number": change.before.number if change.before else None,
        "labels": None if all(found is None for found in named) else sorted(labels),
        "words": [[part.stays.value, part.text] for part in change.words],
    }
