"""Every page of ours, by an address that has something to show in any of the towns."""

GRID = "232701100001001"
PAGES = (
    "/",
    "/register",
    "/register?division=232701100001",
    "/register?q=23270",
    "/register/units",
    f"/register/grids/{GRID}",
    "/register/units/u1",
    "/coverage",
    "/coverage?level=grid&reason=no_unit",
    "/hotspots",
    "/hotspots?by=hex&size=200",
    "/hotspots/roads",
    "/here",
    "/here?lon=122.5389&lat=52.9730&accuracy=90",
)
MAPS = (
    "/maps/city",
    "/maps/coverage",
    "/maps/hotspots",
    "/maps/hotspots?by=square&size=200",
    f"/maps/grids/{GRID}",
    "/maps/units/u1",
)
