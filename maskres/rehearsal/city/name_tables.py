"""The words from which residents' names are made.

Surnames stand in the order usual in southern Fujian (Chen, Lin, Huang first), with rounded, invented shares; given
names are the characters in fashion in three generations. All names of persons are put together by chance.
"""

from __future__ import annotations

SURNAMES = """
陈:1100 林:900 黄:620 王:540 李:500 张:450 吴:400 郑:290 刘:300 杨:240 蔡:230 许:220 叶:170 苏:160 谢:150 郭:150
周:150 曾:120 洪:120 徐:110 何:110 朱:100 江:70 罗:110 胡:90 邱:100 庄:90 赖:60 廖:70 赵:90 余:70 高:80 孙:80 柯:60
沈:60 施:60 颜:50 詹:40 潘:60 马:60 邓:60 卢:60 方:60 彭:50 吕:50 魏:50 戴:40 章:30 程:40 董:40 傅:40 丁:40 钟:40
唐:50 韩:40 冯:50 梁:60 宋:50 游:30 汤:30 涂:20 简:20 卓:20 童:20 纪:30 池:15 薛:30 阮:25 温:25 连:20 白:20 石:25
袁:35 熊:30 于:30 夏:30 姜:25 姚:30 范:30 田:25 谭:30 邹:30 陆:25 孔:10 史:15 龚:20 万:20 段:15 钱:15 尹:15 黎:20
欧阳:12 上官:6 司徒:2 诸葛:2 端木:1 逄:2 亓:1 乜:1 𬎆:1 䶮:1 㼆:1
"""
"""Surname and share; compound and very rare ones last."""

GIVEN = (
    (
        "国建志文德明金水天福清海荣生民华庆林火木根来发成顺和平忠义山松龙虎贵财宝永春添进树炳坤宗祖耀",
        "秀玉珍英兰香凤美丽金月宝莲花珠梅桂淑贞琴娥妹娇云霞素碧锦惠明治招罔市彩琼瑞",
    ),
    (
        "建军伟强勇刚志明国华文辉斌峰涛平波海东龙林鹏飞杰超荣清生永福毅宏诚艺阳毓锋炜",
        "丽娟敏静艳芳燕红霞玲萍梅华英琳慧云洁莉珍琼彩虹雪琴春秀美惠婷晓月素贞娜",
    ),
    (
        "浩宇轩梓涵子豪俊杰博文宸泽睿晨奕航嘉皓铭辰佳鑫毅哲翔凯瑞煜恒一诺逸思远乐天",
        "欣怡梓涵诗雨佳琪思颖妍可馨雅婷语嫣晨曦梦瑶若彤萱依诺芷宁悦淑雯昕玥一心艺",
    ),
)
"""Characters of given names by generation (born before 1960, before 1985, since), for men and for women."""

RARE = "𠮷䶮㼆𬎆𬱖𫖯㛃䲟堃喆甦㴋𤧛𣲗燚犇"
"""Characters many systems lose: outside the Basic Multilingual Plane, of extension A, or merely seldom."""

HOMOPHONES = """
玲铃 丽莉 伟玮 军君 芳方 敏闵 静靖 杰洁 英瑛 红虹 华桦 明铭 志智 文雯 辉晖 峰锋 燕艳 娟鹃 珍贞 琴勤 香湘 兰蓝 国囯
涵函 轩萱 浩皓 宇雨 怡仪 佳嘉 欣昕 晨辰 睿瑞 梅玫 云芸 秀绣 福富 荣蓉 生升 金今 林琳 平萍 海亥 龙隆 强墙 勇咏
"""
"""Pairs that a clerk types for one another: the same or nearly the same sound, or nearly the same look."""

MINORITY_FIRST = "阿依古丽 买买提 迪丽努尔 艾合买提 古丽米热 阿卜杜热合曼 热依汗古丽 玛依努尔 木合塔尔 哈丽旦"
MINORITY_LAST = "买买提 吐尔逊 艾合买提 阿卜杜拉 依明 卡德尔 热合曼 司马义 玉素甫 麦麦提明"
"""Names of a person and of their father, between which a middle dot stands."""

MIDDLE_DOTS = "\u00b7\u2022\u30fb\u2219\u25cf"
"""The dots that stand for a middle dot: the standard's first, then those of other keyboards and fonts."""

LATIN = {
    "USA": ("JAMES MARY ROBERT LINDA DAVID SUSAN", "SMITH JOHNSON MILLER DAVIS WILSON O'BRIEN"),
    "GBR": ("OLIVER AMELIA GEORGE HARRIET ALAN FIONA", "JONES TAYLOR BROWN EVANS WRIGHT SMYTHE-CLARK"),
    "JPN": ("HIROSHI YUKO KENJI AKIKO TAKASHI EMI", "SATO SUZUKI TAKAHASHI TANAKA WATANABE ITO"),
    "DEU": ("THOMAS ANNA MICHAEL SABINE JÜRGEN KATRIN", "MÜLLER SCHMIDT FISCHER WEBER SCHÄFER GROSS"),
    "PHL": ("JOSE MARIA ANTONIO LUZ RAMON GRACE", "SANTOS REYES CRUZ BAUTISTA GARCIA MENDOZA"),
    "SGP": ("WEI MING HUI KAI LING JUN", "TAN LIM LEE NG ONG WONG"),
    "MYS": ("AHMAD SITI KUMAR MEI HAFIZ NURUL", "ABDULLAH TAN RAJAN ISMAIL LIM HASSAN"),
}
"""Given names and family names of foreigners by issuer of their passport, as written on documents."""
