"""What `manage.py restore` does not touch, and the sentence it says instead."""

import random
import re
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bprs.in_use import site_in_use, site_stopped
from bprs.jobs.models import Job
from tests.backup.made import MEMBERS, forged, run
from tests.factories import make_user
from tests.small_disks import files_on, filled, small_disk_or_skip

ALL_WAYS = pytest.mark.parametrize("wish", [["--verify"], [], ["--replace"]])


class TestABackup:
    @ALL_WAYS
    @pytest.mark.parametrize("member", [*MEMBERS, "manifest.json", "seal"])
    def test_with_a_flipped_byte_in_any_member_is_refused(self, sealed, member, wish, django_db_blocker, db):
        with tarfile.open(sealed) as tar:
            info = tar.getmember(member)
        content = bytearray(sealed.read_bytes())
        content[info.offset_data + random.Random(member).randrange(info.size)] ^= 1
        sealed.write_bytes(content)

        code, _said, why = run("restore", sealed, *wish)

        assert code == 2
        assert re.search("changed since|cut off|other keys|signature", why)

    @pytest.mark.parametrize("left", [0, 1, 511, 2048, -2048, -1])
    def test_that_was_cut_is_refused(self, sealed, left):
        sealed.write_bytes(sealed.read_bytes()[:left])

        code, _said, why = run("restore", sealed, "--verify")

        assert (code, why) == (2, f"{sealed} is no backup, or it was cut off: its end is not there.")

    def test_that_is_not_there_is_refused(self, tmp_path):
        assert run("restore", tmp_path / "x", "--verify")[::2] == (
            2,
            f"{tmp_path / 'x'} cannot be read: there is no such file or folder.",
        )
        assert run("restore", tmp_path, "--verify")[0] == 2

    def test_of_another_kind_of_database_is_refused(self, tmp_path):
        code, _said, why = run("restore", forged(tmp_path / "b.tar", vendor="oracle"), "--verify")

        assert code == 2
        assert why.startswith("The backup is of oracle; this site uses ")

    @pytest.mark.parametrize("said", [{"migrations": ("loans.0999_next_year",)}, {"form": 2}])
    def test_of_a_newer_program_is_refused(self, tmp_path, said):
        code, _said, why = run("restore", forged(tmp_path / "b.tar", **said), "--verify")

        assert (code, why) == (2, "The backup was made by a newer version of the program. Update this one first.")

    @pytest.mark.parametrize("name", ["FIELD_ENCRYPTION_KEYS", "FIELD_INDEX_KEY", "SEAL_KEYS"])
    def test_that_needs_a_key_which_is_not_here_is_refused(self, sealed, settings, name):
        other = "another key, as long and as random as the one of the bank"
        setattr(settings, name, other if name == "FIELD_INDEX_KEY" else [other])

        code, _said, why = run("restore", sealed, "--verify")

        assert code == 2
        assert "made with other keys" in why
        assert name in why
        assert other not in why

    @pytest.mark.parametrize("name", ["FIELD_ENCRYPTION_KEYS", "SEAL_KEYS"])
    def test_is_not_refused_for_a_key_that_came_since(self, sealed, settings, name):
        setattr(settings, name, ["another key, as long and as random as the one of the bank", *getattr(settings, name)])

        assert "keys" not in run("restore", sealed, "--verify")[2]

    @pytest.mark.parametrize("name", ["files/../../outside", "/tmp/outside", "outside"])
    def test_of_ours_that_leads_out_of_its_folder_is_refused(self, tmp_path, name):
        path = forged(tmp_path / "b.tar", contents={"database": b"", name: b"x"})

        code, _said, why = run("restore", path, "--verify")

        assert (code, why) == (2, f"{name} in the backup is not what was put there.")

    @pytest.mark.django_db
    def test_whose_database_is_none_is_refused_and_leaves_nothing_behind(self, sealed, settings):
        code, _said, why = run("restore", sealed, "--verify")

        assert code == 2
        assert why.startswith(("SQLite: file is not a database", "pg_restore: "))
        assert files_on(Path(settings.DATA_DIR)) == []

    def test_that_finds_no_room_is_refused_and_leaves_nothing_behind(self, settings, tmp_path):
        path = forged(tmp_path / "b.tar", contents={"database": bytes(200_000)})
        with small_disk_or_skip(tmp_path) as disk, filled(disk, but=100_000):
            settings.MEDIA_ROOT = disk / "files"

            code, _said, why = run("restore", path, "--verify")

            assert (code, files_on(disk)) == (2, [])
            assert "no room left on the disk" in why


@pytest.mark.django_db
class TestASite:
    def test_that_holds_a_bank_is_not_replaced_unless_asked(self, sealed):
        make_user()

        code, _said, why = run("restore", sealed)

        assert code == 2
        assert "--replace" in why

    def test_is_not_the_first_thing_said_of_what_is_no_backup(self, tmp_path):
        make_user()

        code, _said, why = run("restore", tmp_path / "none.tar")

        assert (code, why) == (2, f"{tmp_path / 'none.tar'} cannot be read: there is no such file or folder.")

    @pytest.mark.parametrize("wish", [[], ["--replace"]])
    def test_that_is_served_here_is_not_replaced(self, sealed, wish):
        with site_in_use():
            code, _said, why = run("restore", sealed, *wish)

        assert (code, why) == (2, "The site is running. Stop its web server and its workers first, then restore.")

    @pytest.mark.parametrize(("seconds", "is_running"), [(-1, False), (60, True)])
    def test_whose_workers_are_at_work_anywhere_is_not_replaced(self, sealed, seconds, is_running):
        now, job = timezone.now(), {"kind": "score_file", "state": Job.State.RUNNING, "runner": "elsewhere|1|now"}
        Job.objects.create(
            **job, owner=make_user(), created_at=now, queued_at=now, leased_until=now + timedelta(seconds=seconds),
            lease_token="0b0f0a0e-0000-4000-8000-000000000000",
        )  # fmt: skip

        code, _said, why = run("restore", sealed, "--replace")

        assert code == 2
        assert ("The site is running" in why) is is_running

    @pytest.mark.parametrize("command", ["work", "serve"])
    def test_does_not_start_while_a_backup_is_restored(self, command):
        with site_stopped(), pytest.raises(CommandError, match="A backup is being restored"):
            call_command(command)

    def test_may_be_served_while_a_backup_is_verified(self, sealed):
        with site_in_use():
            assert "running" not in run("restore", sealed, "--verify")[2]
