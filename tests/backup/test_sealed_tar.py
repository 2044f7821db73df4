"""Of a backup not one byte can be changed, added or left out unseen."""

import os
import random
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bprs.backups.sealed_tar import BackupChanged, OtherKeys, SealedTarWriter, check_seal
from bprs.errors import DomainError
from tests.backup.made import MEMBERS, add, contents_of

names = st.integers(0, 2**64).map(lambda number: f"files/runs/{number:x}")
members = st.dictionaries(names, st.binary(max_size=1100), max_size=4)


def written(path: Path, contents: dict[str, bytes]) -> bytes:
    with path.open("wb") as file:
        tar = SealedTarWriter(file)
        for name, content in contents.items():
            add(tar, name, content)
        tar.seal()
    return path.read_bytes()


def is_refused(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    try:
        check_seal(path)
    except DomainError:
        return True
    return False


class TestWhatIsAsItWasWritten:
    @given(contents=members)
    @example(contents={"files/" + "long/" * 40 + "name": b"1"})
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_is_accepted_and_any_tar_reads_it(self, tmp_path, contents):
        written(tmp_path / "whole.tar", contents)

        check_seal(tmp_path / "whole.tar")
        there = contents_of(tmp_path / "whole.tar")
        assert there.pop("seal").startswith(b"bprs-backup-1 ")
        assert there == contents

    def test_is_readable_by_its_owner_alone_once_it_is_unpacked(self, tmp_path):
        written(tmp_path / "whole.tar", MEMBERS)

        with tarfile.open(tmp_path / "whole.tar") as tar:
            assert {info.mode for info in tar} == {0o600}


class TestWhatWasChanged:
    def test_in_any_byte_of_content_header_padding_or_seal_is_refused(self, tmp_path):
        """All there is of each kind of byte, in a backup of one short member."""
        path, chance = tmp_path / "whole.tar", random.Random(20261124)
        whole = written(path, {"database": b"rows"})

        with path.open("rb+", buffering=0) as file:
            for place, byte in enumerate(whole):
                os.pwrite(file.fileno(), bytes([byte ^ chance.randrange(1, 256)]), place)
                with pytest.raises(DomainError):
                    check_seal(path)
                os.pwrite(file.fileno(), bytes([byte]), place)
        check_seal(path)

    def test_in_length_is_refused(self, tmp_path):
        whole = written(tmp_path / "whole.tar", MEMBERS)

        assert all(is_refused(tmp_path / "cut.tar", whole[:length]) for length in range(0, len(whole), 101))
        assert all(is_refused(tmp_path / "cut.tar", whole[start:]) for start in range(1, len(whole), 512))
        assert is_refused(tmp_path / "longer.tar", whole + b"\0")
        assert is_refused(tmp_path / "twice.tar", whole + whole)

    @given(contents=members, chance=st.randoms(use_true_random=False))
    @settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_anywhere_in_any_backup_is_refused(self, tmp_path, contents, chance):
        flipped = bytearray(written(tmp_path / "whole.tar", contents))
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)

        assert is_refused(tmp_path / "flipped.tar", bytes(flipped))

    def test_and_hashed_anew_by_somebody_without_the_key_is_refused(self, tmp_path, settings):
        ours = settings.SEAL_KEYS
        settings.SEAL_KEYS = ["another key, as long and as random as the one of the bank"]
        written(tmp_path / "anew.tar", MEMBERS)
        settings.SEAL_KEYS = ours

        with pytest.raises(OtherKeys, match="SEAL_KEYS"):
            check_seal(tmp_path / "anew.tar")

    def test_and_hashed_anew_under_the_name_of_our_key_is_refused(self, tmp_path, settings):
        path, ours = tmp_path / "anew.tar", settings.SEAL_KEYS
        names_of_keys = []
        for keys in (ours, ["another key, as long and as random as the one of the bank"]):
            settings.SEAL_KEYS = keys
            seal = written(path, MEMBERS)[-1536:-1024].rstrip(b"\0").split()
            names_of_keys.append(seal[2])
        settings.SEAL_KEYS = ours

        path.write_bytes(path.read_bytes().replace(names_of_keys[1], names_of_keys[0]))

        with pytest.raises(BackupChanged, match="signature"):
            check_seal(path)

    def test_key_that_signs_may_change_while_the_old_one_stays_behind_it(self, tmp_path, settings):
        written(tmp_path / "whole.tar", MEMBERS)

        settings.SEAL_KEYS = ["another key, as long and as random as the one of the bank", *settings.SEAL_KEYS]

        check_seal(tmp_path / "whole.tar")
