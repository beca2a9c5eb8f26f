"""
Copy what the pages load from packages into ``web/static/vendor``, which git ignores.

Run as ``python -m web.vendoring`` after ``npm ci`` in this folder. No third-party file is kept in
the repository: the packages and their versions are in ``package.json`` and its lock.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

WEB = Path(__file__).parent
PACKAGES = WEB / "node_modules"
VENDOR = WEB / "static" / "vendor"

FILES: dict[str, tuple[str, ...]] = {
    "leaflet": ("leaflet/dist/leaflet.js", "leaflet/dist/leaflet.css", "leaflet/dist/images"),
    "echarts": ("echarts/dist/echarts.common.min.js",),
    "jquery": ("jquery/dist/jquery.min.js",),
    "bootstrap": (
        "bootstrap/dist/js/bootstrap.bundle.min.js",
        "bootstrap/dist/css/bootstrap.min.css",
    ),
    "fontawesome/css": ("@fortawesome/fontawesome-free/css/all.min.css",),
    "fontawesome": ("@fortawesome/fontawesome-free/webfonts",),
    "awesome-markers": (
        "leaflet.awesome-markers/dist/leaflet.awesome-markers.min.js",
        "leaflet.awesome-markers/dist/leaflet.awesome-markers.css",
        "leaflet.awesome-markers/dist/images",
    ),
}
LICENCES = "LICEN[CS]E*"


def folium_templates() -> Path:
    """Return the folder of the scripts that the folium wheel itself brings."""
    found = find_spec("folium")
    if found is None or found.origin is None:
        msg = "folium is not installed"
        raise ModuleNotFoundError(msg)
    return Path(found.origin).parent / "templates"


def copy_all(packages: Path = PACKAGES, vendor: Path = VENDOR) -> int:
    """
    Copy every file of `FILES`, with the licences beside them.

    Parameters
    ----------
    packages
        The ``node_modules`` folder.
    vendor
        Where the copies go; emptied first.

    Returns
    -------
    int
        Files copied.
    """
    shutil.rmtree(vendor, ignore_errors=True)
    for folder, sources in FILES.items():
        for source in sources:
            _copy(packages / source, vendor / folder)
        owner = _package(packages, sources[0])
        for licence in sorted(owner.glob(LICENCES)):
            _copy(licence, vendor / folder)
    _copy(folium_templates() / "leaflet_heat.min.js", vendor / "folium")
    _without_source_maps(vendor)
    return sum(1 for path in vendor.rglob("*") if path.is_file())


def _package(packages: Path, source: str) -> Path:
    parts = Path(source).parts
    return packages.joinpath(*parts[: 2 if parts[0].startswith("@") else 1])


def _copy(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, folder / source.name, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, folder / source.name)


def _without_source_maps(vendor: Path) -> None:
    """Take out the last line that names a map: a browser's tools would ask for it in vain."""
    for script in [*vendor.rglob("*.js"), *vendor.rglob("*.css")]:
        text = script.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if "sourceMappingURL=" not in line[:40]]
        script.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    print(f"{copy_all()} files in {VENDOR.relative_to(WEB.parent)}")  # noqa: T201
