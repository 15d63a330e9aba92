"""The reader of `params.yaml`: what the file may say, and what it says."""
