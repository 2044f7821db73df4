"""
Files of results: those that runs rest on, which are kept, and those that nothing rests on, which are not: of killed
workers, and workbooks, which can be made again.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from bprs.stored_files import files_in, folders_in, is_older, remove, remove_if_empty
from scoring.models import RunPart, ScoringRun
from scoring.result_parts import FOLDER, name_of

RUN = re.compile(rf"{FOLDER}/[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")  # what else is there is not ours


def remove_stray_results(before: datetime) -> int:
    """Remove what was last written before then and belongs to no run, or to no part of it; return how many files."""
    return sum(_tidied(folder, before) for folder in folders_in(FOLDER) if RUN.fullmatch(folder))


def kept_results() -> Iterator[tuple[str, str]]:
    """Name in the storage and SHA-256 of every file of results that a part refers to."""
    for part in RunPart.objects.order_by("run", "index").iterator():
        for name, sha256 in zip(_names_of(part), (part.scored_sha256, part.rejected_sha256), strict=True):
            if sha256:
                yield f"{FOLDER}/{part.run_id}/{name}", sha256


def _tidied(folder: str, before: datetime) -> int:
    run_id = UUID(folder.removeprefix(f"{FOLDER}/"))
    kept = {f"{folder}/{name}" for part in RunPart.objects.filter(run_id=run_id) for name in _names_of(part)}
    strays = [name for name in files_in(folder) if name not in kept and is_older(name, before)]
    for name in strays:
        remove(name)
    if strays and not ScoringRun.objects.filter(pk=run_id).exists():
        remove_if_empty(folder)
    return len(strays)


def _names_of(part: RunPart) -> tuple[str, str]:
    return name_of(part.index, "scored", part.scored_sha256), name_of(part.index, "rejected", part.rejected_sha256)
