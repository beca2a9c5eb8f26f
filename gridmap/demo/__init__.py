"""Invented cities of any size, with the truth about what was planted in them."""

from gridmap.demo.city import DemoCity, city
from gridmap.demo.moving import ended_on
from gridmap.demo.sizes import SIZES

__all__ = ["SIZES", "DemoCity", "city", "ended_on"]
