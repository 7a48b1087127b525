"""The encoder that training starts from: a folder that the operator names, or that a package brings along."""

import hashlib
import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from annotations.extraction.neural.wordpiece import WordPieces

_WEIGHTS, _SHAPE, _VOCABULARY = "model.safetensors", "config.json", "vocab.txt"
#: where in a package the folder may be
_PLACES = ("model", ".")


class NoEncoder(ValueError):
    """There is no encoder under that name, or it is of a kind that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The measures of an encoder of BERT's kind."""

    hidden: int
    layers: int
    heads: int
    epsilon: float


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """An encoder as it lies on the disk; `name` is the folder's or the package's."""

    name: str
    weights: Path
    shape: Shape
    words: WordPieces

    @property
    def identity(self) -> str:
        """The name with the beginning of the hash of the weights."""
        return f"{Path(self.name).name}@{hashlib.sha256(self.weights.read_bytes()).hexdigest()[:12]}"


def find_encoder(name: str) -> Encoder:
    """Return the encoder in the folder, or else in the installed package, of that name.

    Nothing is downloaded, and of a package no code is run.

    Raises:
        NoEncoder: the message says what is missing.
    """
    folder = _folder(name)
    missing = [file for file in (_WEIGHTS, _SHAPE, _VOCABULARY) if not (folder / file).is_file()]
    if missing:
        raise NoEncoder(f"the encoder in {folder} lacks {', '.join(missing)}")
    config = json.loads((folder / _SHAPE).read_text(encoding="utf-8"))
    return Encoder(
        name=name,
        weights=folder / _WEIGHTS,
        shape=_shape(config),
        words=WordPieces(
            (folder / _VOCABULARY).read_text(encoding="utf-8").splitlines(), lower=_is_uncased(folder)
        ),
    )


def _folder(name: str) -> Path:
    folder = Path(name)
    if folder.is_dir():
        return folder
    module = name.replace("-", "_")
    spec = find_spec(module) if module.isidentifier() else None
    for place in spec.submodule_search_locations or () if spec else ():
        for within in _PLACES:
            if (Path(place) / within / _WEIGHTS).is_file():
                return Path(place) / within
    raise NoEncoder(
        f"{name!r} is neither a folder nor an installed package that holds an encoder "
        f"({_WEIGHTS}, {_SHAPE}, {_VOCABULARY})"
    )


def _shape(config: dict[str, Any]) -> Shape:
    kind, activation = config.get("model_type"), config.get("hidden_act")
    positions = config.get("position_embedding_type", "absolute")
    if (kind, activation, positions) != ("bert", "gelu", "absolute"):
        raise NoEncoder(f"an encoder must be of BERT's kind with gelu, not {kind}, {activation}, {positions}")
    return Shape(
        hidden=int(config["hidden_size"]),
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        epsilon=float(config["layer_norm_eps"]),
    )


def _is_uncased(folder: Path) -> bool:
    path = folder / "tokenizer_config.json"
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return bool(said.get("do_lower_case", True))
