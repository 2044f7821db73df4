"""Merkle trees as RFC 6962 (certificate transparency) builds them, over SHA-256."""

from collections.abc import Iterable
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"


def leaf_hash(content: bytes) -> bytes:
    return sha256(LEAF + content).digest()


class MerkleTree:
    """A tree that grows to the right. It keeps a hash for each level, not its leaves."""

    __slots__ = ("_open", "size")

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._open: list[bytes | None] = []  # by level: the whole subtree that waits for its right sibling
        self.size = 0
        self.add(list(leaves))

    def add(self, leaves: list[bytes]) -> None:
        """Append the hashes of some leaves."""
        self.size += len(leaves)
        level = 0
        while leaves:
            if level == len(self._open):
                self._open.append(None)
            leaves = self._risen(level, leaves)
            level += 1

    def root(self) -> bytes:
        """The hash that stands for every leaf and their order; of no leaves that of nothing."""
        found: bytes | None = None
        for subtree in self._open:
            if subtree is not None:
                found = subtree if found is None else sha256(NODE + subtree + found).digest()
        return sha256().digest() if found is None else found

    def _risen(self, level: int, nodes: list[bytes]) -> list[bytes]:
        """Pair the nodes of a level; return those of the next, and leave one without a sibling waiting."""
        waiting = self._open[level]
        if waiting is not None:
            nodes = [waiting, *nodes]
        self._open[level] = nodes[-1] if len(nodes) % 2 else None
        return [sha256(NODE + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
