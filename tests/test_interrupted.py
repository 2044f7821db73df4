"""Ctrl-C while a command reads."""

from collections.abc import Iterator

import pytest
from django.core.management.base import CommandError

from bprs.management.refusals import said_plainly


def test_what_reads_rows_ends_before_the_command_does():
    ended = []

    def rows() -> Iterator[int]:
        try:
            yield 1
        finally:
            ended.append("while the connection is there")

    def read() -> None:
        reading = rows()
        next(reading)
        raise KeyboardInterrupt

    with pytest.raises(CommandError) as stopped, said_plainly():  # as Django, it holds the traceback
        read()

    assert stopped.value.returncode == 130
    assert ended
