"""Words of the title grammar, and how they are drawn.

Firms, people, teams and books are invented.
"""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Generator

_T = TypeVar("_T")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CITIES = _words(
    "北京 上海 广州 深圳 杭州 南京 苏州 武汉 成都 重庆 西安 长沙 郑州 济南 青岛 大连 "
    "沈阳 长春 哈尔滨 石家庄 太原 合肥 南昌 福州 厦门 昆明 贵阳 南宁 海口 兰州 银川 "
    "西宁 拉萨 无锡 宁波 温州 洛阳 桂林 珠海 烟台"
)
DAYS = _words("今天上午 昨日 日前 周一 周三 周五下午 本月初 上周末")
MONTHS = _words("二月 三月 四月 五月 六月 八月 九月 十月 十一月 十二月")

SURNAMES = _words(
    "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 "
    "冯 于 董 萧"
)
GIVEN_NAMES = _words(
    "子涵 雨桐 浩然 思远 嘉怡 明哲 晓峰 雅琴 志强 文博 慧敏 俊杰 书瑶 国栋 美玲 海燕 "
    "天佑 若曦 建华 一鸣 静怡 泽宇 佳宁 永康 丽娜 柏林 秋月 新宇 春生 梦洁"
)

BRANDS = _words(
    "星河 云帆 远山 青禾 蓝鲸 赤兔 晨曦 磐石 极光 飞鸟 墨痕 银杏 松果 海棠 灵犀 听风"
)
SECTORS = _words("科技 电子 智能 汽车 通信 光学")
ADJECTIVES = _words(
    "折叠 便携 静音 防水 智能 太阳能 超薄 无线 儿童 户外 节能 语音 双屏 磁吸"
)
PRODUCTS = _words(
    "手机 耳机 手表 台灯 音箱 相机 键盘 投影仪 电动车 扫地机 翻译笔 学习机 净水器 "
    "显微镜 望远镜 体重秤"
)
FEATURES = _words(
    "重量不到一斤 续航长达两天 支持离线使用 采用全新材料 只有巴掌大小 可以遥控操作"
)

TEAM_ANIMALS = _words(
    "海鸥 雄鹰 猛虎 白鲸 飞马 蓝狮 黑熊 雪豹 金牛 灰狼 红隼 银狐 神鹿 青龙"
)
EVENTS = _words("足球联赛 篮球联赛 排球杯赛 冰球公开赛 手球邀请赛 水球锦标赛")
VENUES = _words("体育中心 奥体馆 人民体育场 大学体育馆")

INSTITUTES = _words("大学 师范大学 理工大学 医学院 农科院 天文台 海洋所")
POSTS = _words("校长 院长 副院长 图书馆馆长 实验室主任 总工程师 教务处处长")

LINES = _words(
    "地铁一号线 地铁三号线 地铁六号线 地铁九号线 环城快线 机场快线 滨江有轨电车 "
    "跨海大桥 环湖绿道 城际铁路"
)
DISTRICTS = _words("东城 西湖 南山 北岭 新港 旧州 桃源 白沙 石桥 高新区")

WEATHERS = _words("小雨 中雨 大雨 暴雨 小雪 大雪 多云 晴天 大风 大雾 雷阵雨 沙尘")
FORECAST_DAYS = _words("明天 后天 周末 元旦 国庆节")

BOOK_HEADS = _words(
    "春天 故乡 大海 夜航 北方 雨季 山谷 南方 灯塔 老街 麦田 远方 星空 河流 雪原 黄昏"
)
BOOK_TAILS = _words("来信 笔记 往事 之歌 的孩子 地图 三部曲 手记 回声 的秘密 漫游 日历")
PRESSES = _words("春风出版社 长河出版社 新竹书局 百川书社 大雁文艺出版社 南窗出版社")

JOURNALS = _words("自然通讯 中国科学 物理学报 医学前沿 生态学报 材料进展")
SUBSTANCES = _words(
    "绿茶 大蒜 海藻 蓝莓 石墨烯 红薯叶 蜂胶 竹炭 苦瓜 核桃 益生菌 深海鱼油 月季 蚯蚓"
)
EFFECTS = _words(
    "改善睡眠 净化污水 延缓衰老 抑制细菌 提高记忆力 吸附甲醛 改良土壤 降低血压 "
    "促进伤口愈合 减少焦虑"
)

MUSEUMS = _words("博物馆 美术馆 民俗馆 自然馆 丝绸馆 科技馆")
THEMES = _words("山河岁月 丝路遗珍 大地之光 匠心千年 东方色彩 时间的形状")
EXHIBITS = _words("青铜器 瓷器 古画 玉器 恐龙化石 剪纸 书法作品 老照片 刺绣 木雕")
COUNTERS = _words("零 一 二 三 四 五 六 七 八 九")

CROPS = _words("小麦 玉米 水稻 大豆 苹果 柑橘 茶叶 棉花 花生 葡萄")


class Draws:
    """Random choices among Python objects, each from one torch generator."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.pool: list[float] = []

    def uniform(self) -> float:
        """Return a number in [0, 1); torch is asked for 4,096 at a time, for speed."""
        if not self.pool:
            drawn = torch.rand(4096, generator=self.generator, dtype=torch.float32)
            self.pool = drawn.tolist()
        return self.pool.pop()

    def number(self, low: int, high: int) -> int:
        """Return a whole number, low <= number <= high."""
        return low + int(self.uniform() * (high - low + 1))

    def one(self, items: Sequence[_T]) -> _T:
        """Return one of ``items``."""
        return items[self.number(0, len(items) - 1)]

    def choose(self, *items: _T) -> _T:
        """Return one of the arguments."""
        return self.one(items)

    def two(self, items: Sequence[_T]) -> tuple[_T, _T]:
        """Return two different ones of ``items``."""
        first = self.number(0, len(items) - 1)
        step = self.number(1, len(items) - 1)
        return items[first], items[(first + step) % len(items)]

    def some(self, items: Sequence[_T], count: int) -> list[_T]:
        """Return ``count`` different ones of ``items`` in random order."""
        left = list(items)
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(count)]

    def person(self) -> str:
        """Return an invented full name."""
        return self.one(SURNAMES) + self.one(GIVEN_NAMES)

    def people(self, count: int) -> list[str]:
        """Return ``count`` names with different surnames."""
        surnames = self.some(SURNAMES, count)
        return [surname + self.one(GIVEN_NAMES) for surname in surnames]
