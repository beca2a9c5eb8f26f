"""Run the migrations on the connection, and in the transaction, that the caller has opened."""

from alembic import context
from alembic.ddl.sqlite import SQLiteImpl

from geodata.column_types import GEOPACKAGE


class GeoPackageImpl(SQLiteImpl):
    """What Alembic knows of SQLite holds for a GeoPackage, whose DDL is in the transaction too."""

    __dialect__ = GEOPACKAGE
    transactional_ddl = True


context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
