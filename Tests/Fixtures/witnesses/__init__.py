"""Independent programs as witnesses: what they say about an image, in the shape of `burin inspect --json`."""
