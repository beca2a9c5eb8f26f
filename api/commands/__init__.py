"""
The `gridmap` command.

Exit codes: 0 done, 1 refused (the reasons are printed), 2 wrong usage.
"""

from api.commands.app import build, run
from api.commands.faces import Faces

__all__ = ["Faces", "build", "run"]
