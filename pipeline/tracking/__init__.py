"""MLflow as a mirror of `results/runs`: the only package that imports mlflow."""
