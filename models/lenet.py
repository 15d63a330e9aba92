"""The LeNet-inspired network: two convolutions, with the 2018 notebook's filters.

After LeCun et al., "Gradient-based learning applied to document recognition" (1998). The comments give each output's
shape for 28×28×1 pixels.
"""

from models.layers import Conv, Dense, Dropout, Flatten, Pool

LAYERS = [
    Conv(256, 3),  # 26×26×256
    Pool(),  # 13×13×256
    Dropout(0.25),
    Conv(128, 3),  # 11×11×128
    Pool(),  # 5×5×128
    Dropout(0.25),
    Flatten(),  # 3200
    Dense(128),
    Dropout(0.5),
    Dense(64),
    Dropout(0.5),
]
