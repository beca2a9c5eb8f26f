"""
The `gridmap` command.

The folders `api` and `web` are packages of their own in a checkout. In a wheel they would claim two
very common names, so there they lie in `gridmap/_app`, which is put on the path here first.
"""

import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    """Run the command line."""
    application = Path(__file__).with_name("_app")
    sys.path.insert(0, str(application if application.is_dir() else application.parents[1]))
    import_module("web.command").main()


if __name__ == "__main__":
    main()
