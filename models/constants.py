"""Numbers that all networks share: the shapes they take and return, the smallest probability in a loss."""

IMAGE_SIZE = 28  # pixels, height and width
INPUT_SHAPE = (IMAGE_SIZE, IMAGE_SIZE, 1)  # one grey channel
NUM_CLASSES = 10
PROBABILITY_EPSILON = 1e-7  # Keras clips probabilities here before it takes their logarithm
