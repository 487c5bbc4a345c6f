"""The rules: one theorem each. A rule reads a claim, yields its statement, and is sent a witness, which it checks."""

from importlib import import_module

_NAMES = (
    "all_roots", "boundary_tube", "crossings", "decay_rate", "delay_margin", "discrete_boundary", "law_free_bound",
    "mean_square_stability", "memoryless_boundary", "optimum", "rightmost_root", "root_count", "root_enclosure",
    "stability", "stability_boundary", "stability_chart", "stationary_variance", "time_to_target",
)  # fmt: skip
# The rule of a claim stands in the file of its name, under its name.
RULES = {name: vars(import_module(f".{name}", __name__))[name] for name in _NAMES}
