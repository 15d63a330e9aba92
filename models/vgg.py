"""The VGGNet-inspired network: five 3×3 convolutions in blocks, as the 2018 notebook has it.

After Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition" (2014). The comments
give each output's shape for 28×28×1 pixels.
"""

from models.layers import Conv, Dense, Dropout, Flatten, Pool

LAYERS = [
    Conv(64, 3),  # 26×26×64
    Conv(64, 3),  # 24×24×64
    Pool(),  # 12×12×64
    Dropout(0.5),
    Conv(256, 3),  # 10×10×256
    Conv(256, 3),  # 8×8×256
    Pool(),  # 4×4×256
    Dropout(0.5),
    Conv(512, 3),  # 2×2×512
    Pool(),  # 1×1×512
    Dropout(0.5),
    Flatten(),  # 512
    Dense(256),
    Dropout(0.5),
    Dense(128),
    Dropout(0.5),
    Dense(64),
    Dropout(0.5),
]
