"""Answers that an object keeps, because the same is asked of it again."""

from collections.abc import Callable, Hashable
from functools import cache, cached_property, partial
from typing import TypeVar

Owner = TypeVar("Owner")
Asked = TypeVar("Asked", bound=Hashable)
Answer = TypeVar("Answer")


def kept(method: Callable[[Owner, Asked], Answer]) -> cached_property[Callable[[Asked], Answer]]:
    """Let a method of one argument keep its answers for as long as its object lives."""

    def keeping(owner: Owner) -> Callable[[Asked], Answer]:
        return cache(partial(method, owner))

    return cached_property(keeping)
