"""Generated names: people, grids and phone numbers that belong to nobody."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from stdnum.cn import ric

from services.registry.domain import net

_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文博雨欣子涵思远晓东海燕志鹏春梅立新庆宁"
)

_DIGITS: Final = "零一二三四五六七八九"

_SITE_NAMES: Final = {
    net.Site.INSTITUTION: "单位",
    net.Site.INDUSTRIAL_PARK: "产业园",
    net.Site.BUSINESS_DISTRICT: "商圈",
    net.Site.OFFICE_TOWER: "商务楼宇",
    net.Site.PARK: "公园",
    net.Site.HILL: "山体",
    net.Site.RIVER_COURSE: "河道",
}


def person(chance: random.Random) -> str:
    """A name of two or three characters."""
    given = chance.choice(_GIVEN) + (chance.choice(_GIVEN) if chance.random() < 0.8 else "")
    return chance.choice(_SURNAMES) + given


def phone(number: int) -> str:
    """A landline of Jinan beginning with 0, as no subscriber's number does: it can ring nowhere."""
    return f"0531-0{number:07d}"


def identity_number(number: int) -> str:
    """A well-formed identity number of somebody born in 1900: it belongs to nobody alive."""
    first = f"37010219000101{number:03d}"
    return first + str(ric.calc_check_digit(first + "0"))


def numeral(number: int) -> str:
    """1 to 99 in Chinese: 一, 十, 十二, 二十三."""
    tens, ones = divmod(number, 10)
    written = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return written + (_DIGITS[ones] if ones else "")


def named(grids: Sequence[net.Grid], community: str) -> list[net.Grid]:
    """The grids of a community with names: 第一网格 …, and for dedicated ones what they are."""
    place = community.removesuffix("社区")
    basic = 0
    sites: Counter[net.Site] = Counter()
    answer = []
    for grid in grids:
        if grid.site is None:
            basic += 1
            name = f"第{numeral(basic)}网格"
        else:
            sites[grid.site] += 1
            order = "" if sites[grid.site] == 1 else numeral(sites[grid.site])
            name = f"{place}{_SITE_NAMES[grid.site]}专属网格{order}"
        answer.append(replace(grid, name=name))
    return answer
