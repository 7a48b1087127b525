"""The list beside the text: every suggestion and own annotation, as one reviewer stands with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from annotations.admin.highlight import Mark
from annotations.models import Absence, Annotation, RejectReason, Verdict
from annotations.models.reviews import KEEPING
from annotations.services.building import CALIBRATED_LABEL, is_calibrated
from annotations.services.desk import Desk
from annotations.services.due import Due
from corpus.text.spans import Span, joined_surface

#: The reason that a rejection starts out with, by label; the others are one choice away.
LIKELY_REASON = {"quote": RejectReason.NOT_A_QUOTE, "claim": RejectReason.NOT_CHECK_WORTHY}

#: How a decision reads once it is made.
DECIDED = {
    "accept": "accepted",
    "correct": "corrected",
    "reject": "rejected",
    "skip": "skipped",
    "add": "added by you",
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What is said of a stretch of the text: as suggested, or as the reviewer left it."""

    label: str
    segments: tuple[Span, ...]
    surface: str
    attributes: dict[str, str]

    @property
    def written(self) -> str:
        """The segments as people write them: 12-40, 50-60."""
        return ", ".join(f"{start}-{end}" for start, end in self.segments)


@dataclass(kw_only=True)
class Pointer:
    """A link to a row that stands elsewhere in the list."""

    relation: str
    line: UUID
    surface: str


@dataclass(kw_only=True)
class Row:
    """One line of annotations. `on` and `version` are what the next decision on it names."""

    on: UUID
    line: UUID
    version: int
    said: Shown
    kept: Shown | None
    verdict: str
    reason: str
    implied: bool
    suggested: bool
    score: float | None
    why: str
    pipeline: str
    #: The score is the share that is right among suggestions with it; otherwise it is a mere rank.
    calibrated: bool = False
    relation: str = ""
    #: That an open re-review asks for it anew.
    due: Due | None = None
    children: list["Row"] = field(default_factory=list)
    pointers: list[Pointer] = field(default_factory=list)

    @property
    def shown(self) -> Shown:
        return self.kept or self.said

    @property
    def changed(self) -> bool:
        return self.suggested and self.kept is not None and self.kept != self.said

    @property
    def state(self) -> str:
        """How it is drawn: suggested, skipped, kept or dropped."""
        if self.verdict in KEEPING:
            return "kept"
        return {"reject": "dropped", "skip": "skipped"}.get(self.verdict, "suggested")

    @property
    def verdict_label(self) -> str:
        return DECIDED.get(self.verdict, "")

    @property
    def reason_label(self) -> str:
        names = {**dict(RejectReason.choices), **dict(Absence.choices)}
        return str(names.get(self.reason, ""))

    @property
    def likely_reason(self) -> str:
        return LIKELY_REASON.get(self.said.label, RejectReason.OTHER).value

    @property
    def rank(self) -> str:
        return "" if self.score is None else f"{self.score:.2f}"


@dataclass(frozen=True, kw_only=True)
class Board:
    rows: list[Row]
    heads: list[Row]
    decided: int
    suggestions: int

    @property
    def left(self) -> int:
        return self.suggestions - self.decided

    @property
    def due(self) -> int:
        return sum(1 for row in self.rows if row.due)

    def find(self, on: UUID) -> Row | None:
        return next((row for row in self.rows if on in (row.on, row.line)), None)

    def marks(self) -> list[Mark]:
        return [
            Mark(row=str(row.line), label=row.shown.label, segments=row.shown.segments, state=row.state)
            for row in self.rows
            if row.state != "dropped"
        ]


def lay_out(desk: Desk) -> Board:
    """Return the rows of a desk in the order of the text, sources and cues beneath what they belong to."""
    rows = {row.line: row for row in (*_suggested(desk), *_begun(desk))}
    for line, due in desk.due().items():
        if line in rows:
            rows[line].due = due
    links = _links(desk, rows)
    under: set[UUID] = set()

    def relations(row: Row) -> int:
        return len({relation for relation, _ in links.get(row.line, ())})

    ordered = sorted(rows.values(), key=lambda row: (row.said.segments[0].start, -relations(row), row.line))
    # What two share stands with the one that has more: a quote keeps its source, a claim points there.
    for head in sorted(ordered, key=relations, reverse=True):
        for relation, child in links.get(head.line, ()):
            if child.line in under or child.line in links or child is head:
                head.pointers.append(Pointer(relation=relation, line=child.line, surface=child.shown.surface))
            else:
                under.add(child.line)
                child.relation = relation
                head.children.append(child)
    suggestions = [row for row in ordered if row.suggested]
    return Board(
        rows=ordered,
        heads=[row for row in ordered if row.line not in under],
        decided=sum(1 for row in suggestions if row.verdict),
        suggestions=len(suggestions),
    )


def _suggested(desk: Desk) -> Iterable[Row]:
    several = len(desk.machines) > 1
    for view in desk.machines:
        name = view.layer.pipeline.identity if several and view.layer.pipeline else ""
        calibrated = view.layer.pipeline is not None and is_calibrated(view.layer.pipeline)
        for annotation in view.annotations.values():
            row = _row(desk, annotation, suggested=True, pipeline=name)
            row.calibrated = calibrated and annotation.label == CALIBRATED_LABEL
            yield row


def _begun(desk: Desk) -> Iterable[Row]:
    """Yield the lines that the reviewer began, while they count."""
    for line, review in desk.own.counting.items():
        if review.annotation_id and desk.suggestion_of(line) is None and line in desk.own.standing:
            yield _row(desk, desk.own.standing[line], suggested=False, pipeline="")


def _row(desk: Desk, annotation: Annotation, *, suggested: bool, pipeline: str) -> Row:
    line = annotation.root
    review = desk.own.counting.get(line)
    standing = desk.own.standing.get(line)
    return Row(
        on=annotation.pk,
        line=line,
        version=desk.own.versions.get(line, 0),
        said=_shown(desk, annotation),
        kept=_shown(desk, standing) if standing else None,
        verdict=str(Verdict(review.verdict).value) if review else "",
        reason=review.reason if review else "",
        implied=bool(review and review.implied_by_id),
        suggested=suggested,
        score=annotation.score,
        why=annotation.reason,
        pipeline=pipeline,
    )


def _shown(desk: Desk, annotation: Annotation) -> Shown:
    segments = desk.segments_of(annotation)
    surface = annotation.surface if len(segments) == 1 else joined_surface(desk.revision.text, segments)
    return Shown(
        label=annotation.label, segments=segments, surface=surface, attributes=dict(annotation.attributes)
    )


def _links(desk: Desk, rows: dict[UUID, Row]) -> dict[UUID, list[tuple[str, Row]]]:
    """Return what leads from each line: as decided where it stands, or else as suggested."""
    found: dict[UUID, list[tuple[str, Row]]] = {}

    def take(head: UUID, label: str, child: UUID) -> None:
        if head in rows and child in rows:
            found.setdefault(head, []).append((label, rows[child]))

    for view in desk.machines:
        for relation in view.relations.values():
            head, child = view.end_lines(relation)
            if head not in desk.own.standing and relation.root not in desk.own.counting:
                take(head, relation.label, child)
    for relation in desk.own.links.values():
        take(*_ends(desk, relation.head_id, relation.child_id, relation.label))
    return found


def _ends(desk: Desk, head: UUID, child: UUID, label: str) -> tuple[UUID, str, UUID]:
    return desk.own.annotations[head].root, label, desk.own.annotations[child].root


def candidates(board: Board, labels: Sequence[str], *, but: UUID | None) -> list[Row]:
    """Return the rows that a relation could lead to: of one of these labels, not rejected."""
    return [
        row for row in board.rows if row.shown.label in labels and row.line != but and row.state != "dropped"
    ]
