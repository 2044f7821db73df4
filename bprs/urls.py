"""Where things are."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from bprs.api import api
from bprs.views import front_door

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front_door),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
]
