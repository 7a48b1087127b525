"""A trained model as one file: a line that names the format, a head in JSON, then the parts that it lists.

Nothing in it is executed. Size and sha256 of each part are checked before it is read. They guard against
damage, not against malice: the tagger's part is read by CRFsuite or onnxruntime, programs in C and C++, so a
model must come from one's own training.
"""

import hashlib
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from annotations.extraction.learned.calibration import Calibration
from annotations.extraction.learned.claims import ClaimScorer
from annotations.extraction.learned.drafting import Rankers
from annotations.extraction.learned.features import FEATURES
from annotations.extraction.learned.ranker import Ranker
from annotations.extraction.neural.packing import BadNetwork, unpack
from annotations.extraction.neural.windows import MARKS

MAGIC = b"attest-model/1\n"
#: no head is longer; a file that claims so is refused before it is parsed
LONGEST_HEAD = 1_000_000
#: a model of 840 articles has some 10 MB, one with a small encoder some 25
LARGEST = 500_000_000
#: the learners, each with what its tagger reads: a model that reads another version is refused
READS = {"light": ("features", FEATURES), "neural": ("marks", MARKS)}
_RANKERS = ("arbiter", "cue", "source")
#: what a model of an earlier release has not; its lists stand in the order of the rules
_LISTS = ("other_boundaries", "other_sources", "other_cues", "correction")
_PARTS = ("tagger", "rankers", "calibration", "claims")
#: magic, size, type, version of a CRFsuite model, its counts, and the offsets of its five sections
_CRF_HEAD = struct.Struct("<4sI4sIIIIIIIII")


class BadModel(ValueError):
    """A model file cannot be used; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a model was made from and how good it was, by cross-validation on its own articles.

    Attributes:
        articles: how many reviewed articles it learned from.
        quotes: how many quotes these hold.
        chosen: "learned", or "rules" where the learner gained nothing or was surely worse.
        figures: of "rules" and of "learned", as `Figures.as_json` has them.
        gains: by how much the learner's F1 exceeds that of the rules, with its 95 % interval: of quotes
            that are "found", and of those that are found and "attributed" to the right source.
        calibration: "calibrated on N suggestions", or "uncalibrated rank" with too few.
        versions: of the rules and of what the tagger depends on: its features and CRFsuite, or its encoder.
        seed: of the split and of the order of learning.
        claims: the same of the claims alone, with the "figures" of both, as `train_claims` tells.
        learner: whose tagger it has, "light" or "neural".
        judged: how many of the articles were held out to get the figures; 0 stands for all.
        created: when, as the caller says; not set by training, which is deterministic.
    """

    articles: int
    quotes: int
    chosen: str
    figures: Mapping[str, Mapping[str, float | int]]
    gains: Mapping[str, Sequence[float]]
    calibration: str
    versions: Mapping[str, str]
    seed: int
    claims: Mapping[str, Any] = field(default_factory=dict)
    learner: str = "light"
    judged: int = 0
    created: str = ""

    @property
    def measured_on(self) -> int:
        """The number of articles behind the figures."""
        return self.judged or self.articles


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model; `tagger` is empty where the rules were chosen."""

    card: Card
    tagger: bytes = b""
    rankers: Rankers = field(default_factory=Rankers)
    calibration: Calibration = field(default_factory=Calibration)
    claims: ClaimScorer = field(default_factory=ClaimScorer)

    def to_bytes(self) -> bytes:
        """Return the file; the same model gives the same bytes."""
        parts = {
            "tagger": self.tagger,
            "rankers": _dump(_plain(self.rankers)),
            "calibration": _dump(self.calibration.points),
            "claims": _dump([sorted(self.claims.weights.items()), self.claims.calibration.points]),
        }
        listed = [
            {"name": name, "size": len(part), "sha256": hashlib.sha256(part).hexdigest()}
            for name, part in parts.items()
        ]
        head = _dump({"card": asdict(self.card), "parts": listed})
        return b"".join([MAGIC, head, b"\n", *parts.values()])

    @cached_property
    def sha256(self) -> str:
        """The hash of the file, which names the model."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """Return the model of a file.

        Raises:
            BadModel: if the file is none, is damaged, or was made for other features than these.
        """
        head, body = _split(data)
        try:
            card = _card(head["card"])
            parts = _read_parts(head["parts"], body)
            rankers = _rankers(_load(parts["rankers"]))
            calibration = _calibration(_load(parts["calibration"]))
            claims = _claims(*_load(parts["claims"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise BadModel(f"the model file lacks something or has it in another shape: {error}") from error
        _check_tagger(card, parts["tagger"])
        return cls(card=card, tagger=parts["tagger"], rankers=rankers, calibration=calibration, claims=claims)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def _load(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadModel(f"a part that should be JSON is none: {error}") from error


def _split(data: bytes) -> tuple[Any, bytes]:
    if len(data) > LARGEST:
        raise BadModel(f"a model has at most {LARGEST:,} bytes, this file {len(data):,}")
    if not data.startswith(MAGIC):
        raise BadModel("this is no model file of Attest, or one of another format version")
    end = data.find(b"\n", len(MAGIC), len(MAGIC) + LONGEST_HEAD)
    if end < 0:
        raise BadModel("the head of the model file does not end")
    return _load(data[len(MAGIC) : end]), data[end + 1 :]


def _read_parts(listed: Any, body: bytes) -> dict[str, bytes]:
    if [entry["name"] for entry in listed] != list(_PARTS):
        raise BadModel(f"the model file must have the parts {', '.join(_PARTS)}, in this order")
    parts: dict[str, bytes] = {}
    position = 0
    for entry in listed:
        size = entry["size"]
        if type(size) is not int or size < 0 or position + size > len(body):
            raise BadModel(f"the part {entry['name']} is cut short")
        part = body[position : position + size]
        if hashlib.sha256(part).hexdigest() != entry["sha256"]:
            raise BadModel(f"the part {entry['name']} is damaged: its hash is another")
        parts[entry["name"]] = part
        position += size
    if position != len(body):
        raise BadModel(f"{len(body) - position:,} bytes follow the last part of the model file")
    return parts


def _card(head: Mapping[str, Any]) -> Card:
    card = Card(**head)
    if card.chosen not in ("rules", "learned"):
        raise BadModel(f"a model is chosen from rules and learned, not {card.chosen!r}")
    if card.learner not in READS:
        raise BadModel(f"no learner is called {card.learner!r}; known are: {', '.join(READS)}")
    name, version = READS[card.learner]
    found = card.versions[name]
    if found != version:
        raise BadModel(f"the model was trained with {found}, this release reads {version}: train it again")
    return card


def _plain(rankers: Rankers) -> dict[str, Any]:
    weights = {name: getattr(rankers, name).weights for name in (*_RANKERS, *_LISTS)}
    return weights | {"caution": rankers.caution}


def _rankers(plain: Mapping[str, Any]) -> Rankers:
    needed = {name: _ranker(plain[name]) for name in _RANKERS}
    lists = {name: _ranker(plain.get(name, {})) for name in _LISTS}
    return Rankers(**needed, **lists, caution=_number(plain["caution"]))


def _ranker(weights: Mapping[str, Any]) -> Ranker:
    return Ranker({str(name): _number(weight) for name, weight in weights.items()})


def _calibration(points: Any) -> Calibration:
    read = tuple((_number(raw), _number(share)) for raw, share in points)
    if any(before[0] >= after[0] for before, after in pairwise(read)):
        raise BadModel("the points of the calibration do not rise")
    return Calibration(read)


def _claims(weights: Any, points: Any) -> ClaimScorer:
    try:
        read = {int(_number(bucket)): _number(weight) for bucket, weight in weights}
    except ValueError as error:
        raise BadModel(f"the weights of the claims cannot be read: {error}") from error
    return ClaimScorer(read, _calibration(points))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadModel(f"{value!r} stands where a finite number should")
    return float(value)


def _check_tagger(card: Card, tagger: bytes) -> None:
    """Refuse what its program would read beyond its end or take for another kind of model."""
    if card.chosen == "rules" and not tagger:
        return
    if card.learner == "neural":
        try:
            unpack(tagger)
        except BadNetwork as error:
            raise BadModel(f"the tagger of the model cannot be used: {error}") from error
        return
    if len(tagger) < _CRF_HEAD.size:
        raise BadModel("the tagger of the model is too short")
    magic, size, kind, _version, _features, _labels, _attributes, *offsets = _CRF_HEAD.unpack_from(tagger)
    if magic != b"lCRF" or kind != b"FOMC" or size > len(tagger):
        raise BadModel("the tagger of the model is no CRFsuite model of first order")
    if any(not _CRF_HEAD.size <= offset < len(tagger) for offset in offsets):
        raise BadModel("the tagger of the model points beyond its end")
