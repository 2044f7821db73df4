"""
Files that take the place of others without a moment at which some are missing.

Stored files are written once under names that no other file gets. So the files of two databases can lie side by side:
those of the backup are added first, the databases change places, and whichever database there is has all its files.
"""

import errno
import os
import shutil
from os import PathLike
from pathlib import Path

from bprs.disk import flush_folder
from bprs.stored_files import put_in_place

StrPath = str | PathLike[str]
NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP)


def store_all(source: Path) -> None:
    """Put the files into the object store beside those that are there; one of the same name is replaced."""
    for path in (path for path in source.rglob("*") if path.is_file()):
        put_in_place(path, path.relative_to(source).as_posix())


def keep_aside(tree: Path, aside: Path) -> None:
    """The same files once more, which takes no room where the file system knows links."""
    shutil.copytree(tree, aside, copy_function=link_or_copy)


def add_all(source: Path, tree: Path) -> None:
    """Move the files into the tree, each in one step; one of the same name is replaced. All are on the disk then."""
    tree.mkdir(exist_ok=True)
    folders = {tree.parent, tree}
    for path in [path for path in source.rglob("*") if path.is_file()]:
        target = tree / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(target)
        folders |= {target.parent, target.parent.parent}
    for folder in folders:
        flush_folder(folder)


def link_or_copy(source: StrPath, target: StrPath) -> StrPath:
    """The content under another name, too. Whoever writes a new file in the place of one leaves the other alone."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copy2(source, target)
    return target
