"""The small programs in C that the benchmarks measure against."""

import shutil
import subprocess
import sys
from pathlib import Path


def compiled(name: str, folder: Path, *libraries: str) -> str:
    """Compiles a program of this folder, and says where it is."""
    compiler = next((found for found in map(shutil.which, ("cc", "gcc", "clang")) if found), None)
    if compiler is None:
        sys.exit("there is no C compiler: packaging/dependencies installs one")
    program = folder / name
    subprocess.run([compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", str(program),
                    str(Path(__file__).with_name(f"{name}.c")), *(f"-l{library}" for library in libraries)], check=True)
    return str(program)
