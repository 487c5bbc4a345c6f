"""Claims and their proofs: ``<claim>.prove(...)`` returns a ``Certificate`` or ``Inconclusive``."""

from types import ModuleType

from sddeverify.certificates import (
    all_roots,
    boundary_tube,
    crossings,
    decay_rate,
    delay_margin,
    discrete_boundary,
    law_free_bound,
    mean_square_stability,
    memoryless_boundary,
    optimum,
    rightmost_root,
    root_count,
    root_enclosure,
    stability,
    stability_boundary,
    stability_chart,
    stationary_variance,
    time_to_target,
)
from sddeverify.certificates._certificate import Certificate, Inconclusive, Reason
from sddeverify.certificates._gap import Gap, mean_square_gap

CLAIMS: dict[str, ModuleType] = {
    "all_roots": all_roots,
    "boundary_tube": boundary_tube,
    "crossings": crossings,
    "decay_rate": decay_rate,
    "delay_margin": delay_margin,
    "discrete_boundary": discrete_boundary,
    "law_free_bound": law_free_bound,
    "mean_square_stability": mean_square_stability,
    "memoryless_boundary": memoryless_boundary,
    "optimum": optimum,
    "rightmost_root": rightmost_root,
    "root_count": root_count,
    "root_enclosure": root_enclosure,
    "stability": stability,
    "stability_boundary": stability_boundary,
    "stability_chart": stability_chart,
    "stationary_variance": stationary_variance,
    "time_to_target": time_to_target,
}

__all__ = [
    "CLAIMS",
    "Certificate",
    "Gap",
    "Inconclusive",
    "Reason",
    "all_roots",
    "boundary_tube",
    "crossings",
    "decay_rate",
    "delay_margin",
    "discrete_boundary",
    "law_free_bound",
    "mean_square_gap",
    "mean_square_stability",
    "memoryless_boundary",
    "optimum",
    "rightmost_root",
    "root_count",
    "root_enclosure",
    "stability",
    "stability_boundary",
    "stability_chart",
    "stationary_variance",
    "time_to_target",
]
