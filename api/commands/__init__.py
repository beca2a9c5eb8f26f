"""
The `gridmap` command.

Exit codes: 0 done, 1 refused (the reasons are printed), 2 wrong usage.
"""

from api.commands.app import Faces, build

__all__ = ["Faces", "build"]
