"""The notice board 民情告示栏: what concerns everybody and how far it is, without personal data (domain.md §3)."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.cases.domain import errors
from shared.contracts import Event, cases

# So many characters in a row that are the reporter's are a copy and no words of one's own.
LONGEST_QUOTE = 10
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤"
)
_PLATES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# What people put between the digits of a number they would rather not have found.
_GAP = r"[\s.\-–—_·/]{0,2}"
_HAN = "[\u4e00-\u9fff]"
_SAYERS = "联系人|当事人|投诉人|举报人|反映人|诉求人|姓名|户主|业主|居民|村民|住户"
_PERSONAL = {
    "a mobile number": re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_GAP})?1[3-9]\d(?:{_GAP}\d{{4}}){{2}}(?!\d)"),
    "an identity or card number": re.compile(
        rf"(?<![\dXx])\d{{14,18}}[\dXx]?(?!\d)|(?<!\d)\d{{6}}{_GAP}(?:19|20)\d{{6}}{_GAP}\d{{3}}[\dXx](?!\d)"
    ),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "the number of a home": re.compile(r"\d+\s*(?:单元|号楼|栋|幢)\s*\d+\s*(?:室|户|号)|\d{3,4}\s*室"),
    # 张女士, 李建国先生, 王某某, 联系人：王小明, 居民王小明反映; not 位于某小区.
    "somebody's name": re.compile(
        rf"[{_SURNAMES}]\w{{0,2}}(?:先生|女士|小姐|大爷|大妈|大娘|阿姨|师傅)|[{_SURNAMES}]某(?:某|[，。、的与和]|$)"
        rf"|(?:{_SAYERS})\s*[:：]\s*[{_SURNAMES}]{_HAN}{{1,2}}"
        rf"|(?:{_SAYERS})[{_SURNAMES}]{_HAN}{{1,2}}(?=反映|投诉|举报|来电|表示|称|家中|家的)"
    ),
    "a car's number plate": re.compile(rf"[{_PLATES}][A-Z][·\s]?[A-Z0-9]{{5,6}}"),
}
# A number written out in characters; fewer in a row are words.
_WRITTEN_OUT = re.compile("[〇零一幺二三四五六七八九]{11,18}")
_DIGITS = str.maketrans("〇零一幺二三四五六七八九", "001123456789")


@dataclass(frozen=True, kw_only=True)
class Notice:
    notice_id: str
    area: str
    title: str
    words: str
    state: Literal["draft", "published", "ended"]
    case_id: str | None
    written_by: str
    written_at: datetime
    published_at: datetime | None = None
    ended_at: datetime | None = None
    # Taken from everybody's sight when it ended.
    is_hidden: bool = False
    version: int = 1


def edit(notice: Notice, *, title: str, words: str, case_words: str) -> Notice:
    """Writes a draft anew. Raises NotADraft, PersonalData, ReportersWords."""
    _require(notice, "draft")
    check_words(title, words, case_words=case_words)
    return replace(notice, title=title, words=words, version=notice.version + 1)


def publish(notice: Notice, *, case_words: str, at: datetime) -> tuple[Notice, tuple[Event, ...]]:
    """Puts a draft on the board, after looking once more for what must not stand there."""
    _require(notice, "draft")
    check_words(notice.title, notice.words, case_words=case_words)
    event = cases.NoticePublished(
        notice_id=notice.notice_id, area=notice.area, published_at=at, case_id=notice.case_id
    )
    return replace(notice, state="published", published_at=at, version=notice.version + 1), (event,)


def progress(
    notice: Notice, *, words: str, case_words: str, at: datetime
) -> tuple[Notice, tuple[Event, ...]]:
    """Says how far a matter on the board is."""
    _require(notice, "published")
    check_words(words, case_words=case_words)
    event = cases.NoticeProgressed(notice_id=notice.notice_id, area=notice.area, progressed_at=at)
    return replace(notice, version=notice.version + 1), (event,)


def end(notice: Notice, *, at: datetime, hide: bool = False) -> tuple[Notice, tuple[Event, ...]]:
    """Takes a notice from the board; a draft is thrown away without a word.

    Args:
        hide: nobody else reads it any more, not as a past one either: for what should never have stood there. Said
            of one that ended before too.

    Raises NoticeOver.
    """
    is_over = notice.state == "ended"
    if is_over and (notice.is_hidden or not hide):
        raise errors.NoticeOver()
    ended_at = notice.ended_at if is_over else at
    ended = replace(notice, state="ended", ended_at=ended_at, is_hidden=hide, version=notice.version + 1)
    event = cases.NoticeEnded(notice_id=notice.notice_id, area=notice.area, ended_at=at)
    return ended, (event,) if notice.state == "published" else ()


def check_words(*texts: str, case_words: str = "") -> None:
    """Raises PersonalData or ReportersWords for what must not stand on a public board."""
    for text in texts:
        found = personal_data_in(text)
        if found:
            told = f"A public notice may not hold personal data; this seems to hold {', '.join(found)}."
            raise errors.PersonalData(told, found=found)
        if quotes(text, case_words):
            raise errors.ReportersWords()


def personal_data_in(text: str) -> list[str]:
    """The kinds of personal data a text seems to hold, in whatever width and with whatever between the digits."""
    plain = _WRITTEN_OUT.sub(lambda number: number[0].translate(_DIGITS), unicodedata.normalize("NFKC", text))
    return [kind for kind, pattern in _PERSONAL.items() if pattern.search(plain)]


def quotes(text: str, source: str) -> bool:
    """True when a text repeats too long a piece of another, whatever stands between its characters."""
    ours, theirs = _letters(text), _letters(source)
    return any(
        ours[start : start + LONGEST_QUOTE] in theirs for start in range(len(ours) - LONGEST_QUOTE + 1)
    )


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _require(notice: Notice, state: str) -> None:
    if notice.state == state:
        return
    raise (
        errors.NoticeOver()
        if notice.state == "ended"
        else (errors.NotADraft() if state == "draft" else errors.NotPublished())
    )
