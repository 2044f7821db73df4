"""Which part of one thing is which part of another."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Pair(NamedTuple, Generic[T]):
    """The old one and the new one, if there is one."""

    old: T | None
    new: T | None


def paired(old: Sequence[T], new: Sequence[T], key: Callable[[T], Hashable]) -> list[Pair[T]]:
    """Pair what has the same key: the new ones in order, then the old ones that are gone."""
    known = {key(each): each for each in reversed(old)}
    pairs = [Pair(known.pop(key(each), None), each) for each in new]
    return [*pairs, *(Pair(each, None) for each in old if not _is_paired(each, pairs))]


def paired_again(pairs: Sequence[Pair[T]], key: Callable[[T], Hashable]) -> list[Pair[T]]:
    """Pair what is still alone, by another key."""
    lonely = [pair.old for pair in pairs if pair.old is not None and pair.new is None]
    found: list[Pair[T]] = []
    for pair in pairs:
        if pair.old is None and pair.new is not None:
            match = next((each for each in lonely if key(each) == key(pair.new)), None)
            lonely = [each for each in lonely if each is not match]
            found.append(Pair(match, pair.new))
        elif pair.new is not None:
            found.append(pair)
    return [*found, *(Pair(each, None) for each in lonely)]


def _is_paired(old: object, pairs: Sequence[Pair[T]]) -> bool:
    return any(pair.old is old for pair in pairs)
