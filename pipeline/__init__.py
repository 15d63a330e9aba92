"""The stages of the pipeline; each is one `python -m pipeline.STAGE` of dvc.yaml."""

from pipeline.core import environment

environment.enter()  # before numpy, matplotlib, Keras and the others read what is set
