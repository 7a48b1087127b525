"""UIMA's feature structures, as INCEpTION and dkpro-cassis have them, whatever file they come in.

A label is a type of its own, `webanno.custom.Quote`, with the label's exact name in a feature; a relation is
an annotation with a governor and a dependent. Offsets are UTF-16 units, and no structure has its words.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotations.exchange.articles import Annotation, Article, Layer, Relation
from annotations.exchange.fields import RecordRefused, words
from annotations.exchange.losses import Losses, Part
from annotations.exchange.packing import names_of
from annotations.exchange.pieces import gathered, spread
from annotations.exchange.reading import filled, score_of, span_of
from annotations.exchange.units import Unit, offsets_of

SOFA, VIEW = "uima.cas.Sofa", "_InitialView"
ANNOTATION, DOCUMENT = "uima.tcas.Annotation", "uima.tcas.DocumentAnnotation"
METADATA = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData"
ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
CUSTOM = "webanno.custom."
#: Layers that say how a text is built, and nothing of what it says.
STRUCTURE = (
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.", "uima.", METADATA,
    "de.tudarmstadt.ukp.clarin.webanno.api.type.", "de.tudarmstadt.ukp.inception.",
)  # fmt: skip
STRING, DOUBLE = "uima.cas.String", "uima.cas.Double"
#: The features of the metadata, and the fields of an article that they are.
DOCUMENT_FIELDS = {
    "documentId": "external_id",
    "documentTitle": "title",
    "documentUri": "url",
    "language": "language",
}
UNKNOWN_LANGUAGE = "x-unspecified"
OWN_FEATURES = frozenset({"label", "score", "reason", "value", "begin", "end", "sofa", "id"})
_FEATURE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*\Z")
CARRIES = frozenset(
    {
        *(Part(name) for name in DOCUMENT_FIELDS.values()),
        Part.ANNOTATORS,
        Part.OVERLAPS,
        Part.SEGMENTS,
        Part.RELATIONS,
        Part.ATTRIBUTES,
        Part.SCORES,
        Part.REASONS,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """A feature structure: plain values in `features`, ids of others in `references`."""

    id: int
    type: str
    features: Mapping[str, Any]
    references: Mapping[str, int] = field(default_factory=dict)

    @property
    def supertype(self) -> str:
        return DOCUMENT if self.type == METADATA else ANNOTATION


def structures_of(article: Article, layer: Layer, losses: Losses) -> list[Structure]:
    """Return what a layer says of an article: the text first, then its metadata, spans and relations."""
    offsets = offsets_of(article.text, Unit.UTF16)
    about = {name: getattr(article, own) for name, own in DOCUMENT_FIELDS.items()}
    about["language"] = about["language"] or UNKNOWN_LANGUAGE
    sofa = {"sofaNum": 1, "sofaID": VIEW, "mimeType": "text/plain", "sofaString": article.text}
    length = offsets.from_code_points(len(article.text))
    found = [
        Structure(id=1, type=SOFA, features=sofa),
        Structure(id=2, type=METADATA, features={"begin": 0, "end": length, **filled(about)}),
    ]
    places: dict[str, Structure] = {}
    pieces, links = spread(layer)
    for key, row, (start, end) in pieces:
        features: dict[str, Any] = {
            "begin": offsets.from_code_points(start),
            "end": offsets.from_code_points(end),
            "label": row.label,
        }
        if key == row.key:
            features |= filled({"score": row.score, "reason": row.reason})
            features |= _attributes(article, row, losses)
        places[key] = Structure(id=len(found) + 1, type=_type_of(row.label), features=features)
        found.append(places[key])
    for link in links:
        head, child = places[link.head], places[link.child]
        place = {name: child.features[name] for name in ("begin", "end")}
        features = {**place, "label": link.label, **filled({"score": link.score, "reason": link.reason})}
        ends = {"Governor": head.id, "Dependent": child.id}
        kind = f"{_type_of(link.label)}Relation"
        found.append(Structure(id=len(found) + 1, type=kind, features=features, references=ends))
    return found


def features_of(structures: Sequence[Structure]) -> dict[str, dict[str, str]]:
    """Return the features that types have on top of an annotation's, and what each ranges over."""
    types: dict[str, dict[str, str]] = {}
    for row in structures:
        if row.type == SOFA:
            continue
        known = types.setdefault(row.type, {})
        for name, value in row.features.items():
            inherited = name in ("begin", "end") or (row.type == METADATA and name == "language")
            if not inherited:
                known[name] = DOUBLE if isinstance(value, float) else STRING
        known |= dict.fromkeys(row.references, ANNOTATION)
    return types


def _type_of(label: str) -> str:
    return CUSTOM + "".join(part.capitalize() for part in label.split("_"))


def _attributes(article: Article, row: Annotation, losses: Losses) -> dict[str, str]:
    """Return the attributes whose names a feature may have."""
    kept = {
        name: value
        for name, value in row.attributes.items()
        if _FEATURE.match(name) and name not in OWN_FEATURES
    }
    missed = len(row.attributes) - len(kept)
    losses.lose(article.external_id, "attributes with names that no feature can have", missed)
    return kept


def article_of(place: str, structures: Sequence[Structure]) -> Article:
    """Return the article of one document, with one layer."""
    text = _text(structures)
    left_out: Counter[str] = Counter()
    about: Mapping[str, Any] = {}
    rows, links = [], []
    for structure in structures:
        features = structure.features
        if structure.type == METADATA:
            about = features
        if "begin" not in features or structure.type.startswith(STRUCTURE):
            continue
        try:
            if {"Governor", "Dependent"} <= structure.references.keys():
                links.append(_relation(structure))
            elif structure.type == ENTITY or not structure.type.startswith("de.tudarmstadt.ukp.dkpro."):
                rows.append(_annotation(structure))
                left_out["links of annotations"] += len(structure.references)
            else:
                left_out[f"annotations of type {structure.type.rpartition('.')[2]}"] += 1
        except RecordRefused as refusal:
            raise RecordRefused(f"{structure.type} {structure.id}: {refusal}") from None
    external_id, name = names_of(place)
    fields = {own: words(about, feature) for feature, own in DOCUMENT_FIELDS.items()}
    if fields["language"] == UNKNOWN_LANGUAGE:
        fields["language"] = ""
    fields["external_id"] = fields["external_id"] or external_id
    more: dict[str, Any] = fields
    layer = gathered(name, rows, links)
    layers = (layer,) if name or rows else ()
    return Article(place=place, text=text, layers=layers, left_out=+left_out, **more)


def _text(structures: Sequence[Structure]) -> str:
    sofas = [row for row in structures if row.type == SOFA]
    initial = [row for row in sofas if row.features.get("sofaID") == VIEW]
    chosen = initial if len(sofas) > 1 else sofas
    if len(chosen) != 1:
        raise RecordRefused(f"it has {len(sofas)} texts, and {len(initial)} of them are {VIEW}")
    text = words(chosen[0].features, "sofaString")
    if not text:
        raise RecordRefused("its Sofa has no sofaString")
    return text


def _label(structure: Structure) -> str:
    """Return the label of a structure: as it says, as a named entity's value, or its type's short name."""
    features = structure.features
    return words(features, "label") or words(features, "value") or structure.type.rpartition(".")[2]


def _annotation(structure: Structure) -> Annotation:
    features = structure.features
    attributes = {
        name: value
        for name, value in features.items()
        if isinstance(value, str) and name not in OWN_FEATURES and value
    }
    return Annotation(
        key=str(structure.id),
        label=_label(structure),
        segments=(span_of(features, "begin"),),
        attributes=attributes,
        score=score_of(features),
        reason=words(features, "reason"),
    )


def _relation(structure: Structure) -> Relation:
    label = _label(structure)
    return Relation(
        label=label if "label" in structure.features else label.removesuffix("Relation"),
        head=str(structure.references["Governor"]),
        child=str(structure.references["Dependent"]),
        score=score_of(structure.features),
        reason=words(structure.features, "reason"),
    )
