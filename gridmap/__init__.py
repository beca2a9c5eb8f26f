"""
The domain of a city's responsibility grid: frames in, answers out.

Nothing here opens a file, a database or a socket, reads a clock or the environment, or changes
what it was given. Every public function takes frames that `gridmap.layers.conform` has accepted.
"""

__version__ = "0.7.0"
