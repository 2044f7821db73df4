"""The pages of the second step: give a code, set it up, replace it, end one's logins elsewhere."""

from typing import Any

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from bprs.access import totp
from bprs.access.admin_base import user_of
from bprs.access.models import Authenticator, User
from bprs.access.second_step import (
    begin_setup,
    confirm_setup,
    end_logins,
    give_code,
    has_second_step,
    must_have_second_step,
    remove_second_step,
)
from bprs.access.second_step_gate import DONE
from bprs.errors import DomainError
from bprs.wording import sentence_of

ISSUER = "BPRS Scoring"
FEW_CODES = 3


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "characters"}
        ),
    )


@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """After the password: the code, or the way to set it up."""
    user = user_of(request)
    if not has_second_step(user):
        return redirect(f"{reverse('second_step_setup')}?{request.GET.urlencode()}")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            left = give_code(user=user, code=form.cleaned_data["code"], at=timezone.now())
        except DomainError as refusal:
            form.add_error("code", sentence_of(refusal))
        else:
            return _let_in(request, user, recovery_codes_left=left)
    return _page(request, "access/second_step.html", title=_("Second step"), form=form)


def _let_in(request: HttpRequest, user: User, *, recovery_codes_left: int) -> HttpResponse:
    request.session.cycle_key()
    request.session[DONE] = user.pk
    if recovery_codes_left < FEW_CODES:
        sentence = ngettext(
            "%(count)d recovery code is left. Set the second step up again to get new ones.",
            "%(count)d recovery codes are left. Set the second step up again to get new ones.",
            recovery_codes_left,
        )
        messages.warning(request, sentence % {"count": recovery_codes_left})
    return redirect(_next(request))


@require_http_methods(["GET", "POST"])
def second_step_setup(request: HttpRequest) -> HttpResponse:
    """Scan, give a first code, keep the recovery codes."""
    user, now = user_of(request), timezone.now()
    if has_second_step(user):
        return redirect("login_security")
    authenticator = begin_setup(user=user, at=now)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = confirm_setup(user=user, code=form.cleaned_data["code"], at=now)
        except DomainError as refusal:
            form.add_error("code", sentence_of(refusal))
        else:
            request.session[DONE] = user.pk
            title = _("Recovery codes")
            return _page(request, "access/recovery_codes.html", title=title, codes=codes, next=_next(request))
    return _page(
        request,
        "access/second_step_setup.html",
        title=_("Set up the second step"),
        form=form,
        secret=totp.in_fours(authenticator.secret),
        qr_code=_qr_code(user, authenticator),
        is_required=must_have_second_step(user),
    )


def _qr_code(user: User, authenticator: Authenticator) -> str:
    address = totp.address_of(authenticator.secret, issuer=ISSUER, account=user.username)
    return str(segno.make(address, error="m", micro=False).svg_inline(scale=5, border=4, dark="#000", light="#fff"))


@require_http_methods(["GET", "POST"])
def login_security(request: HttpRequest) -> HttpResponse:
    """What guards one's own login; with a code it may be set up on another phone."""
    user = user_of(request)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            remove_second_step(user=user, code=form.cleaned_data["code"], at=timezone.now())
        except DomainError as refusal:
            form.add_error("code", sentence_of(refusal))
        else:
            return redirect("second_step_setup")
    form.fields["code"].widget.attrs.pop("autofocus")
    authenticator = Authenticator.objects.filter(user=user, confirmed_at__isnull=False).first()
    title = _("Login security")
    return _page(request, "access/login_security.html", title=title, form=form, authenticator=authenticator)


@require_POST
def end_other_logins(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    end_logins(user=user, at=timezone.now())
    update_session_auth_hash(request, user)
    messages.success(request, _("Every other login of yours is ended."))
    return redirect("login_security")


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})


def _next(request: HttpRequest) -> str:
    asked = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if is_ours else reverse("admin:index")
