"""The networks of the study, by name. To add one: a file beside these, and a line here."""

from models import custom, lenet, vgg

ARCHITECTURES = {"lenet": lenet.LAYERS, "vgg": vgg.LAYERS, "custom": custom.LAYERS}
