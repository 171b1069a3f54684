"""The delivered menu of services 点单; a deployment's own edits are never overwritten."""

from services.volunteers.store.sql import queries
from shared import db

# Trades of the monthly tour and what residents ask for most (domain.md §5, the articles' own examples first).
MENU = (
    ("knife_grinding", "磨刀", 20),
    ("umbrella_repair", "修伞", 20),
    ("haircut", "理发", 30),
    ("sewing", "缝补", 30),
    ("appliance_repair", "小家电维修", 60),
    ("errand", "代买代办", 60),
    ("companionship", "陪伴聊天", 60),
    ("escort", "陪同就医", 180),
    ("house_cleaning", "居室清洁", 120),
    ("tutoring", "课业辅导", 60),
    ("phone_help", "智能手机教学", 30),
    ("health_check", "量血压测血糖", 20),
    ("legal_advice", "法律咨询", 30),
    ("wish", "微心愿", 60),
)


def load(database: db.Database) -> None:
    """Adds the services that the deployment does not have yet."""
    with database.transaction() as tx:
        for service, name, usual_minutes in MENU:
            queries.seed_menu(tx, service=service, name=name, usual_minutes=usual_minutes)
