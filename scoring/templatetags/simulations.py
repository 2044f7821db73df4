"""What a card would do, for whoever decides on it: `{% simulation_summary version %}`."""

from typing import Any

from django import template

from bprs.access.models import User
from scoring.models import ScorecardVersion, Simulation
from scoring.models.simulations import CONTENTS
from scoring.portfolio import Portfolio
from scoring.simulation_figures import figures_of
from scoring.simulation_page import matrix_context

register = template.Library()
OTHERS_LISTED = 5


@register.inclusion_tag("scoring/simulation_summary.html", takes_context=True)
def simulation_summary(context: Any, version: ScorecardVersion) -> dict[str, Any]:
    """The newest simulation of the card as it is now, of those that the reader may see; three queries."""
    reader = context["request"].user
    shown: dict[str, Any] = {"version": version, "perms": context["perms"], "request": context["request"]}
    if not isinstance(reader, User) or not reader.has_perm("scoring.view_simulation"):
        return shown
    shown["may_shadow"] = reader.has_every_branch()
    seen = Simulation.objects.visible_to(reader)
    newest, *others = [*seen.of(version).without_contents()[: OTHERS_LISTED + 1]] or [None]
    if newest is None:
        return {
            **shown,
            "outdated": seen.outdated_for(version).without_contents().order_by("-asked_at")[:OTHERS_LISTED],
        }
    newest.refresh_from_db(fields=CONTENTS)
    figures = figures_of(newest)
    return {
        **shown,
        **matrix_context(figures),
        "newest": newest,
        "others": others,
        "simulation": newest,
        "choices": Portfolio.from_dict(newest.portfolio).choices(),
        "figures": figures,
    }
