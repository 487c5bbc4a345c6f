"""Kernels with a check taken out: each check of a rule must be what refuses some case of the corpus.

A mutant is the kernel's folder with a few snippets replaced, loaded under a name of its own. ``MUTANTS`` has for each
case of the corpus the mutant that lets it through; ``IMPLIED`` lists the checks without such a case, and why.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import sddeverify.checker

KERNEL = Path(sddeverify.checker.__file__).parent


Edits = tuple[tuple[str, str, str], ...]
"""(file, snippet, replacement); each snippet occurs exactly once in its file."""


@contextmanager
def load(edits: Edits = ()) -> Iterator[ModuleType]:
    """Import a patched copy of the kernel; forget it afterwards.

    Raises:
        ValueError: if a snippet does not occur exactly once.
    """
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "kernel"
        shutil.copytree(KERNEL, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file, snippet, replacement in edits:
            text = (folder / file).read_text("utf-8")
            if text.count(snippet) != 1:
                raise ValueError(f"{file}: {snippet!r} occurs {text.count(snippet)} times")
            (folder / file).write_text(text.replace(snippet, replacement), "utf-8")
        name = f"mutant_{abs(hash(parent))}"
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ValueError("the kernel has no loader")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
            yield module
        finally:
            for loaded in [x for x in sys.modules if x == name or x.startswith(f"{name}.")]:
                del sys.modules[loaded]


def part(kernel: ModuleType, name: str) -> ModuleType:
    """A module of a loaded kernel."""
    return importlib.import_module(f"{kernel.__name__}.{name}")


FUNCTION, LAWS, DOCUMENT, VERDICT = "function.py", "laws.py", "document.py", "verdict.py"
COUNT, STABILITY, DISC = "rules/root_count.py", "rules/stability.py", "rules/root_enclosure.py"
RIGHTMOST, BOUNDARY = "rules/rightmost_root.py", "rules/stability_boundary.py"
FREE = "rules/law_free_bound.py"
CROSSINGS, CHART, MARGIN = "rules/crossings.py", "rules/stability_chart.py", "rules/delay_margin.py"
ALL, RATE, OPTIMUM = "rules/all_roots.py", "rules/decay_rate.py", "rules/optimum.py"
VARIANCE, TUBE, STATIONARY = "variance.py", "rules/boundary_tube.py", "rules/stationary_variance.py"
SQUARE, DISCRETE, TIME = "rules/mean_square_stability.py", "rules/discrete_boundary.py", "rules/time_to_target.py"
MEMORYLESS = "rules/memoryless_boundary.py"
_MEAN = "require(mean.lo <= law.mean.lo <= law.mean.hi <= mean.hi, "

# The case, and the kernel that accepts it.
MUTANTS: dict[str, Edits] = {
    # function.py
    "rejected/count_left_of_abscissa": (
        (FUNCTION, "require(self.law.abscissa is None or c > self.law.abscissa, ", "require(True, "),
        (LAWS, "require(ar.is_right(base), ", "require(True, "),
    ),
    "rejected/count_line_too_short": ((FUNCTION, "require(passed and ", "require("),),
    "rejected/stability_wrong_code": ((FUNCTION, " or not holds(code, widen(ar, jet, (hi - lo) / 2, curvature))", ""),),
    "rejected/stability_code_holds_in_the_middle_only": (
        (FUNCTION, "holds(code, widen(ar, jet, (hi - lo) / 2, curvature))", "holds(code, jet[0])"),
    ),
    "rejected/stability_code_fails_by_curvature": ((FUNCTION, "rest = -(-curvature * r * r >> 2 * n)", "rest = 0"),),
    "rejected/count_last_code_is_not_1": (
        (FUNCTION, "previous == 1 and total >= 0 and (total - quarter) % 4 == 0", "True"),
    ),
    "rejected/enclosure_of_no_zero": (
        (FUNCTION, "require(ar.mignitude(jet[zeros]) * power[zeros][0] > rest, ", "require(True, "),
    ),
    "rejected/enclosure_disc_too_large": ((FUNCTION, " + bound * power[-1][1]", ""),),
    "malformed/damping_contains_0": (
        (FUNCTION, "well_formed(not h.damping.lo <= 0 <= h.damping.hi, ", "well_formed(True, "),
    ),
    "rejected/model_other_damping": ((FUNCTION, "require(times(rate, gain) == h.damping, ", "require(True, "),),
    "rejected/model_mean_too_small": ((FUNCTION, _MEAN, "require(mean.lo <= law.mean.lo, "),),
    "rejected/model_mean_too_large": ((FUNCTION, _MEAN, "require(law.mean.hi <= mean.hi, "),),
    # rules/root_count.py, rules/stability.py, rules/root_enclosure.py, rules/decay_rate.py
    "rejected/count_other_number": ((COUNT, "require(found == zeros, ", "require(True, "),),
    "rejected/stability_of_an_unstable_law": ((FUNCTION, "require((found > 0) is some, ", "require(True, "),),
    "rejected/stability_of_a_stable_law": ((FUNCTION, "require((found > 0) is some, ", "require(True, "),),
    "malformed/stable_is_1": ((DOCUMENT, "well_formed(type(value) is bool, ", "well_formed(True, "),),
    "malformed/radius_negative": ((DOCUMENT, "return positive([value, value]).lo", "return number(value)"),),
    "rejected/decay_rate_lo": ((RATE, "decided(h, -bounds.lo, none, some=False)", "pass"),),
    "rejected/decay_rate_hi": ((RATE, "decided(h, -bounds.hi, some, some=True)", "pass"),),
    "rejected/stability_count_right_of_another_line": (
        (FUNCTION, "require(line >= c if some else line <= c, ", "require(True, "),
    ),
    "rejected/instability_count_right_of_another_line": (
        (FUNCTION, "require(line >= c if some else line <= c, ", "require(True, "),
    ),
    # rules/rightmost_root.py
    "rejected/rightmost_disc_below_the_axis": ((RIGHTMOST, "require(im == 0 or im > r, ", "require(True, "),),
    "rejected/rightmost_disc_without_zero": (
        (RIGHTMOST, "h.disc(precision(bits, 4, h.law.size), re, im, r, 1 if im else roots)", "pass"),
    ),
    "rejected/rightmost_real_lo": ((RIGHTMOST, "real.lo <= re - r and ", ""),),
    "rejected/rightmost_real_hi": ((RIGHTMOST, "re + r <= real.hi and ", ""),),
    "rejected/rightmost_imag_lo": ((RIGHTMOST, "imag.lo <= low and ", ""),),
    "rejected/rightmost_imag_hi": ((RIGHTMOST, " and high <= imag.hi", ""),),
    "rejected/rightmost_pair_with_imag_from_0": ((RIGHTMOST, " and (im > 0) == (imag.lo > 0)", ""),),
    "rejected/rightmost_second_zero": ((RIGHTMOST, "require(number(abscissa) <= re - r, ", "require(True, "),),
    "rejected/rightmost_other_zeros": (
        (RIGHTMOST, "require(counted(h, number(abscissa), line) == roots, ", "require(True, "),
    ),
    # rules/stability_boundary.py
    "malformed/boundary_without_frequency": (
        (BOUNDARY, "well_formed((frequency is None) == (hi is None), ", "well_formed(True, "),
        (BOUNDARY, "require(window is not None and ", "require(window is None or "),
    ),
    "rejected/boundary_hi_is_stable": ((BOUNDARY, "require((zeros > 0) is (hi is not None), ", "require(True, "),),
    "rejected/boundary_lo_is_unstable": ((BOUNDARY, "require(holds(1, value), ", "require(True, "),),
    "rejected/boundary_code_3_by_curvature": ((BOUNDARY, "(end - start) / 2, curvature)", "(end - start) / 2, 0)"),),
    "rejected/boundary_other_frequency": ((BOUNDARY, "window.lo <= w.lo and w.hi <= window.hi", "True"),),
    "rejected/boundary_frequency_right_of_the_crossing": ((BOUNDARY, "window.lo <= w.lo and ", ""),),
    "rejected/boundary_frequency_left_of_the_crossing": ((BOUNDARY, " and w.hi <= window.hi", ""),),
    "malformed/boundary_from_0": ((BOUNDARY, "ends = positive(", "ends = pair("),),
    "malformed/boundary_reversed": (
        (BOUNDARY, "positive([lo, lo if hi is None else hi])", "positive(sorted([lo, hi or lo]))"),
    ),
    "rejected/boundary_model_other_rate": (
        (BOUNDARY, "require(open_pair(rate) == (lo / gain.hi, hi and hi / gain.lo), ", "require(True, "),
    ),
    # rules/crossings.py, rules/stability_chart.py, rules/delay_margin.py
    "rejected/crossings_one_too_many": ((CROSSINGS, "require({*windows} == {*ways}, ", "require(True, "),),
    "rejected/crossings_other_direction": (
        (CROSSINGS, 'require(falls if way == "out" else rises, ', "require(True, "),
    ),
    "rejected/crossings_other_damping": ((CROSSINGS, "require(phi[3] < 0 and inside, ", "require(True, "),),
    "malformed/crossings_no_direction": ((CROSSINGS, ' and all(x[2] in ("out", "in") for x in table)', ""),),
    "malformed/crossings_out_of_order": (
        (CROSSINGS, "well_formed(all(x.hi < y.lo for x, y in pairwise(dampings)), ", "well_formed(True, "),
    ),
    "malformed/crossings_beyond_the_end": (
        (CROSSINGS, "well_formed(all(x.hi < y.lo for x, y in pairwise(dampings)), ", "well_formed(True, "),
        (CROSSINGS, "suspects(law, top.lo, witness)", "suspects(law, dampings[-2].hi, witness)"),
    ),
    "rejected/chart_other_number": (
        (CHART, 'require(counted(member(template, {"$x": x, "$y": y}), ZERO, proof) == n, ', "require(True, "),
    ),
    "malformed/chart_tree_too_long": ((CHART, "well_formed(bool(stack), ", "well_formed(True, "),),
    "malformed/chart_tree_too_short": ((CHART, "well_formed(not stack, ", "well_formed(True, "),),
    "rejected/margin_infinite_with_small_b": (
        (MARGIN, "require(h.undelayed.lo > max(abs(x) for x in h.damping), ", "require(True, "),
    ),
    "rejected/margin_lo": ((MARGIN, 'decided(delayed("0", margin[1]), ZERO, none, some=False)', "pass"),),
    "rejected/margin_hi": (
        (MARGIN, "return decided(delayed(margin[2], margin[2]), ZERO, some, some=True)", "return None"),
    ),
    "rejected/stability_small_without_proof": ((FUNCTION, "require(small, ", "require(True, "),),
    # rules/all_roots.py
    "rejected/all_roots_disc_over_the_line": ((ALL, "require(re - r >= c and ", "require("),),
    "rejected/all_roots_disc_over_the_axis": ((ALL, " and (im == 0 or im > r)", ""),),
    "rejected/all_roots_one_disc_twice": (
        (ALL, "require((y - im) ** 2 + (x - re) ** 2 >= (r + other) ** 2, ", "require(True, "),
    ),
    "rejected/all_roots_disc_without_zero": ((ALL, "h.disc(ar, re, im, r, zeros)", "pass"),),
    "rejected/all_roots_one_missing": ((ALL, "require(counted(h, c, line) == total, ", "require(True, "),),
    # rules/optimum.py
    "rejected/optimum_best_is_slow": ((OPTIMUM, "decided(h, line, count, some=False)", "pass"),),
    "rejected/optimum_other_is_fast": (
        (OPTIMUM, "decided(row[integer(index, 0, len(row) - 1)], line, count, some=True)", "pass"),
    ),
    "malformed/optimum_long_name": ((OPTIMUM, "well_formed(short, ", "well_formed(True, "),),
    "malformed/optimum_best_is_no_candidate": ((OPTIMUM, "well_formed(different, ", "well_formed(True, "),),
    "malformed/optimum_function_with_a_type": ((OPTIMUM, "well_formed(plain, ", "well_formed(True, "),),
    # rules/boundary_tube.py
    "rejected/tube_hi_is_stable": ((BOUNDARY, "require((zeros > 0) is (hi is not None), ", "require(True, "),),
    "rejected/tube_lo_is_unstable": ((BOUNDARY, "require(holds(1, value), ", "require(True, "),),
    "rejected/tube_code_3_in_the_middle_only": ((BOUNDARY, "(end - start) / 2, curvature)", "ZERO, 0)"),),
    "malformed/tube_from_0": (
        (TUBE, "[positive(x) for x in listed(damping,", "[tuple(map(type(points[0]), x)) for x in listed(damping,"),
    ),
    # variance.py, rules/stationary_variance.py, rules/mean_square_stability.py
    "malformed/variance_negative_damping": ((VARIANCE, "well_formed(h.damping.lo > 0, ", "well_formed(True, "),),
    "rejected/variance_of_an_unstable_law": ((VARIANCE, "decided(h, ZERO, count, some=False)", "pass"),),
    "rejected/variance_unknown_method": ((VARIANCE, "require(kind in methods, ", "require(True, "),),
    "rejected/variance_closed_form_of_another_law": ((VARIANCE, '"constant" in claim["delay"] and ', ""),),
    "rejected/variance_closed_form_with_an_undelayed_term": ((VARIANCE, " and h.undelayed == Pair(ZERO, ZERO)", ""),),
    "rejected/variance_rational_with_interval": (
        (VARIANCE, "require(a.lo == a.hi and b.lo == b.hi, ", "require(True, "),
    ),
    "rejected/variance_rational_wrong_solution": ((VARIANCE, "require(solved, ", "require(True, "),),
    "rejected/variance_rational_with_interval_mean": ((VARIANCE, ' and body["mean"][0] == body["mean"][1]', ""),),
    "rejected/variance_rational_with_interval_weights": (
        (VARIANCE, ' and all(part["weight"][0] == part["weight"][1] for part in body)', ""),
    ),
    "rejected/variance_piece_with_a_large_disc": ((VARIANCE, "least > 0 and half < rho", "half < rho"),),
    "rejected/variance_piece_with_a_small_disc": ((VARIANCE, "least > 0 and half < rho", "least > 0"),),
    "rejected/variance_lo": ((STATIONARY, "bounds.lo <= found.lo <= ", "found.lo <= "),),
    "rejected/variance_hi": ((STATIONARY, " <= found.hi <= bounds.hi", " <= found.hi"),),
    "rejected/mean_square_step_too_large": ((SQUARE, "mass.hi < 1 if stable", "True if stable"),),
    "rejected/mean_square_step_too_small": ((SQUARE, "else mass.lo > 1", "else True"),),
    "rejected/mean_square_stable_in_the_mean": (
        (SQUARE, 'return decided(h, ZERO, *members(witness, "count"), some=True)', "return None"),
    ),
    "rejected/mean_square_model_other_step": ((SQUARE, "require(alpha == times(rate, hessian), ", "require(True, "),),
    "malformed/mean_square_negative_damping": ((SQUARE, "well_formed(h.damping.lo > 0, ", "well_formed(True, "),),
    # rules/discrete_boundary.py, rules/memoryless_boundary.py
    "rejected/discrete_lo_is_unstable": ((DISCRETE, "schur(family(k, lo)) and ", ""),),
    "rejected/discrete_hi_is_stable": ((DISCRETE, " and not schur(family(k, hi or lo))", ""),),
    "malformed/discrete_with_a_witness": ((DISCRETE, "well_formed(witness is None and ", "well_formed("),),
    "malformed/discrete_without_an_upper_end": ((DISCRETE, " and hi is not None", ""),),
    "malformed/discrete_lag_negative": ((DISCRETE, '"lag", (0, 500)', '"lag", (-1, 500)'),),
    "rejected/discrete_geometric_lo_is_unstable": ((DISCRETE, "schur(family(k, lo)) and ", ""),),
    "rejected/discrete_geometric_hi_is_stable": ((DISCRETE, " and not schur(family(k, hi or lo))", ""),),
    "malformed/discrete_geometric_share_negative": ((DISCRETE, "or 0 <= k < 1", "or k < 1"),),
    "malformed/discrete_geometric_share_of_1": ((DISCRETE, "or 0 <= k < 1", "or 0 <= k"),),
    "malformed/discrete_lag_of_another_kind": ((DISCRETE, 'members(value, "geometric")', "list(value.values())"),),
    "rejected/memoryless_lo_is_unstable": ((DISCRETE, "schur(family(k, lo)) and ", ""),),
    "rejected/memoryless_hi_is_stable": ((DISCRETE, " and not schur(family(k, hi or lo))", ""),),
    "malformed/memoryless_one_worker": ((MEMORYLESS, "(2, 10**9)", "(1, 10**9)"),),
    # rules/time_to_target.py
    "rejected/time_lo": ((TIME, "require(reached, ", "require(True, "),),
    "rejected/time_hi": (
        (TIME, "require(ar.magnitude(_value(ar, path, middle, middle)) + rest < low, ", "require(True, "),
    ),
    "rejected/time_not_settled": (
        (TIME, "require(gains[-1] <= ar.unit and max(gains) * size[1] < low * ar.unit, ", "require(True, "),
    ),
    "malformed/time_gap_at_the_start": ((TIME, "points[0] == hi / tau and ", ""),),
    "malformed/time_ends_within_a_delay": ((TIME, "points[-1] == end and ", ""),),
    "malformed/time_piece_over_two_delays": ((TIME, " and all(v <= int(u) + 1 for u, v in pieces)", ""),),
    "malformed/time_negative": ((TIME, " and lo >= 0", ""),),
    "malformed/time_target_1": ((TIME, "0 < eps < 1", "0 < eps"),),
    "malformed/time_of_another_law": ((TIME, '"constant" in claim["delay"] and fixed', "fixed"),),
    "malformed/time_undelayed": ((TIME, " and h.undelayed == (ZERO, ZERO)", ""),),
    "malformed/time_interval_delay": ((TIME, "h.law.mean.lo == h.law.mean.hi and ", ""),),
    # verdict.py
    "rejected/hash_of_another_claim": ((VERDICT, "sha256 == identity and ", ""),),
    "rejected/statement_of_another_claim": ((VERDICT, " and statement == text", ""),),
    "malformed/other_schema": ((VERDICT, "well_formed(schema == SCHEMA, ", "well_formed(True, "),),
    "malformed/producer_is_a_text": (
        (VERDICT, "well_formed(all(isinstance(x, dict) for x in others), ", "well_formed(True, "),
    ),
    "malformed/unknown_type": ((VERDICT, ' and claim.get("type") in [*RULES]', ""),),
    # document.py
    "malformed/duplicate_member": ((DOCUMENT, "well_formed(len(result) == len(items), ", "well_formed(True, "),),
    "malformed/unknown_member": ((DOCUMENT, "<= set(value) <= {*names, optional}", "<= set(value)"),),
    "malformed/unknown_member_without_name": ((DOCUMENT, "optional: str | None = None", 'optional: str = ""'),),
    "malformed/missing_producer": ((DOCUMENT, "not set(names) <= set(value) <= ", "not set(value) <= "),),
    "malformed/boolean_for_a_code": ((DOCUMENT, "type(value) is int", "isinstance(value, int)"),),
    "malformed/code_4": ((DOCUMENT, "type(value) is int and least <= value <= most", "type(value) is int"),),
    "malformed/one_code_too_many": ((DOCUMENT, " and least <= len(value) <= most", ""),),
    "malformed/decimal": (
        (DOCUMENT, "well_formed(rational, ", "well_formed(True, "),
        (DOCUMENT, "well_formed(str(result) == value, ", "well_formed(True, "),
    ),
    "malformed/4001_digits": (
        (DOCUMENT, 'well_formed(max(map(len, re.split("[-/]", value))) <= MAX_DIGITS, ', "well_formed(True, "),
    ),
    "malformed/not_in_lowest_terms": ((DOCUMENT, "well_formed(str(result) == value, ", "well_formed(True, "),),
    "malformed/denominator_1": ((DOCUMENT, "well_formed(str(result) == value, ", "well_formed(True, "),),
    "malformed/minus_0": ((DOCUMENT, "well_formed(str(result) == value, ", "well_formed(True, "),),
    "malformed/pair_reversed": ((DOCUMENT, "within = lo <= hi and ", "within = "),),
    "malformed/negative_time": ((DOCUMENT, "(least is None or lo >= least) and ", ""),),
    "malformed/mean_from_0": ((DOCUMENT, " and (above is None or lo > above)", ""),),
    "malformed/breaks_not_from_0": ((DOCUMENT, "well_formed(points[0] == 0, ", "well_formed(True, "),),
    "malformed/breaks_out_of_order": (
        (DOCUMENT, "well_formed(all(x < y for x, y in pairwise(points)), ", "well_formed(True, "),
    ),
    "malformed/bits_31": ((DOCUMENT, "MAX_COST = 32, 4096, ", "MAX_COST = 8, 4096, "),),
    "malformed/bits_4097": ((DOCUMENT, "MAX_COST = 32, 4096, ", "MAX_COST = 32, 8192, "),),
    "malformed/over_budget": ((DOCUMENT, " <= MAX_COST, ", " > 0, "),),
    "malformed/float_for_a_count": (
        (
            DOCUMENT,
            'well_formed(re.fullmatch("-?[0-9]{1,17}", text) is not None, f"{text[:40]} is',
            'text = text.partition(".")[0]\n    well_formed(True, f"{text[:40]} is',
        ),
    ),
    # rules/law_free_bound.py
    "rejected/law_free_beyond_half_pi": ((FREE, " and a * m < Fraction(80143857, 51021164)", ""),),
    "rejected/law_free_with_a_witness": ((FREE, "witness is None and ", ""),),
    "malformed/law_free_negative": ((FREE, "(positive([x, x]).hi for x in ", "(Fraction(x) for x in "),),
    # laws.py
    "malformed/law_with_two_names": ((LAWS, " and len(value) == 1", ""),),
    "malformed/law_nested_9_deep": ((LAWS, " and depth <= MAX_DEPTH", ""),),
    "malformed/law_unknown": ((LAWS, "well_formed(name in _LAWS, ", "well_formed(True, "),),
    "malformed/law_of_mean_0": ((LAWS, "well_formed(law.mean.hi > 0 or zero_mean, ", "well_formed(True, "),),
    "malformed/uniform_on_a_point": ((LAWS, "well_formed(width.lo > 0, ", "well_formed(True, "),),
    "malformed/empirical_at_0": ((LAWS, "well_formed(any(counts[1:]), ", "well_formed(True, "),),
    "malformed/band_wider_than_1": ((LAWS, "well_formed(eps.hi <= 1 and ", "well_formed("),),
    "malformed/band_negative": ((LAWS, "pair(epsilon, least=0)", "pair(epsilon)"),),
    "malformed/band_that_ends_before_its_center": ((LAWS, " and law.end <= cap.lo, ", ", "),),
    "malformed/band_around_a_law_without_end": (
        (LAWS, "law.end is not None and law.end <= cap.lo", "(law.end is None or law.end <= cap.lo)"),
    ),
    "rejected/band_is_more_than_its_center": (
        (LAWS, "return _blurred(ar, s, law.jet(ar, s, order), [ar.scale", "return law.jet(ar, s, order) or ([ar.scale"),
    ),
    "malformed/weights_below_1": ((LAWS, "<= 1 <= sum(w.hi for w in weights)", "<= 1"),),
    "malformed/weights_above_1": ((LAWS, "well_formed(sum(w.lo for w in weights) <= 1 <= ", "well_formed(1 <= "),),
    "malformed/sum_of_257_parts": ((LAWS, "* len(listed(body, 2, 256))", "* len(listed(body, 2, 512))"),),
}

# Where Python itself, or a later step, refuses what a check was to keep out: no worse than "rejected" comes of it.
STILL_REJECTED = {
    "malformed/boundary_reversed",
    "malformed/chart_tree_too_long",
    "malformed/unknown_type",
    "malformed/missing_producer",
    "malformed/code_4",
    "malformed/one_code_too_many",
    "malformed/over_budget",
    "malformed/law_with_two_names",
    "malformed/law_unknown",
    "malformed/discrete_without_an_upper_end",
    "malformed/discrete_geometric_share_of_1",
    "malformed/memoryless_one_worker",
    "rejected/variance_unknown_method",
}

# Checks that no case needs: another one implies them. Deleting one of them alone lets nothing through.
IMPLIED: dict[str, Edits] = {
    "the sign of h(c): the first code, which must hold at c where Im h = 0, decides it": (
        (FUNCTION, "passed and not at_c[0] <= 0 <= at_c[1]", "passed"),
    ),
    "a step by 2: opposite half-planes cannot both hold at a break point": (
        (FUNCTION, "if step == 2 or not holds", "if not holds"),
    ),
    "the congruence at the end: total - quarter = 1 - (last code) modulo 4": (
        (FUNCTION, " and (total - quarter) % 4 == 0", ""),
    ),
    "a negative number of zeros: proved codes give the true winding number": ((FUNCTION, " and total >= 0", ""),),
    "parts with different numbers of zeros: neighbours have the parameters of the cut in common": (
        (FUNCTION, "require(len(found) == 1, ", "require(True, "),
    ),
    "the abscissa of convergence: the jet of a law that has one refuses, too": (
        (FUNCTION, "require(self.law.abscissa is None or c > self.law.abscissa, ", "require(True, "),
    ),
    "the abscissa in the jet: every rule comes by Function.at first": (
        (LAWS, "require(ar.is_right(base), ", "require(True, "),
    ),
    "the size of a text: the parser and the budget limit the work, too": (
        (DOCUMENT, "well_formed(len(text) <= MAX_CHARACTERS, ", "well_formed(True, "),
    ),
    "a quadrature that ends before |a| + |b|: the bound of its tail exceeds the integral": (
        (VARIANCE, "(end := line[-1][2]) > a + b", "(end := line[-1][2]) > 0"),
    ),
    "the length of polynomials: a limit of effort": (
        (VARIANCE, "require(len(x) ** 2 * sum(map(_bits, (*x, top, *a, *b))) <= 1 << 35, ", "require(True, "),
        (VARIANCE, "require(k * _bits(mean) <= 1 << 13, ", "require(True, "),
    ),
    "the digits of a step: a limit of effort": ((DISCRETE, "require(size <= 1 << 16, ", "require(True, "),),
    "a denominator that may be 0: the division fails": (("interval.py", "require(lo > 0, ", "require(True, "),),
    "an exponential above exp(4096): a limit of effort": (
        ("interval.py", "require(x >> self.bits < 4096, ", "require(True, "),
    ),
    "an oscillation that is too fast: the error passes 1 and nothing is proved": (
        ("interval.py", "require(halvings <= self.bits - 20, ", "require(True, "),
    ),
}
