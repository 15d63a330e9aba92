"""The figures, one kind per module, all in the style of `style.py`; they take arrays and rows, not runs."""
