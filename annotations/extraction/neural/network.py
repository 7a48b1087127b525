"""The network in torch: an encoder of BERT's kind with marks besides words, and what is learned on top of it.

It says of each piece which tag the token that it begins has (Devlin et al. 2019, "BERT"), and, for the first
piece of a quote, with which piece the quote's source begins (after Dozat and Manning 2017, "Deep Biaffine
Attention for Neural Dependency Parsing"). Weights go by their names in the encoder's file.
"""

from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch
from torch.nn import functional

from annotations.extraction.neural.encoder import Encoder, Shape
from annotations.extraction.neural.targets import TAGS
from annotations.extraction.neural.windows import LENGTH, MARK_COUNT

#: how many numbers tell where a source is looked for, and what a source looks like
POINTER = 64
WORDS = "embeddings.word_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"
_SEGMENT = "embeddings.token_type_embeddings.weight"
#: weights that are no part of the encoder; they learn faster
NEW = ("marks", "tags.weight", "tags.bias", "seeks.weight", "seeks.bias", "sought.weight", "sought.bias")

Weights = dict[str, Any]


def read_weights(encoder: Encoder, seed: int) -> Weights:
    """Return the encoder's weights with fresh ones for what is new; marks begin without a say."""
    read = safetensors.torch.load_file(encoder.weights)
    weights = {name.removeprefix("bert."): value.float() for name, value in read.items()}
    weights = {name: value for name, value in weights.items() if name.startswith(("embeddings", "encoder"))}
    weights.pop("embeddings.position_ids", None)
    weights[_POSITIONS] = weights[_POSITIONS][:LENGTH] + weights.pop(_SEGMENT)[0]
    chance = torch.Generator().manual_seed(seed)
    hidden = encoder.shape.hidden
    weights["marks"] = torch.zeros(MARK_COUNT, hidden)
    for name, size in (("tags", len(TAGS)), ("seeks", POINTER), ("sought", POINTER)):
        weights[f"{name}.weight"] = torch.randn(size, hidden, generator=chance) * 0.02
        weights[f"{name}.bias"] = torch.zeros(size)
    return weights


def forward(
    weights: Mapping[str, Any], shape: Shape, pieces: Any, marks: Any, mask: Any, *, dropout: float
) -> tuple[Any, Any]:
    """Return the scores of the tags of each piece, and of each piece as the begin of each piece's source.

    Args:
        weights: by name.
        shape: of the encoder.
        pieces: numbers of pieces, by window.
        marks: the numbers of their marks.
        mask: which pieces are there; others fill shorter windows up.
        dropout: the share of what is forgotten on the way while learning, the same in a whole window (Gal and
            Ghahramani 2016), since to draw for every piece takes as long as all the rest.
    """

    def drop(value: Any) -> Any:
        if not dropout:
            return value
        kept = torch.rand(value.shape[0], 1, value.shape[2]) >= dropout
        return value * (kept.to(value.dtype) / (1 - dropout))

    def linear(value: Any, name: str) -> Any:
        return functional.linear(value, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(value: Any, name: str) -> Any:
        scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return functional.layer_norm(value, (shape.hidden,), scale, shift, shape.epsilon)

    count, length = pieces.shape
    heads = (count, length, shape.heads, shape.hidden // shape.heads)
    value = functional.embedding(pieces, weights[WORDS]) + weights[_POSITIONS][:length]
    value = value + functional.embedding(marks, weights["marks"]).sum(2)
    value = drop(norm(value, "embeddings.LayerNorm"))
    seen = mask[:, None, None, :]
    for number in range(shape.layers):
        layer = f"encoder.layer.{number}"
        parts = [
            linear(value, f"{layer}.attention.self.{part}").view(heads).transpose(1, 2)
            for part in ("query", "key", "value")
        ]
        attended = functional.scaled_dot_product_attention(*parts, attn_mask=seen)
        attended = attended.transpose(1, 2).reshape(count, length, shape.hidden)
        attended = drop(linear(attended, f"{layer}.attention.output.dense"))
        value = norm(value + attended, f"{layer}.attention.output.LayerNorm")
        inner = functional.gelu(linear(value, f"{layer}.intermediate.dense"))
        value = norm(value + drop(linear(inner, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")
    seeks, sought = linear(drop(value), "seeks"), linear(drop(value), "sought")
    return linear(drop(value), "tags"), seeks @ sought.transpose(1, 2) / POINTER**0.5
