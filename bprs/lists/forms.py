"""What is asked of who saves a view."""

from django import forms
from django.utils.translation import gettext_lazy as _

from bprs.lists.models import SavedView


class ViewForm(forms.Form):
    name = forms.CharField(label=_("Name"), required=False)
    sharing = forms.ChoiceField(label=_("Who sees it"), choices=SavedView.Sharing, required=False)
    query = forms.CharField(required=False, widget=forms.HiddenInput)
    is_default = forms.BooleanField(label=_("Open the list with it"), required=False)
