"""The programme of planted stories, told in order on top of the clean portfolio."""

from __future__ import annotations

from assets.demo import stories_contracts, stories_meters, stories_plans, stories_reference, stories_time, stories_units
from assets.demo.catalogue import Staff
from assets.demo.firm import Firm
from assets.demo.scene import STORIES, NearMiss, Planted, Scene

# Importing a module puts its stories on the programme.
MODULES = (stories_plans, stories_time, stories_units, stories_reference, stories_contracts, stories_meters)


def tell_stories(firm: Firm, staff: Staff) -> tuple[list[Planted], list[NearMiss]]:
    """Plants every story; returns what the register must and must not show, sorted."""
    scene = Scene(firm, staff)
    for tell in STORIES:
        tell(scene)
    return sorted(scene.planted), sorted(scene.near_misses)
