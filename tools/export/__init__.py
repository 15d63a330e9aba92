"""A run's model for LiteRT and ONNX, with sizes, speed and differences from the Keras model: `make export`."""
