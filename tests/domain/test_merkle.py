"""The tree is the one of RFC 9162, whatever its size and however it grew."""

from hashlib import sha256

import pytest

from idp.domain.merkle import Frontier, frontier_of, leaf_hash, node_hash

# The inputs and roots that implementations of certificate transparency test each other with.
LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(entries: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = 1 << (len(entries) - 1).bit_length() - 1
    return node_hash(tree_hash(entries[:split]), tree_hash(entries[split:]))


def test_the_roots_are_the_published_ones() -> None:
    frontier = Frontier()
    assert frontier.root().hex() == ROOTS[0]
    for leaf, root in zip(LEAVES, ROOTS[1:], strict=True):
        frontier.append(leaf_hash(bytes.fromhex(leaf)))
        assert frontier.root().hex() == root


def test_every_size_agrees_with_the_definition_and_survives_being_stored() -> None:
    frontier = Frontier()
    entries: list[bytes] = []
    for number in range(70):
        entries.append(b"entry %d" % number)
        frontier.append(leaf_hash(entries[-1]))
        frontier = frontier_of(frontier.size, frontier.text())
        assert frontier.root() == tree_hash(entries)
        assert len(frontier.roots) == (number + 1).bit_count()


@pytest.mark.parametrize("text", ["", "aa", "00" * 32 + "," + "00" * 32, "zz" * 32, "00" * 31])
def test_a_frontier_that_does_not_fit_its_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        frontier_of(4, text)
