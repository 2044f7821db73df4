"""A site of its own for processes that are killed: a database that other processes reach, and the work of the tests."""

from bprs.settings import *  # noqa: F403 settings are meant to be taken whole

JOB_HANDLERS = {"write": "tests.jobs.works.WriteRows"}
LOGGING = {"version": 1, "root": {"level": "CRITICAL"}}
