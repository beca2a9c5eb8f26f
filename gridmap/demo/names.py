"""
Invented names without repeats.

Places are named with two characters that together name no well-known place; people carry surnames
that are trees and birds, so that nobody real is meant.
"""

from __future__ import annotations

import numpy as np

FIRST = (
    "云白青松桦柳枫榆杉兰银玉翠晴朝晓春秋瑞宁康福祥乐明晨星月霞雪冰清碧丹紫金"
    "鹤鹿雁鹰燕莺槐桐梅竹荷菊沁沐漱澄映望听观"
)
SECOND = (
    "溪泉湾岭峰原野苑桥塘坡岗川谷坪屏屿渡浦汀洲台阁亭轩庭园林圃畔麓崖涧沟堤坝"
    "井门巷坊里舍居堂馆榭廊渚泽淀湖潭"
)
REAL = frozenset(
    {
        "玉溪",
        "玉林",
        "春川",
        "银川",
        "金川",
        "康乐",
        "清原",
        "清溪",
        "白沟",
        "白塘",
        "金门",
        "金湖",
        "福清",
    }
)
SURNAMES = "桦杉枫榆槐桐楸椴柞樟榕橡雁鹤鹭鹂鸢鸥隼鸾桤楠槠栎檀椿樱榛棠荆蓼蒿芷蘅莺鸰鹮鹬鹳雀"
GIVEN_FIRST = "一子文明书思若安知清雨晨景怀嘉乐咏言修远青云立以永维承念听望"
GIVEN_SECOND = "宁然和远舟川溪行林禾野岚帆石澜歌桥遥松竹谦恒达朗初白原安平序"


def pairs(rng: np.random.Generator) -> list[str]:
    """Return every pair of characters for places, shuffled: about 2,900."""
    whole = [a + b for a in FIRST for b in SECOND if a != b and a + b not in REAL]
    return [whole[i] for i in rng.permutation(len(whole))]


def combined(rng: np.random.Generator, wanted: int, *parts: tuple[str, ...]) -> list[str]:
    """
    Return different names, each one of the first parts, one of the second, and so on.

    Parameters
    ----------
    rng
        Where chance comes from.
    wanted
        How many names; at most the product of the parts' lengths.
    *parts
        What to choose from. No name may come about in two ways.
    """
    lengths = [len(part) for part in parts]
    chosen = rng.choice(int(np.prod(lengths)), wanted, replace=False)
    digits = np.unravel_index(chosen, lengths)
    columns = [[part[i] for i in digit] for part, digit in zip(parts, digits, strict=True)]
    return ["".join(name) for name in zip(*columns, strict=True)]


def people(rng: np.random.Generator, wanted: int) -> list[str]:
    """Return different names of people who do not exist: at most 36,000."""
    return combined(rng, wanted, tuple(SURNAMES), tuple(GIVEN_FIRST), tuple(GIVEN_SECOND))
