"""The pages of the back office are found when somebody asks for a URL: a command shows none, and starts in half the time."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class PagesConfig(SimpleAdminConfig):
    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """As the library checks them, found first."""
    autodiscover()
    return list(check_admin_app(app_configs, **options))
