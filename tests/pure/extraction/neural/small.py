"""A tiny encoder with random weights, made where a test wants one: nothing of it is in the repository."""

import json

import pytest

from annotations.extraction.neural.extra import TRAINING, missing, optional
from annotations.extraction.neural.wordpiece import END, START, UNKNOWN, WordPieces

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
MARKS = ".,;:!?“”‘’\"'()-–—…"
WORDS = (
    "the",
    "pier",
    "ferry",
    "gate",
    "boats",
    "said",
    "told",
    "reporters",
    "that",
    "nobody",
    "rain",
    "so",
    "how",
)
VOCABULARY = [
    "[PAD]", UNKNOWN, START, END,
    *WORDS, *MARKS, *LETTERS, *("##" + letter for letter in LETTERS),
]  # fmt: skip
HIDDEN, LAYERS, HEADS = 32, 2, 2

needs_extra = pytest.mark.skipif(
    bool(missing(TRAINING)), reason=f"needs requirements/neural-training.txt: {', '.join(missing(TRAINING))}"
)


def words():
    return WordPieces(VOCABULARY, lower=True)


def make_encoder(folder, **config):
    """Write an encoder of BERT's kind; `config` changes what its file says of it."""
    torch, safetensors = optional("torch"), optional("safetensors.torch")
    torch.manual_seed(7)
    sizes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), HIDDEN),
        "embeddings.position_embeddings.weight": (512, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    dense = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        for name, (out, into) in {
            **dict.fromkeys(dense, (HIDDEN, HIDDEN)),
            "intermediate.dense": (2 * HIDDEN, HIDDEN),
            "output.dense": (HIDDEN, 2 * HIDDEN),
        }.items():
            sizes |= {f"{layer}.{name}.weight": (out, into), f"{layer}.{name}.bias": (out,)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            sizes |= {f"{layer}.{name}.weight": (HIDDEN,), f"{layer}.{name}.bias": (HIDDEN,)}
    weights = {
        name: torch.ones(size) if name.endswith("LayerNorm.weight") else torch.randn(size) * 0.2
        for name, size in sizes.items()
    }
    safetensors.save_file(weights, folder / "model.safetensors")
    describe_encoder(folder, **config)
    return str(folder)


def describe_encoder(folder, **config):
    """Write all of an encoder but its weights."""
    shape = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(shape | config))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
