"""What may stand on a public board."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.cases.domain import errors
from services.cases.domain import notices as domain
from services.cases.domain.notices import Notice

NOW = datetime(2026, 11, 20, 5, 51, tzinfo=UTC)
REPORTED = "楼下饭店油烟直排，晚上不敢开窗，孩子一直咳嗽 文化东路 30 号"
DRAFT = Notice(
    notice_id="n",
    area="370102007003",
    title="餐饮油烟整治",
    words="社区已会同市场监管所检查沿街餐饮，净化设施正在更换。",
    state="draft",
    case_id=None,
    written_by="w",
    written_at=NOW,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("请致电13812345678", "a mobile number"),
        ("请致电 138 1234 5678", "a mobile number"),
        ("请致电 138-1234-5678", "a mobile number"),
        ("＋86 １３８１２３４５６７８", "a mobile number"),
        ("微信同号008613812345678。", "a mobile number"),
        ("电话一三八一二三四五六七八", "a mobile number"),
        ("身份证37010219800101123X", "an identity or card number"),
        ("身份证 370102 19800101 123x", "an identity or card number"),
        ("卡号６２２２０２１０００００００００００", "an identity or card number"),
        ("联系人：王小明", "somebody's name"),
        ("居民李四反映油烟", "somebody's name"),
        ("邮箱 wang@example.cn", "an e-mail address"),
        ("3号楼2单元501室漏水", "the number of a home"),
        ("据张女士反映", "somebody's name"),
        ("李建国先生反映", "somebody's name"),
        ("王某某反映", "somebody's name"),
        ("鲁A12345占道停放", "a car's number plate"),
    ],
)
def test_personal_data_is_named_by_its_kind(text: str, kind: str) -> None:
    assert kind in domain.personal_data_in(text)


@pytest.mark.parametrize(
    "text",
    [
        DRAFT.words,
        "位于某小区的路灯已修复，共计 1200 盏，工期 2026-11-01 至 2026-11-20。",
        "社区服务热线 0531-81234567，工作日 9:00–17:30",
        "辖区高龄老人体检本周五开始，请到文化东路 30 号社区服务中心。",
        "事项编号：2026112000",
        "2026-11-01–2026-11-20 完成，11.21-11.25 回访，合计 13800.00 元",
        "居民高度关注，当事人双方已和解，反映人员较多，投诉人于今日撤诉",
        "一二三四五六七，七六五四三二一",
    ],
)
def test_ordinary_words_pass(text: str) -> None:
    assert domain.personal_data_in(text) == []


def test_the_reporters_words_are_recognised_through_other_punctuation() -> None:
    copied = "居民说：“楼下饭店，油烟直排。晚上不敢开窗”"
    longest = "楼下饭店油烟直排晚"

    assert domain.quotes(copied, REPORTED)
    assert len(longest) == domain.LONGEST_QUOTE - 1
    assert not domain.quotes(longest, REPORTED)
    assert domain.quotes(longest + "上", REPORTED)


def test_what_is_published_is_looked_at_once_more() -> None:
    with pytest.raises(errors.ReportersWords):
        domain.publish(replace(DRAFT, words=REPORTED), case_words=REPORTED, at=NOW)
    with pytest.raises(errors.PersonalData) as raised:
        domain.publish(replace(DRAFT, title="致张女士"), case_words="", at=NOW)

    assert raised.value.arguments["found"] == ["somebody's name"]


def test_a_notice_goes_from_draft_to_board_and_down_again() -> None:
    published, first = domain.publish(DRAFT, case_words=REPORTED, at=NOW)
    progressed, second = domain.progress(published, words="已完成八成", case_words=REPORTED, at=NOW)
    ended, third = domain.end(progressed, at=NOW)

    assert [event.event_name for event in (*first, *second, *third)] == [
        "notice_published",
        "notice_progressed",
        "notice_ended",
    ]
    assert (ended.state, ended.version) == ("ended", 4)


def test_what_should_never_have_stood_there_is_hidden_once_also_later() -> None:
    published, _ = domain.publish(DRAFT, case_words="", at=NOW)
    ended, _ = domain.end(published, at=NOW)

    hidden, events = domain.end(ended, at=NOW, hide=True)
    at_once, told = domain.end(published, at=NOW, hide=True)

    assert (hidden.is_hidden, hidden.ended_at, events) == (True, ended.ended_at, ())
    assert (at_once.is_hidden, [event.event_name for event in told]) == (True, ["notice_ended"])
    with pytest.raises(errors.NoticeOver):
        domain.end(hidden, at=NOW, hide=True)


def test_a_notice_is_edited_only_as_a_draft_and_progresses_only_on_the_board() -> None:
    published, _ = domain.publish(DRAFT, case_words="", at=NOW)
    ended, _ = domain.end(published, at=NOW)

    with pytest.raises(errors.NotADraft):
        domain.edit(published, title="x", words="y", case_words="")
    with pytest.raises(errors.NotPublished):
        domain.progress(DRAFT, words="x", case_words="", at=NOW)
    with pytest.raises(errors.NoticeOver):
        domain.end(ended, at=NOW)
    assert domain.end(DRAFT, at=NOW)[1] == ()
