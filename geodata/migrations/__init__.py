"""
The steps from one shape of the tables to the next, run by `geodata.database.migrate`.

They are written by hand, for both databases. On a GeoPackage a table with geometries is changed
only by adding or dropping a column, or by copying into a new table made with ``op.create_table``: a
batch rebuild or a rename leaves the R*Tree and GeoPackage's own tables pointing at the old name.
"""

HEAD = "0005"
