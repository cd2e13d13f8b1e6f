"""Writes the generated code in winnow/v1 and winnow/rpc from the project's proto folder.

    pip install -r clients/python/requirements-generate.txt
    python clients/python/generate.py            # write
    python clients/python/generate.py --check    # fail where what is there is not what would be written

That version of the generator makes code for protobuf 5.27.2 and grpcio 1.66.2; newer runtimes read it, older ones don't.
"""

import argparse
import filecmp
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

GENERATOR = "1.66.2"
PACKAGE = Path(__file__).resolve().parent / "winnow"
PROTO = Path(__file__).resolve().parents[2] / "proto"


def own_copy(source: Path, target: Path) -> None:
    """A google/rpc proto as winnow.rpc: under its own name it would clash with googleapis-common-protos, which
    many Python programs load, as two versions of one file are an error."""
    text = source.read_text().replace("package google.rpc;", "package winnow.rpc;")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(re.sub(r"^option .*_package = .*\n", "", text, flags=re.MULTILINE))


def generate(folder: Path) -> None:
    """Writes all generated code below `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for source in sorted((PROTO / "google/rpc").glob("*.proto")):
            own_copy(source, root / "winnow/rpc" / source.name)
        shutil.copytree(PROTO / "winnow/v1", root / "winnow/v1")
        files = sorted(str(file.relative_to(root)) for file in root.rglob("*.proto"))
        outputs = [f"--{kind}_out={folder}" for kind in ("python", "pyi")]
        services = [file for file in files if file.endswith("_service.proto")]
        run = [sys.executable, "-m", "grpc_tools.protoc", f"-I{root}"]
        subprocess.run([*run, *outputs, *files], check=True)
        subprocess.run([*run, f"--grpc_python_out={folder}", *services], check=True)
    for package in ("winnow/v1", "winnow/rpc"):
        (folder / package / "__init__.py").write_text("")


def contents(folder: Path) -> set[str]:
    """Names of the generated files below winnow's `folder`."""
    found = [file for part in ("v1", "rpc") for file in (folder / part).rglob("*.py*")]
    return {str(file.relative_to(folder)) for file in found if "__pycache__" not in file.parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only, and fail where something differs")
    check = parser.parse_args().check
    if version("grpcio-tools") != GENERATOR:
        sys.exit(f"grpcio-tools {version('grpcio-tools')} is installed; pip install grpcio-tools=={GENERATOR}")
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh = Path(scratch) / "winnow"
        if check:
            different = contents(fresh) ^ contents(PACKAGE)
            different |= set(filecmp.cmpfiles(fresh, PACKAGE, contents(fresh) - different, shallow=False)[1])
            if different:
                sys.exit(f"out of date, run {Path(__file__).name}: {', '.join(sorted(different))}")
            print("the generated code is up to date")
            return
        for part in ("v1", "rpc"):
            shutil.rmtree(PACKAGE / part, ignore_errors=True)
            shutil.copytree(fresh / part, PACKAGE / part)


if __name__ == "__main__":
    main()
