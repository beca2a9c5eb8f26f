"""How the documentation is built; warnings are errors (`make check`)."""

import sys
from pathlib import Path

import gridmap

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generated_pages  # noqa: E402 - lies beside this file

project = "gridmap"
author = "The gridmap authors"
copyright = "The gridmap authors"
version = release = gridmap.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "mathml"]
html_math_renderer = "mathml"
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "gridmap"
html_static_path = ["_static"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"

generated_pages.write(HERE / "generated")
