from django.apps import AppConfig

from bprs.checks import register_checks


class BprsConfig(AppConfig):
    name = "bprs"

    def ready(self) -> None:
        register_checks()
