"""The image corpus: one small function per image, grouped by how the image is made."""

import importlib

# Everything that an image depends on, in the order in which images are built; importing a module registers its images.
NAMES = ["registry", "workshop", "loaders", "optical", "tables",
         "real", "distributions", "discs", "disks", "containers", "malformed"]
MODULES = [importlib.import_module(f"{__name__}.{name}") for name in NAMES]
