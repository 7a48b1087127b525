"""From a pipeline's row to the pipeline that can be run."""

from functools import lru_cache

from annotations.extraction import PIPELINES, build_pipeline
from annotations.extraction.base import Pipeline as Runnable
from annotations.extraction.learned.model import Model
from annotations.extraction.learned.pipeline import Learned
from annotations.models import ModelFile, Pipeline

#: The name of the pipelines that were trained here; their configuration names the file of the model.
LEARNED = "learned"
#: What training calibrates the scores of.
CALIBRATED_LABEL = "quote"
#: Names that no machine client may take.
OWN_NAMES = frozenset({*PIPELINES, LEARNED})


class ModelMissing(RuntimeError):
    """The file of a learned pipeline is not in this database."""


def built(pipeline: Pipeline) -> Runnable:
    """Return what runs a pipeline's row. A model is read once a process.

    Raises:
        ModelMissing: it was trained elsewhere, and came without its model.
        UnknownPipeline: there is none of that name.
        ValueError: its model or its endpoint cannot be used here.
    """
    return built_learned(pipeline) or build_pipeline(pipeline.name, pipeline.configuration)


def built_learned(pipeline: Pipeline) -> Learned | None:
    """Return what runs the row of a pipeline that was trained here; None for every other.

    Raises:
        ModelMissing: it was trained elsewhere, and came without its model.
        BadModel: the model is damaged, or of another release.
    """
    return _learned(str(pipeline.configuration.get("model", ""))) if pipeline.name == LEARNED else None


@lru_cache(maxsize=4)
def _learned(sha256: str) -> Learned:
    data = ModelFile.objects.filter(pk=sha256).values_list("data", flat=True).first()
    if data is None:
        raise ModelMissing(f"The model {sha256[:12]} is not here; train one in this corpus.")
    return Learned(Model.from_bytes(bytes(data)))


def is_calibrated(pipeline: Pipeline) -> bool:
    """Return whether a pipeline's scores mean a share that is right; its card is read once a process."""
    return pipeline.name == LEARNED and _is_calibrated(str(pipeline.configuration.get("model", "")))


@lru_cache(maxsize=64)
def _is_calibrated(sha256: str) -> bool:
    card = ModelFile.objects.filter(pk=sha256).values_list("card", flat=True).first() or {}
    return card.get("chosen") == LEARNED and str(card.get("calibration", "")).startswith("calibrated")
