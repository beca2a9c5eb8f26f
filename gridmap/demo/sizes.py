"""The sizes a demo city comes in."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.errors import NotFoundError


@dataclass(frozen=True)
class Size:
    """
    What a demo city of one size is made of.

    Parameters
    ----------
    name
        The city's invented name.
    longitude, latitude
        Its centre, degrees.
    first_district
        Code of its first district; the others count on.
    districts, subdistricts, communities
        How many districts, subdistricts in a district, communities in a subdistrict.
    grids
        How many grids in all, the reaches of the river included.
    units
        How many responsible units.
    issues
        About how many issues in the year.
    hot_spots, blind_areas
        How many are planted.
    inspection_scale
        How often the 87 inspection points of the ten categories are repeated.
    grid_m2
        Mean area of a grid.
    river_m
        Width of the river.
    """

    name: str
    longitude: float
    latitude: float
    first_district: int
    districts: int
    subdistricts: int
    communities: int
    grids: int
    units: int
    issues: int
    hot_spots: int
    blind_areas: int
    inspection_scale: int
    grid_m2: float
    river_m: float

    @property
    def total_communities(self) -> int:
        """Number of communities in the city."""
        return self.districts * self.subdistricts * self.communities


SIZES: dict[str, Size] = {
    "mohe": Size(
        name="云杉市",
        longitude=122.54,
        latitude=52.97,
        first_district=232799,
        districts=1,
        subdistricts=1,
        communities=4,
        grids=101,
        units=122,
        issues=6_000,
        hot_spots=3,
        blind_areas=2,
        inspection_scale=1,
        grid_m2=42_000.0,
        river_m=62.0,
    ),
    "1k": Size(
        name="澄岭市",
        longitude=125.1,
        latitude=42.9,
        first_district=229901,
        districts=2,
        subdistricts=4,
        communities=5,
        grids=1_000,
        units=1_200,
        issues=30_000,
        hot_spots=6,
        blind_areas=4,
        inspection_scale=2,
        grid_m2=40_000.0,
        river_m=120.0,
    ),
    "10k": Size(
        name="澄岭市",
        longitude=125.1,
        latitude=42.9,
        first_district=229901,
        districts=5,
        subdistricts=10,
        communities=8,
        grids=10_000,
        units=12_000,
        issues=200_000,
        hot_spots=15,
        blind_areas=12,
        inspection_scale=10,
        grid_m2=38_000.0,
        river_m=210.0,
    ),
    "100k": Size(
        name="澄岭市",
        longitude=125.1,
        latitude=42.9,
        first_district=229901,
        districts=10,
        subdistricts=25,
        communities=16,
        grids=100_000,
        units=12_000,
        issues=1_000_000,
        hot_spots=40,
        blind_areas=40,
        inspection_scale=40,
        grid_m2=36_000.0,
        river_m=320.0,
    ),
}


def size_named(name: str) -> Size:
    """
    Return the size of that name.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    if name not in SIZES:
        msg = "There is no demo city of size {size}; there are {sizes}."
        raise NotFoundError(msg, size=name, sizes=", ".join(SIZES))
    return SIZES[name]
