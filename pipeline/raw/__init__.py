"""Raw MNIST: where its files come from and how they are parsed."""
