"""Where things are."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from bprs.api import api
from bprs.views import front_door

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front_door),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),  # type: ignore[arg-type]  # ninja's tuple of three
]
