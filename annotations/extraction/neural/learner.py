"""The learner "neural": fine-tunes an encoder and keeps it as a network that onnxruntime serves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

from annotations.extraction.learned.learners import Lesson, split
from annotations.extraction.learned.tagger import Tags
from annotations.extraction.neural.encoder import Encoder, find_encoder
from annotations.extraction.neural.extra import optional, require_serving, require_training
from annotations.extraction.neural.packing import pack
from annotations.extraction.neural.targets import lessons_of
from annotations.extraction.neural.windows import MARKS, windows_of

NAME = "neural"
#: of so many articles one part alone is held out, since every fit takes its time
MANY_ARTICLES = 200
PARTS, PARTS_OF_MANY = 3, 6
#: how often a network goes through the articles: so often, or until it has seen so many
_MOST_EPOCHS, _LEAST_EPOCHS = 8, 4
_ARTICLES_SEEN = 1200
_PACKAGE = "annotations.extraction.neural."


@dataclass(frozen=True, kw_only=True)
class Neural:
    """Makes networks from an encoder that the operator names.

    Attributes:
        encoder_name: a folder, or an installed package that brings one along.
        threads: how many cores a fit takes at most.
    """

    encoder_name: str
    threads: int = 1
    name: str = NAME
    steps: int = 100
    cautions: tuple[float, ...] = (1.0, 0.5, 0.0)

    @cached_property
    def encoder(self) -> Encoder:
        require_training()
        return find_encoder(self.encoder_name)

    def parts(self, count: int, seed: int) -> list[frozenset[int]]:
        if count >= MANY_ARTICLES:
            return split(count, PARTS_OF_MANY, seed)[:1]
        return split(count, PARTS, seed)

    def fit(self, lessons: Sequence[Lesson], seed: int, on_step: Callable[[], None]) -> bytes:
        encoder = self.encoder
        learned = [
            window
            for lesson in lessons
            for window in lessons_of(
                lesson.reading.pages, windows_of(lesson.reading.pages, encoder.words), lesson.example.gold
            )
        ]
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            while told < self.steps * done // total:
                told += 1
                on_step()

        weights = optional(_PACKAGE + "fitting").fit(
            encoder, learned, epochs=epochs_for(len(lessons)), seed=seed, threads=self.threads, on_step=tell
        )
        network: bytes = optional(_PACKAGE + "exporting").export(weights, encoder.shape)
        return pack(network, encoder.words)

    def load(self, tagger: bytes) -> Tags:
        return load(tagger)

    def versions(self) -> Mapping[str, str]:
        packages = ("torch", "onnx", "onnxruntime")
        return {
            "encoder": self.encoder.identity,
            "marks": MARKS,
            **{package: version(package) for package in packages},
        }


def load(tagger: bytes) -> Tags:
    """Return what tags by a network.

    Raises:
        ExtraMissing: if what runs it is not installed.
    """
    require_serving()
    tags: Tags = optional(_PACKAGE + "serving").NeuralTagger(tagger)
    return tags


def epochs_for(articles: int) -> int:
    """Return how often a network goes through so many articles."""
    return min(_MOST_EPOCHS, max(_LEAST_EPOCHS, round(_ARTICLES_SEEN / articles)))
