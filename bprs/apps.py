from django.apps import AppConfig


class BprsConfig(AppConfig):
    name = "bprs"
