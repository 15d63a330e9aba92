"""Numbers that all networks share."""

IMAGE_SIZE = 28  # height and width in pixels
INPUT_SHAPE = (IMAGE_SIZE, IMAGE_SIZE, 1)  # one grey channel
NUM_CLASSES = 10
PROBABILITY_EPSILON = 1e-7  # Keras raises smaller probabilities to this before it takes their logarithm
