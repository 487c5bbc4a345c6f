"""One figure per file: ``figure(data)`` is pure, takes plain numbers and returns a Matplotlib figure.

Modules whose name ends in ``explorer`` add the widget with its sliders; ``derivation`` is the stepper. These need the
extra ``notebook``.
"""
