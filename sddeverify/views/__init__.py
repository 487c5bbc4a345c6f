"""One figure per file: ``figure(data)`` is pure, takes plain numbers and returns a Matplotlib figure."""
