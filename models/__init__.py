"""Network architectures and how Keras models are built from them."""
