"""Raw MNIST: download its files and parse them."""
