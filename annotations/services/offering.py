"""What else a pipeline thought of, for a reviewer who corrects a suggestion or misses one."""

from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog

from annotations.extraction.base import ArticleText, Link, Suggestion, Suggestions
from annotations.extraction.candidates import Candidate, Choices, find_candidates
from annotations.extraction.learned.model import BadModel
from annotations.extraction.neural.extra import ExtraMissing
from annotations.extraction.opinions import Opinion
from annotations.services.building import ModelMissing, built_learned
from annotations.services.desk import Desk
from annotations.services.passes import open_desk
from annotations.services.texts import article_text
from annotations.services.withholding import is_found
from corpus.models import Revision, Role
from corpus.services.actors import Actor, Scope, require

log = structlog.get_logger(__name__)

#: Characters. In a longer text the rules' lists have to do: a person waits for them.
LONGEST_CONSIDERED = 20_000


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What may be taken on each line that the reviewer sees, and what may be missing."""

    choices: dict[UUID, Choices] = field(default_factory=dict)
    missing: tuple[Candidate, ...] = ()


def offer_candidates(actor: Actor, revision: Revision) -> Offer:
    """Return what the engine offers this reviewer; nothing where the corpus shows them no suggestions.

    It is worked out from the text when it is asked for: some ten milliseconds for a thousand characters, and
    beside a pipeline that was trained seventy more, up to `LONGEST_CONSIDERED`.
    """
    role = require(actor, revision.corpus_id, Role.REVIEWER, Scope.READ)
    desk = open_desk(actor, role, revision)
    if revision.article.erased_at or not desk.sees_suggestions:
        return Offer()
    lines, suggestions = _on_desk(desk)
    text = article_text(revision)
    found = find_candidates(text, suggestions, _opinion(desk, text))
    return Offer(
        choices={lines[key]: _with_nothing_withheld(choices, desk) for key, choices in found.choices.items()},
        missing=tuple(
            replace(candidate, choices=_with_nothing_withheld(candidate.choices, desk))
            for candidate in found.missing
            if not _is_withheld(candidate, desk)
        ),
    )


def _opinion(desk: Desk, text: ArticleText) -> Opinion | None:
    """Return what a pipeline that was trained here and is shown thinks beside its suggestions.

    None where it cannot be run in this process.
    """
    for view in desk.machines if len(text.text) <= LONGEST_CONSIDERED else ():
        if view.layer.pipeline is None:
            continue
        try:
            pipeline = built_learned(view.layer.pipeline)
            opinion = pipeline.consider(text) if pipeline else None
        except (BadModel, ModelMissing, ExtraMissing) as error:
            log.warning("opinion_missing", pipeline=view.layer.pipeline.identity, cause=str(error))
            continue
        if opinion is not None:
            return opinion
    return None


def _with_nothing_withheld(choices: Choices, desk: Desk) -> Choices:
    left = tuple(one for one in choices.alternatives if not _is_withheld(one, desk))
    corrections = tuple(one for one in choices.corrections if not _is_withheld(one, desk))
    return replace(choices, alternatives=left, corrections=corrections)


def _is_withheld(candidate: Candidate, desk: Desk) -> bool:
    """Return whether it would give away what the pass is to go without."""
    return any(is_found(row, candidate.label, candidate.segments) for row in desk.shown.withheld)


def _on_desk(desk: Desk) -> tuple[list[UUID], Suggestions]:
    """Return each line that is shown or stands, and what is said on it, numbered by its place in the list."""
    numbers: dict[UUID, int] = {}
    annotations: list[Suggestion] = []
    links: list[Link] = []
    for view in (*desk.machines, desk.own):
        for line, row in view.standing.items():
            if line in numbers:
                continue
            numbers[line] = len(annotations)
            annotations.append(
                Suggestion(
                    key=numbers[line],
                    label=row.label,
                    segments=view.segments_of(row),
                    score=row.score or 0.0,
                    reason=row.reason,
                    attributes=row.attributes,
                )
            )
        for relation in view.links.values():
            head, child = view.end_lines(relation)
            links.append(
                Link(label=relation.label, head=numbers[head], child=numbers[child], score=0.0, reason="")
            )
    return list(numbers), Suggestions(annotations=tuple(annotations), relations=tuple(links))
