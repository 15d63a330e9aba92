"""Every figure of the project, one kind a file, all in the style of `style.py`; they know arrays and rows, not runs."""
