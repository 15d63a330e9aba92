"""Studies: runs with a params.yaml of their own, whose results are saved in `study/NAME/`."""
