"""The image corpus: one small function per image, grouped by how the image is made."""

from . import containers, discs, disks, distributions, malformed, real, registry, tables, loaders, optical, workshop

# Everything that an image depends on; importing a module registers its images.
MODULES = [registry, workshop, loaders, optical, tables, real, distributions, discs, disks, containers, malformed]
