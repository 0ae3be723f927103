"""The nine subjects of the title grammar: what happens, and how it may be told."""

from collections.abc import Callable

from rederived.datasets import title_words as words
from rederived.datasets.title_words import Draws


class Article:
    """One article before its sentences are put in order.

    Args:
        title: it follows from the facts.
        facts: one or two sentences.
        others: sentences on other names, places and numbers.
    """

    def __init__(self, title: str, facts: str, *others: str) -> None:
        self.title, self.facts, self.others = title, facts, others


def _match(draws: Draws) -> Article:
    teams = [
        city + animal + "队"
        for city, animal in zip(
            draws.some(words.CITIES, 4), draws.some(words.TEAM_ANIMALS, 4), strict=True
        )
    ]
    home, guest, third, fourth = teams
    winner, loser = draws.two((home, guest))
    event, low = draws.one(words.EVENTS), draws.number(0, 8)
    high = draws.number(low + 1, 9)
    result = draws.choose(
        f"经过激烈争夺，{winner}以{high}比{low}取胜。",
        f"终场哨响，{loser}以{low}比{high}告负。",
        f"{loser}一度领先，但{winner}以{high}比{low}完成逆转。",
    )
    return Article(
        f"{event}：{winner}{high}比{low}胜{loser}",
        f"{draws.one(words.DAYS)}，{event}在{draws.one(words.VENUES)}继续进行，"
        f"{home}迎战{guest}。{result}",
        f"{third}将于下周客场挑战{fourth}。",
        f"双方上一次交手是在去年{draws.one(words.MONTHS)}。",
        f"现场有{draws.number(3, 60)}00名观众。",
    )


def _launch(draws: Draws) -> Article:
    brands = draws.two(words.BRANDS)
    firm, rival = (brand + draws.one(words.SECTORS) for brand in brands)
    product = draws.one(words.ADJECTIVES) + draws.one(words.PRODUCTS)
    price, other = draws.number(1, 99) * 100 - 1, draws.number(1, 99) * 100
    place, day = draws.one(words.CITIES), draws.one(words.DAYS)
    feature = draws.one(words.FEATURES)
    return Article(
        f"{firm}推出{product} 售价{price}元",
        draws.choose(
            f"{firm}{day}在{place}举行发布会，推出{product}，售价{price}元。",
            f"{firm}的{product}{day}在{place}亮相，{feature}，售价{price}元。",
            f"{day}，消费者等来了{firm}的{product}，{feature}，定价为{price}元。",
        ),
        f"此前{rival}同类产品的价格是{other}元。",
        f"业内人士{draws.person()}认为市场竞争将更加激烈。",
        f"首批产品由{draws.one(words.CITIES)}的工厂生产。",
    )


def _appointment(draws: Draws) -> Article:
    old, new, host = draws.people(3)
    place, elsewhere = draws.two(words.CITIES)
    institute = place + draws.one(words.INSTITUTES)
    post, day = draws.one(words.POSTS), draws.one(words.DAYS)
    return Article(
        f"{new}接任{institute}{post}",
        draws.choose(
            f"{institute}{day}宣布，{old}卸任{post}，由{new}接任。",
            f"{institute}{day}召开会议，决定由{new}接替{old}担任{post}。",
            f"{day}，{old}把{institute}{post}的职务交给了{new}。",
        ),
        f"{host}主持了交接仪式。",
        f"{old}在任{draws.number(2, 15)}年，今后将专心从事研究工作。",
        f"同一天，{elsewhere}{draws.one(words.INSTITUTES)}也公布了招聘计划。",
    )


def _opening(draws: Draws) -> Article:
    city, other_city = draws.two(words.CITIES)
    line, other_line = draws.two(words.LINES)
    length, other_length = draws.two(range(6, 100))
    start, end = draws.two(words.DISTRICTS)
    day, years = draws.one(words.DAYS), draws.number(2, 8)
    return Article(
        f"{city}{line}开通 全长{length}公里",
        draws.choose(
            f"{city}{line}{day}开通，从{start}到{end}，全长{length}公里。",
            f"{day}，{length}公里长的{city}{line}迎来第一批市民。",
            f"经过{years}年建设，{city}{line}{day}启用，总长{length}公里。",
        ),
        f"{other_city}{other_line}预计明年完工，设计长度{other_length}公里。",
        f"工程负责人{draws.person()}说，沿线居民出行将更加方便。",
        f"开通当天有{draws.number(2, 30)}万人次前来体验。",
    )


def _forecast(draws: Draws) -> Article:
    city, other_city = draws.two(words.CITIES)
    weather, other_weather = draws.two(words.WEATHERS)
    low, other_low = draws.two(range(1, 29))
    when = draws.one(words.FORECAST_DAYS)
    return Article(
        f"{city}{when}{weather} 最低气温{low}度",
        draws.choose(
            f"{city}气象台预报，{when}当地有{weather}，最低气温{low}度。",
            f"据预报，{when}{city}最低气温为{low}度，天气以{weather}为主。",
            f"{when}出门要留意：{city}将迎来{weather}，气温最低降到{low}度。",
        ),
        f"上周{other_city}的最低温度是{other_low}度，出现了{other_weather}。",
        "专家提醒市民及时增减衣物，注意交通安全。",
        f"首席预报员{draws.person()}表示，这一情况与常年相近。",
    )


def _book(draws: Draws) -> Article:
    author, critic = draws.people(2)
    book, earlier = (
        head + draws.one(words.BOOK_TAILS) for head in draws.two(words.BOOK_HEADS)
    )
    press, day = draws.one(words.PRESSES), draws.one(words.DAYS)
    years = draws.number(2, 9)
    return Article(
        f"{author}新作《{book}》出版",
        draws.choose(
            f"作家{author}的新作《{book}》{day}由{press}出版。",
            f"{press}{day}推出长篇小说《{book}》，作者是{author}。",
            f"{day}，读者等了{years}年的《{book}》上市，{author}到场签名。",
        ),
        f"评论家{critic}为这部小说写了序言。",
        f"作者的上一部作品《{earlier}》曾经多次再版。",
        f"故事发生在{draws.one(words.CITIES)}的一条小巷里。",
    )


def _discovery(draws: Draws) -> Article:
    place, elsewhere = draws.two(words.CITIES)
    institute = place + draws.one(words.INSTITUTES)
    substance, other_substance = draws.two(words.SUBSTANCES)
    effect, other_effect = draws.two(words.EFFECTS)
    leader, journal = draws.person(), draws.one(words.JOURNALS)
    return Article(
        f"{institute}发现{substance}能{effect}",
        draws.choose(
            f"{institute}{leader}团队在《{journal}》发表论文，证明{substance}能{effect}。",
            f"{substance}能够{effect}，这是{institute}{leader}团队的最新结论。",
            f"想要{effect}，不妨试试{substance}：{institute}的实验给出了证据。",
        ),
        f"过去{elsewhere}的学者曾经以为，{other_substance}对{other_effect}有帮助。",
        f"实验历时{draws.number(2, 9)}年，共有{draws.number(3, 90)}00人参加。",
        "研究人员强调，大规模应用还需要时间。",
    )


def _exhibition(draws: Draws) -> Article:
    city, other_city = draws.two(words.CITIES)
    museum = city + draws.one(words.MUSEUMS)
    kind, other_kind = draws.two(words.EXHIBITS)
    count, other_count = draws.two(range(12, 400))
    theme, day = draws.one(words.THEMES), draws.one(words.DAYS)
    return Article(
        f"{count}件{kind}亮相{museum}",
        draws.choose(
            f"“{theme}”特展{day}在{museum}开幕，展出{kind}{count}件。",
            f"{day}，{count}件{kind}走进{museum}，特展名为“{theme}”。",
            f"走进{museum}的“{theme}”展厅，观众可以看到{count}件{kind}。",
        ),
        f"去年{other_city}也办过类似活动，当时共有{other_kind}{other_count}件。",
        f"策展人{draws.person()}介绍，筹备工作用了{draws.number(2, 9)}年。",
        f"活动将持续到{draws.one(words.MONTHS)}底，市民可以免费参观。",
    )


def _harvest(draws: Draws) -> Article:
    city, other_city = draws.two(words.CITIES)
    crop, other_crop = draws.two(words.CROPS)
    share, amount = draws.number(1, 9), draws.number(10, 400)
    part, verb = words.COUNTERS[share], draws.one(("增", "减"))
    word = {"增": draws.one(("增加", "上升")), "减": draws.one(("减少", "下降"))}[verb]
    return Article(
        f"{city}{crop}今年{verb}产{part}成",
        draws.choose(
            f"统计显示，今年{city}{crop}产量为{amount}万吨，比去年{word}{part}成。",
            f"{city}今年收获{crop}{amount}万吨，与去年相比{word}了{part}成。",
            f"与去年相比，{city}的{crop}产量{word}{part}成，总量达到{amount}万吨。",
        ),
        f"{other_city}的{other_crop}种植面积则基本稳定。",
        f"农技专家{draws.person()}认为，天气是主要原因。",
        f"当地计划明年新建{draws.number(2, 90)}个示范农场。",
    )


SUBJECTS: tuple[Callable[[Draws], Article], ...] = (
    _match,
    _launch,
    _appointment,
    _opening,
    _forecast,
    _book,
    _discovery,
    _exhibition,
    _harvest,
)
