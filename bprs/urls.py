"""Where things are."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from bprs.access import second_step_pages as pages
from bprs.api import api
from bprs.views import front_door

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front_door),
    path("admin/second-step/", admin.site.admin_view(pages.second_step), name="second_step"),
    path("admin/second-step/set-up/", admin.site.admin_view(pages.second_step_setup), name="second_step_setup"),
    path("admin/login-security/", admin.site.admin_view(pages.login_security), name="login_security"),
    path("admin/login-security/end-others/", admin.site.admin_view(pages.end_other_logins), name="end_other_logins"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
]

handler500 = "bprs.views.server_error"
