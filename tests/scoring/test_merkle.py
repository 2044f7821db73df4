"""The trees are those of RFC 6962, by the vectors that certificate transparency is tested with."""

import pytest

from scoring.merkle import MerkleTree, leaf_hash

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
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


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(bytes.fromhex(text)) for text in LEAVES[:count]]


@pytest.mark.parametrize(("count", "root"), list(enumerate(ROOTS)))
def test_has_the_root_of_the_standard(count, root):
    assert MerkleTree(leaves(count)).root().hex() == root


@pytest.mark.parametrize("pieces", [(1,) * 8, (3, 5), (5, 3), (0, 7, 1), (2, 0, 6)])
def test_does_not_matter_in_which_pieces_it_grows(pieces):
    tree, rest = MerkleTree(), leaves(8)
    for size in pieces:
        tree.add(rest[:size])
        rest = rest[size:]

    assert (tree.root().hex(), tree.size) == (ROOTS[8], 8)
