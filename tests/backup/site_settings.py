"""A site of its own for processes, which says what it says in English."""

from bprs.settings import *  # noqa: F403 settings are meant to be taken whole

LANGUAGE_CODE = "en"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING = {"version": 1, "root": {"level": "CRITICAL"}}
