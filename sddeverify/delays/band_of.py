"""A band around a capped law that has no exact transform."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from sddeverify.delays._law import Law
from sddeverify.delays.band import Band
from sddeverify.delays.lattice import MAX_CELLS, Lattice
from sddeverify.errors import invalid


def band_of(law: Law, cells: int = 512) -> Band:
    """Return a band around a law that has no exact transform, such as ``Capped(Lognormal("1", "1"), "20")``.

    The center is a step function on a lattice, half-way between the law's distribution function at both ends
    of each cell; epsilon is the greatest difference between the two, found in floating point and rounded up. That the
    law belongs to the band is therefore *computed*, not certified; what is certified holds for all laws of the band.

    Args:
        law: A capped law.
        cells: How many cells, 2 to 4095.

    Raises:
        InvalidScenario: for a law that has no upper end, or another number of cells.
    """
    from sddeverify.delays.capped import Capped

    if not isinstance(law, Capped):
        raise invalid("band_of", str(law), "a capped law, such as capped(lognormal(1, 1), 20)")
    if not 2 <= cells < MAX_CELLS:
        raise invalid("band_of.cells", cells, f"an integer from 2 to {MAX_CELLS - 1}")
    step = law.cap / cells
    below = [0.0, *(1 - law.survival(float(k * step), math) for k in range(1, cells)), 1.0]
    total = 10**12
    heights = [round(total * (below[k] + below[k + 1]) / 2) for k in range(cells)] + [total]
    # before the cap the law rises from below[k] to below[k + 1] (or to its limit there) while the center stays level
    last = 1 - law.survival(math.nextafter(float(law.cap), 0), math)
    tops = [*below[1:cells], last]
    heights[cells - 1] = round(total * (below[cells - 1] + last) / 2)
    gap = max(
        max(abs(height / total - below[k]), abs(height / total - top))
        for k, (height, top) in enumerate(zip(heights[:cells], tops, strict=True))
    )
    counts = [y - x for x, y in zip([0, *heights[:-1]], heights, strict=True)]
    epsilon = Fraction(math.ceil((gap + 1e-12) * 1.0001 * 10**8), 10**8)
    return Band(Lattice(step, counts), epsilon, law.cap)


def from_arguments(arguments: list[Any]) -> Band:
    """Return the band of the arguments of the textual notation: a capped law, and the number of cells or nothing."""
    law, cells = (*arguments, Fraction(512))[:2] if len(arguments) in (1, 2) else (None, None)
    if not isinstance(law, Law) or not isinstance(cells, Fraction) or cells.denominator != 1:
        raise invalid("band_of", ", ".join(map(str, arguments)), "band_of(law, cells), or band_of(law)")
    return band_of(law, int(cells))
