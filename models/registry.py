"""All architectures by name. To add one, write a file like `lenet.py` and add a line here."""

from models import custom, lenet, vgg

ARCHITECTURES = {"lenet": lenet.LAYERS, "vgg": vgg.LAYERS, "custom": custom.LAYERS}
