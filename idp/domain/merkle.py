"""The hashing of a Merkle log (RFC 9162, 2.1), one leaf at a time.

Owns: leaf and node hashes, and the frontier from which a tree of any size goes on.
Does not own: what a leaf says, or where anything is kept. Pure.
"""

from dataclasses import dataclass, field
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """A tree by its size and the roots of its full subtrees, the largest first.

    There is one subtree for each bit set in `size`: 64 hashes are enough for any log.
    """

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add a leaf, given by its hash."""
        self.roots.append(leaf)
        self.size += 1
        pairs = self.size
        while pairs % 2 == 0:
            right = self.roots.pop()
            self.roots.append(node_hash(self.roots.pop(), right))
            pairs //= 2

    def root(self) -> bytes:
        """Return the root of the tree; of an empty tree, the hash of nothing."""
        if not self.roots:
            return sha256(b"").digest()
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root

    def text(self) -> str:
        """Return the subtrees as text that `frontier_of` reads."""
        return ",".join(root.hex() for root in self.roots)


def frontier_of(size: int, text: str) -> Frontier:
    """Return the frontier that `text` describes. Raises ValueError when it does not fit `size`."""
    roots = [bytes.fromhex(part) for part in text.split(",") if part]
    if len(roots) != size.bit_count() or any(len(root) != 32 for root in roots):
        raise ValueError("the frontier does not fit the size of the log")
    return Frontier(size, roots)
