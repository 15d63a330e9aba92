"""TensorFlow set up for this machine, and the model file."""
