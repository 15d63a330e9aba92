"""The stages of the pipeline; each is one `python -m pipeline.STAGE` of dvc.yaml."""
