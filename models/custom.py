"""The 2018 notebook's own network: seven convolutions, growing in number and size of filters.

The comments give each output's shape for 28×28×1 pixels.
"""

from models.layers import Conv, Dense, Dropout, Flatten, Pool

LAYERS = [
    Conv(64, 3),  # 26×26×64
    Dropout(0.5),
    Conv(128, 3),  # 24×24×128
    Dropout(0.5),
    Conv(256, 3),  # 22×22×256
    Dropout(0.5),
    Conv(512, 3),  # 20×20×512
    Dropout(0.5),
    Conv(768, 4),  # 17×17×768
    Pool(),  # 8×8×768
    Dropout(0.5),
    Conv(1024, 4),  # 5×5×1024
    Dropout(0.5),
    Conv(2048, 4),  # 2×2×2048
    Pool(),  # 1×1×2048
    Dropout(0.5),
    Flatten(),  # 2048
    Dense(1024),
    Dropout(0.4),
    Dense(512),
    Dropout(0.4),
    Dense(256),
    Dropout(0.5),
    Dense(64),
    Dropout(0.5),
]
