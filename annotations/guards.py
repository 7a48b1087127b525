"""The guards of the tables of annotations."""

from corpus.triggers import Guard

ANNOTATION_GUARDS = [
    Guard(
        table="annotations_annotation",
        frozen=[
            "id", "layer_id", "label", "start", "end", "attributes", "origin", "score", "reason",
            "derived_from_id", "root",
        ],
        allowed="""OLD."surface" = NEW."surface" OR NEW."surface" = ''""",
        message="An annotation never changes once written.",
    ),
    Guard(
        table="annotations_segment",
        frozen=["id", "annotation_id", "number", "start", "end"],
        allowed="""OLD."surface" = NEW."surface" OR NEW."surface" = ''""",
        message="A segment never changes once written.",
    ),
    Guard(
        table="annotations_relation",
        frozen=[
            "id", "layer_id", "label", "head_id", "child_id", "origin", "score", "reason",
            "derived_from_id", "root",
        ],
        message="A relation never changes once written.",
    ),
    Guard(
        table="annotations_review",
        frozen=[
            "id", "layer_id", "line", "version", "verdict", "reason", "note", "annotation_id", "relation_id",
            "result_id", "result_relation_id", "retracts_id", "implied_by_id", "guideline",
            "suggestions_shown", "at",
        ],
        message="A review never changes once written.",
        keeps_rows=True,
    ),
]  # fmt: skip

#: The tables of gold, which came later.
GOLD_GUARDS = [
    Guard(
        table="annotations_settlement",
        frozen=[
            "id", "layer_id", "line", "version", "outcome", "dispute_id", "result_id", "result_relation_id",
            "implied_by_id", "reason", "note", "rule", "guideline", "settled_by_id", "at",
        ],
        message="A settlement never changes once written.",
        keeps_rows=True,
    ),
]  # fmt: skip
