"""The trusted kernel: ``check(document) -> Verdict``. Standard library only; a copied folder runs by itself.

What an accepted certificate proves: the mathematical statement that it carries. What it does not prove: that
the characteristic function in it is the right one for a training run.
"""

from .verdict import Status, Verdict, check

__all__ = ["Status", "Verdict", "check"]
