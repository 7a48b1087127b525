"""The optional packages, imported where they are wanted and nowhere else."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

#: what it takes to run a trained network, and what it takes besides to train one
SERVING = ("numpy", "onnxruntime")
TRAINING = (*SERVING, "torch", "onnx", "safetensors")


class ExtraMissing(RuntimeError):
    """A package of the optional extra is not installed."""


def missing(wanted: tuple[str, ...]) -> list[str]:
    """Return which of the packages are not installed."""
    return [name for name in wanted if find_spec(name) is None]


def require_serving() -> None:
    """Raise `ExtraMissing` unless a trained network can be run here."""
    _require(SERVING, "neural.txt", "To run a neural pipeline")


def require_training() -> None:
    """Raise `ExtraMissing` unless a network can be trained here."""
    _require(TRAINING, "neural-training.txt", "To train a neural pipeline")


def optional(module: str) -> Any:
    """Return a module that is, or imports, one of the optional packages."""
    return import_module(module)


def _require(wanted: tuple[str, ...], lock: str, purpose: str) -> None:
    absent = missing(wanted)
    if absent:
        raise ExtraMissing(
            f"{purpose}, Attest needs {', '.join(absent)}: "
            f"pip install --require-hashes -r requirements/{lock} (docs/learning.md)."
        )
