"""A reader of the title grammar's texts that shares nothing with the grammar.

Each subject is recognised by the wording of its facts, and its title is put together
from what those sentences say.  Sentences that match nothing are passed over.
"""

from __future__ import annotations

import re

DAY = r"(?:今天上午|昨日|日前|周一|周三|周五下午|本月初|上周末)"
NAME = r"[^，。：《》“”]+?"
WHEN = r"(?P<when>明天|后天|周末|元旦|国庆节)"
MUSEUM = r"(?P<museum>[^，。“”]+?馆)"


def title_of(text: str) -> str:
    """Return the title that the text's facts call for."""
    found = [title for read in READERS if (title := read(text))]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} readings of {text!r}: {found}")
    return found[0]


def first(text: str, *patterns: str) -> dict[str, str] | None:
    """Return the groups of the first pattern that occurs at the start of a sentence."""
    for pattern in patterns:
        if match := re.search(rf"(?:^|(?<=。)){pattern}", text):
            return match.groupdict()
    return None


def match_report(text: str) -> str | None:
    head = first(
        text,
        rf"{DAY}，(?P<event>[^，。]+?)在[^，。]+?继续进行，(?P<a>[^，。]+?)迎战(?P<b>[^，。]+?)。",
    )
    score = re.search(r"([^，。但]+?队)以(\d)比(\d)(取胜|告负|完成逆转)", text)
    if head is None or score is None:
        return None
    who, x, y, verdict = score.groups()
    other = head["b"] if who == head["a"] else head["a"]
    if verdict == "告负":
        return f"{head['event']}：{other}{y}比{x}胜{who}"
    return f"{head['event']}：{who}{x}比{y}胜{other}"


def launch(text: str) -> str | None:
    facts = first(
        text,
        rf"(?P<firm>{NAME}){DAY}在[^，。]+?举行发布会，推出(?P<what>[^，。]+)，售价(?P<price>\d+)元",
        rf"(?P<firm>{NAME})的(?P<what>[^，。]+?){DAY}在[^，。]+?亮相，[^，。]+，售价(?P<price>\d+)元",
        rf"{DAY}，消费者等来了(?P<firm>{NAME})的(?P<what>[^，。]+)，[^，。]+，定价为(?P<price>\d+)元",
    )
    return facts and f"{facts['firm']}推出{facts['what']} 售价{facts['price']}元"


def appointment(text: str) -> str | None:
    posts = r"(?P<post>副?院长|校长|图书馆馆长|实验室主任|总工程师|教务处处长)"
    facts = first(
        text,
        rf"(?P<where>{NAME}){DAY}宣布，[^，。]+?卸任{posts}，由(?P<new>[^，。]+)接任。",
        rf"(?P<where>{NAME}){DAY}召开会议，决定由(?P<new>[^，。]+)接替[^，。]+担任{posts}。",
        rf"{DAY}，[^，。]+?把(?P<where>{NAME}){posts}的职务交给了(?P<new>[^，。]+)。",
    )
    return facts and f"{facts['new']}接任{facts['where']}{facts['post']}"


def opening(text: str) -> str | None:
    facts = first(
        text,
        rf"(?P<line>{NAME}){DAY}开通，从[^，。]+到[^，。]+，全长(?P<km>\d+)公里。",
        rf"{DAY}，(?P<km>\d+)公里长的(?P<line>{NAME})迎来第一批市民。",
        rf"经过\d年建设，(?P<line>{NAME}){DAY}启用，总长(?P<km>\d+)公里。",
    )
    return facts and f"{facts['line']}开通 全长{facts['km']}公里"


def forecast(text: str) -> str | None:
    facts = first(
        text,
        rf"(?P<city>{NAME})气象台预报，{WHEN}当地有(?P<sky>{NAME})，最低气温(?P<low>\d+)度",
        rf"据预报，{WHEN}(?P<city>{NAME})最低气温为(?P<low>\d+)度，天气以(?P<sky>{NAME})为主",
        rf"{WHEN}出门要留意：(?P<city>{NAME})将迎来(?P<sky>{NAME})，气温最低降到(?P<low>\d+)度",
    )
    return facts and "{city}{when}{sky} 最低气温{low}度".format(**facts)


def book(text: str) -> str | None:
    facts = first(
        text,
        rf"作家(?P<who>{NAME})的新作《(?P<book>[^》]+)》{DAY}由[^，。]+出版。",
        rf"[^，。]+{DAY}推出长篇小说《(?P<book>[^》]+)》，作者是(?P<who>{NAME})。",
        rf"{DAY}，读者等了\d年的《(?P<book>[^》]+)》上市，(?P<who>{NAME})到场签名。",
    )
    return facts and f"{facts['who']}新作《{facts['book']}》出版"


def discovery(text: str) -> str | None:
    place = r"(?P<where>[^，。：]+?(?:大学|医学院|农科院|天文台|海洋所))"
    facts = first(
        text,
        rf"{place}[^，。：]{{3}}团队在《[^》]+》发表论文，证明(?P<what>{NAME})能(?P<does>{NAME})。",
        rf"(?P<what>{NAME})能够(?P<does>{NAME})，这是{place}[^，。：]{{3}}团队的最新结论。",
        rf"想要(?P<does>{NAME})，不妨试试(?P<what>{NAME})：{place}的实验给出了证据。",
    )
    return facts and f"{facts['where']}发现{facts['what']}能{facts['does']}"


def exhibition(text: str) -> str | None:
    facts = first(
        text,
        rf"“[^”]+”特展{DAY}在{MUSEUM}开幕，展出(?P<kind>\D+?)(?P<count>\d+)件。",
        rf"{DAY}，(?P<count>\d+)件(?P<kind>{NAME})走进{MUSEUM}，特展名为",
        rf"走进{MUSEUM}的“[^”]+”展厅，观众可以看到(?P<count>\d+)件(?P<kind>{NAME})。",
    )
    return facts and f"{facts['count']}件{facts['kind']}亮相{facts['museum']}"


def harvest(text: str) -> str | None:
    change = r"(?P<word>增加|上升|减少|下降)了?(?P<part>.)成"
    crops = "小麦|玉米|水稻|大豆|苹果|柑橘|茶叶|棉花|花生|葡萄"
    facts = first(
        text,
        rf"统计显示，今年(?P<city>{NAME})(?P<crop>{crops})产量为\d+万吨，比去年{change}。",
        rf"(?P<city>{NAME})今年收获(?P<crop>{crops})\d+万吨，与去年相比{change}。",
        rf"与去年相比，(?P<city>{NAME})的(?P<crop>{crops})产量{change}，",
    )
    if facts is None:
        return None
    verb = "增" if facts["word"] in ("增加", "上升") else "减"
    return f"{facts['city']}{facts['crop']}今年{verb}产{facts['part']}成"


READERS = (
    match_report,
    launch,
    appointment,
    opening,
    forecast,
    book,
    discovery,
    exhibition,
    harvest,
)
