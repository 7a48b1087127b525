"""Fine-tuning: from the windows of reviewed articles to the weights of a network.

Loshchilov and Hutter (2019), "Decoupled Weight Decay Regularization"; a rate that rises in the first tenth
of the steps and falls to nothing, and a higher one for what is new.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from annotations.extraction.neural.encoder import Encoder, Shape
from annotations.extraction.neural.network import NEW, WORDS, Weights, forward, read_weights
from annotations.extraction.neural.targets import NOT_ASKED, Lesson
from annotations.extraction.neural.windows import NO_MARKS

RATE, RATE_OF_NEW = 3e-4, 1.5e-3
DECAY = 0.01
DROPOUT = 0.1
WARM_UP = 0.1
BATCH = 16
LONGEST_STEP = 1.0
#: how much finding the source counts beside tagging
POINTING = 0.3
#: windows are sorted by length within so many batches, so that little is filled up
_SORTED = 8

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Windows of one length, those that are shorter filled up, with what the network should say."""

    pieces: Any
    marks: Any
    mask: Any
    tags: Any
    sources: Any


def fit(
    encoder: Encoder,
    lessons: Sequence[Lesson],
    *,
    epochs: int,
    seed: int,
    threads: int,
    on_epoch: Callable[[int, Weights], None] | None = None,
    on_step: Progress | None = None,
) -> Weights:
    """Return the weights of a network that has gone through the lessons so many times.

    On one machine with one number of threads the same lessons give the same weights; elsewhere the last
    digits may differ.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    weights = read_weights(encoder, seed)
    optimiser = _optimiser(weights)
    learning = [weight for weight in weights.values() if weight.requires_grad]
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    total = epochs * -(-len(lessons) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, total))
    done = 0
    for epoch in range(epochs):
        for batch in _batches(lessons, chance):
            loss = _loss(weights, encoder.shape, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learning, LONGEST_STEP)
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
            done += 1
            if on_step is not None:
                on_step(done, total)
        if on_epoch is not None:
            on_epoch(epoch + 1, weights)
    return {name: weight.detach() for name, weight in weights.items()}


def _optimiser(weights: Weights) -> Any:
    """Return what changes the weights; the words stay as the encoder has them."""
    groups: list[dict[str, Any]] = []
    for rate, decay in ((RATE, DECAY), (RATE, 0.0), (RATE_OF_NEW, DECAY), (RATE_OF_NEW, 0.0)):
        groups.append({"params": [], "lr": rate, "weight_decay": decay})
    for name, weight in weights.items():
        if name == WORDS:
            continue
        weight.requires_grad_(True)  # noqa: FBT003 - torch's own signature
        groups[2 * (name in NEW) + (weight.dim() == 1)]["params"].append(weight)
    return torch.optim.AdamW(groups)


def _rate(step: int, total: int) -> float:
    rising = max(1.0, WARM_UP * total)
    return float(min((step + 1) / rising, (total - step) / max(1.0, total - rising)))


def _batches(lessons: Sequence[Lesson], chance: random.Random) -> Iterator[Batch]:
    order = list(range(len(lessons)))
    chance.shuffle(order)
    batches: list[list[int]] = []
    for start in range(0, len(order), BATCH * _SORTED):
        alike = sorted(
            order[start : start + BATCH * _SORTED], key=lambda one: len(lessons[one].window.pieces)
        )
        batches += [alike[first : first + BATCH] for first in range(0, len(alike), BATCH)]
    chance.shuffle(batches)
    for batch in batches:
        yield batch_of([lessons[number] for number in batch])


def batch_of(lessons: Sequence[Lesson]) -> Batch:
    """Return lessons as tensors."""
    longest = max(len(lesson.window.pieces) for lesson in lessons)

    def filled(rows: Sequence[Sequence[Any]], filler: Any) -> Any:
        return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])

    return Batch(
        pieces=filled([lesson.window.pieces for lesson in lessons], 0),
        marks=filled([lesson.window.marks for lesson in lessons], NO_MARKS),
        mask=filled([[True] * len(lesson.window.pieces) for lesson in lessons], False),  # noqa: FBT003
        tags=filled([lesson.tags for lesson in lessons], NOT_ASKED),
        sources=filled([lesson.sources for lesson in lessons], NOT_ASKED),
    )


def _loss(weights: Weights, shape: Shape, batch: Batch) -> Any:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_has_bfloat16()):
        tags, sources = forward(weights, shape, batch.pieces, batch.marks, batch.mask, dropout=DROPOUT)
    loss = functional.cross_entropy(tags.float().flatten(0, 1), batch.tags.flatten(), ignore_index=NOT_ASKED)
    asked = batch.sources != NOT_ASKED
    if asked.any():
        there = batch.mask[:, None, :].expand_as(sources)[asked]
        scores = sources.float()[asked].masked_fill(~there, float("-inf"))
        loss = loss + POINTING * functional.cross_entropy(scores, batch.sources[asked])
    return loss


def _has_bfloat16() -> bool:
    """Whether this machine multiplies numbers of 16 bits faster than those of 32."""
    return bool(torch.cpu._is_avx512_bf16_supported())
