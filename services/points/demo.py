"""The demonstration scheme of 文东街道 with a shop: local mode only, loaded again without harm."""

import uuid
from datetime import UTC, datetime

from services.points.domain.rules import Basis
from services.points.store import awards, passbooks, shops
from shared import db

_NAMESPACE = uuid.UUID("6f6b1f0e-3a55-5c0e-9d0a-1c2d3e4f5a6b")
_AREA = "370102007"
# Before anything of the demonstration happens.
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)

# One accepted matter is one egg: "5个积分即可兑换一个鸡蛋" (S2).
_RULES = (
    ("matter_accepted", "反映问题被受理", 5, Basis.CAUSE, 20),
    ("discussion_joined", "参与议事", 2, Basis.CAUSE, 6),
    ("activity_attended", "参加志愿活动", 5, Basis.CAUSE, 20),
    ("service_given", "提供志愿服务", 10, Basis.HOUR, 60),
)
_GOODS = (
    ("good.eggs", "鸡蛋", "街道采购", 5, 1_000),
    ("good.tissues", "抽纸", "共建单位捐赠", 15, 200),
    ("good.soap", "洗衣液", "街道采购", 40, 100),
    ("good.haircut", "便民理发一次", "社区服务", 20, 60),
)


def demo_id(name: str) -> str:
    """The fixed id of a thing of the demonstration."""
    return str(uuid.uuid5(_NAMESPACE, name))


def load(database: db.Database) -> None:
    """Adds scheme, rules, shop and goods where they are not there yet."""
    scheme_id = demo_id("scheme.wendong")
    with database.transaction() as tx:
        if shops.schemes(tx, [_AREA], after=None, limit=1):
            return
        shops.add_scheme(tx, scheme_id=scheme_id, area=_AREA, name="文东微积分", hold_hours=72)
        passbooks.open_books_of_scheme(tx, scheme_id)
        for code, name, points, basis, daily_cap in _RULES:
            awards.add_rule_version(
                tx,
                scheme_id=scheme_id,
                code=code,
                name=name,
                points=points,
                basis=basis,
                daily_cap=daily_cap,
                active=True,
                valid_from=_SINCE,
                made_by=None,
            )
        shop_id = demo_id("shop.wendong")
        shops.add_shop(
            tx, shop_id=shop_id, scheme_id=scheme_id, area=_AREA, name="文东积分超市", address="文化东路"
        )
        for key, name, source, price, quantity in _GOODS:
            good_id = demo_id(key)
            shops.add_good(tx, good_id=good_id, shop_id=shop_id, name=name, source=source, price=price)
            shops.move_stock(tx, good_id, kind="received", quantity=quantity, at=db.now(tx))
