"""The prepared images: reading the splits, augmentation, batches."""
