"""Studies: runs with params of their own, their results kept in `study/NAME/`."""
