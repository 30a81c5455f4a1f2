"""Demo posts for window tests and pictures: harmless, invented, Chinese and English, some hostile in form."""

from __future__ import annotations

from dataclasses import dataclass

from modstation.models.screen import Mark


@dataclass(frozen=True)
class Post:
    """One demo post; marks are (words, tier, category) found in the body."""

    title: str
    body: str
    author: str
    section: str
    language: str
    severity: int
    categories: tuple[str, ...]
    sources: tuple[str, ...] = ("user",)
    flags: int = 1
    minutes: int = 90
    marks: tuple[tuple[str, str, str], ...] = ()
    media: int = 0

    def spans(self) -> tuple[Mark, ...]:
        """The marks as spans of the body."""
        found = []
        for words, tier, category in self.marks:
            start = self.body.index(words)
            found.append(Mark(start, start + len(words), tier, "demo-contact-7", category, "demo-pack 3"))
        return tuple(found)


POSTS: tuple[Post, ...] = (
    Post(
        "出货清仓最后 3 天，需要的加薇信",
        "出货清仓，最后 3 天！需要的 加 薇 ♥ 信 详聊，先付定金 再发货。另招 jian zhi 打字员，日结，名额有限。\n"
        "Price list on t3legram @rvr_deals8, deposit first, shipping after. Not a scam, many happy buyers!",
        "lucky_deal88",
        "Second-hand market 二手交易",
        "zh",
        2,
        ("Fraud", "Contact ad"),
        ("user",),
        2,
        41,
        (
            ("加 薇 ♥ 信", "separated", "contact"),
            ("先付定金", "exact", "deposit"),
            ("jian zhi", "pinyin", "job"),
            ("t3legram", "folded", "contact"),
        ),
        1,
    ),
    Post(
        "清仓价折叠车，私聊发地址 @rvr_deals8",
        "清仓价折叠车，九成新，私聊发地址 @rvr_deals8，先到先得。",
        "rvr_deals8",
        "Second-hand market 二手交易",
        "zh",
        2,
        ("Contact ad",),
        ("screening",),
        1,
        45,
        (("私聊发地址", "exact", "contact"),),
    ),
    Post(
        "You clearly cannot read a map, can you",
        "You clearly cannot read a map, can you? Go back to school before you post routes here again.",
        "north_wind_22",
        "Cycling 骑行",
        "en",
        2,
        ("Insult",),
        ("user",),
        1,
        52,
    ),
    Post(
        "又是你这种半桶水来教人修车",
        "又是你这种半桶水来教人修车，懂不懂啊？大家别听他的。",
        "north_wind_22",
        "Cycling 骑行",
        "zh",
        2,
        ("Insult",),
        ("user",),
        2,
        130,
    ),
    Post(
        'Section name asked: "Riverside Police Help"',
        "I would like to open a section named Riverside Police Help for questions about fines.",
        "helper_office",
        "Section requests",
        "en",
        2,
        ("Impersonation",),
        ("queue",),
        1,
        362,
    ),
    Post(
        "Refund help desk, send code to get money back",
        "Refund help desk. Send me the code you got by message and the money is back in one hour. QR in profile.",
        "fast_refund_01",
        "Help 求助",
        "en",
        3,
        ("Fraud",),
        ("user", "screening"),
        4,
        80,
        (("Send me the code", "exact", "deposit"),),
        1,
    ),
    Post(
        "震惊！河边公园明天起全部关闭？",
        "震惊！！河边公园明天起全部关闭？转给你的家人看看！！",
        "daily_shock",
        "Town news 本地",
        "zh",
        1,
        ("Headline",),
        ("patrol",),
        1,
        415,
    ),
    Post(
        "Cheap tickets, resale list inside",
        "Cheap tickets for the river concert, resale list inside, message me on www.tickets.example/x?id=4",
        "ticket_fox",
        "Events 活动",
        "en",
        1,
        ("Contact ad",),
        ("screening",),
        1,
        460,
    ),
    Post(
        "求购：谁有河边夜市摊位转让信息",
        "求购：谁有河边夜市摊位转让信息？价格好说，这里不是交易区我知道，抱歉。",
        "stall_seeker",
        "Gardening 园艺",
        "zh",
        1,
        ("Off topic",),
        ("user",),
        1,
        468,
    ),
    Post(
        "Is anyone else's bike bell rusting?",
        "Is anyone else's bike bell rusting after last week's rain? Mine went from silver to orange.",
        "old_bell",
        "Cycling 骑行",
        "en",
        1,
        ("False alarm",),
        ("user",),
        1,
        520,
    ),
    Post(
        "同城拼车群，扫码进",
        "同城拼车群，扫码进，每天两班。群满加 v x：demo-0001。",
        "carpool_go",
        "Town news 本地",
        "zh",
        1,
        ("Contact ad",),
        ("screening",),
        1,
        540,
        (("v x", "separated", "contact"),),
        1,
    ),
    Post(
        "Same seeds, same price, third time I post this",
        "Same seeds, same price, third time I post this. Tomatoes, beans, sunflowers.",
        "seed_bank",
        "Gardening 园艺",
        "en",
        1,
        ("Spam or repeat",),
        ("screening",),
        3,
        610,
    ),
    Post(
        "[U] ann\u202egnp.exe \u2067שלום\u2069 world",
        "A post with \u200binvisible\u200b letters, a \u202eturned\u202c word, a NUL \x00 and a lone \ud800 half.\n"
        "<b>not bold</b> <img src=http://track.example/p.gif?m=17> & <script>alert(1)</script> file:///etc/hosts",
        "ann\u202egnp.exe",
        "Help 求助",
        "en",
        1,
        ("Odd text",),
        ("screening",),
        1,
        640,
    ),
    Post(
        "谁捡到一把蓝色雨伞？",
        "昨天在渡口站丢了一把蓝色雨伞，捡到的请回帖，谢谢。",
        "rain_boat",
        "Town news 本地",
        "zh",
        1,
        ("False alarm",),
        ("user",),
        1,
        700,
    ),
    Post(
        "Personal data of a neighbour",
        "This is where he lives and works, go and tell him what you think.",
        "angry_7",
        "Town news 本地",
        "en",
        3,
        ("Personal data",),
        ("user",),
        3,
        35,
    ),
    Post(
        "The council answers nothing, ever",
        "I wrote three times about the bridge. The council answers nothing, ever. Shame.",
        "bridge_fan",
        "Town news 本地",
        "en",
        1,
        ("Quarrel",),
        ("user",),
        1,
        720,
    ),
)
