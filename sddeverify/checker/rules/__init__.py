"""The rules: one theorem each. A rule reads a claim, states it, and verifies a witness for it."""

from .all_roots import all_roots
from .boundary_tube import boundary_tube
from .decay_rate import decay_rate
from .discrete_boundary import discrete_boundary
from .mean_square_stability import mean_square_stability
from .memoryless_boundary import memoryless_boundary
from .optimum import optimum
from .rightmost_root import rightmost_root
from .root_count import root_count
from .root_enclosure import root_enclosure
from .stability import stability
from .stability_boundary import stability_boundary
from .stationary_variance import stationary_variance

RULES = {
    "all_roots": all_roots,
    "boundary_tube": boundary_tube,
    "decay_rate": decay_rate,
    "discrete_boundary": discrete_boundary,
    "mean_square_stability": mean_square_stability,
    "memoryless_boundary": memoryless_boundary,
    "optimum": optimum,
    "rightmost_root": rightmost_root,
    "root_count": root_count,
    "root_enclosure": root_enclosure,
    "stability": stability,
    "stability_boundary": stability_boundary,
    "stationary_variance": stationary_variance,
}
