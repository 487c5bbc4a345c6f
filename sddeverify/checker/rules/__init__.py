"""The rules: one theorem each. A rule reads a claim, states it, and verifies a witness for it."""

from collections.abc import Callable
from importlib import import_module

from ..document import Claim
from ..function import Rule

_NAMES = (
    "all_roots", "boundary_tube", "crossings", "decay_rate", "delay_margin", "discrete_boundary", "law_free_bound",
    "mean_square_stability", "memoryless_boundary", "optimum", "rightmost_root", "root_count", "root_enclosure",
    "stability", "stability_boundary", "stability_chart", "stationary_variance",
    "time_to_target",
)  # fmt: skip
# The rule of a claim stands in the file of its name, under its name.
RULES: dict[str, Callable[[Claim], Rule]] = {name: vars(import_module(f".{name}", __name__))[name] for name in _NAMES}
