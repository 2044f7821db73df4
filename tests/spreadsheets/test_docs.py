"""docs/spreadsheets.md says what the code does."""

from pathlib import Path

import pytest

from bprs.spreadsheets import COLUMNS, MESSAGES, Limits
from bprs.spreadsheets.limits import MEGABYTE

DOCS = (Path(__file__).parents[2] / "docs" / "spreadsheets.md").read_text()


@pytest.mark.parametrize("spec", COLUMNS.values(), ids=lambda spec: spec.name)
def test_every_column_is_listed_with_its_aliases_and_choices(spec):
    line = next(line for line in DOCS.splitlines() if line.startswith(f"| `{spec.name}` |"))

    assert f"| {', '.join(spec.aliases)} |" in line
    assert ", ".join(spec.choices) in line


@pytest.mark.parametrize("code", MESSAGES)
def test_every_code_is_listed_with_its_sentence(code):
    assert f"| `{code}` | {MESSAGES[code]} |" in DOCS


def test_the_limits_are_the_defaults():
    limits = Limits()

    assert f"| {limits.max_bytes // MEGABYTE} MB | `max_bytes` |" in DOCS
    assert f"| {limits.max_inflated_bytes // MEGABYTE} MB | `max_inflated_bytes` |" in DOCS
    assert f"| {limits.max_ratio} : 1 (above 1 MB) | `max_ratio` |" in DOCS
    for name in ("max_rows", "max_cell_chars"):
        assert f"| {getattr(limits, name):,} | `{name}` |" in DOCS
    assert f"| {limits.max_cells:,} cells | `max_cells` |" in DOCS
