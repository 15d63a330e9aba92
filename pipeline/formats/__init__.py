"""How results become bytes and are read again: JSON, CSV, numpy arrays, kernels in model files."""
