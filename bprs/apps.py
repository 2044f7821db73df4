from django.apps import AppConfig

from bprs.checks import register_checks
from bprs.lookups import register_lookups


class BprsConfig(AppConfig):
    name = "bprs"

    def ready(self) -> None:
        register_checks()
        register_lookups()
