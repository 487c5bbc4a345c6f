"""Numbers, no claims: characteristic roots, crossings of the imaginary axis, moments, best number of workers.

Everything here is *computed*: float64 for the search, mpmath in a private context for digits. What is
*certified* is decided by the kernel alone.
"""
