"""
Mending: drawing, cutting, joining and reshaping grids so that the partition stays a partition.

Every act takes the layer ``grids`` in the register's CRS, changes nothing in it, and answers a
`Mending`: the rows to write, the codes that end, the lineage, and the audit of what was touched. A
vertex that is not moved stays as it is to the last bit; where a border gets a new vertex, every
grid that has the border gets the same one, so that neighbours go on sharing it exactly.
"""

from gridmap.mending.adopting import adopt
from gridmap.mending.creating import create
from gridmap.mending.joining import merge, retire
from gridmap.mending.mended import LINEAGE_COLUMNS, THIN_M, Mending
from gridmap.mending.moving import Insert, Vertex, move_border
from gridmap.mending.splitting import split
from gridmap.mending.vertices import ON_M, SNAP_M

__all__ = [
    "LINEAGE_COLUMNS",
    "ON_M",
    "SNAP_M",
    "THIN_M",
    "Insert",
    "Mending",
    "Vertex",
    "adopt",
    "create",
    "merge",
    "move_border",
    "retire",
    "split",
]
