"""Short lists of names, written for this project: common ones, no data set behind them.

Enough to make up persons and to notice many of them in English and Chinese text; far from all names.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    """
    Aaron Abigail Adam Adrian Agnes Ahmed Aisha Alan Albert Alejandro Alex Alexander Alexandra Alfred
    Ali Alice Alicia Alison Allison Amanda Amber Amina Amy Ana Andrea Andreas Andrew Angela Anita Anna
    Anne Annette Anthony Antonio April Arthur Ashley Barbara Beatrice Benjamin Bernard Beth Betty
    Beverly Bill Bob Bradley Brandon Brenda Brian Bridget Bruce Bryan Camila Carl Carla Carlos Carmen
    Carol Caroline Catherine Cecilia Charles Charlotte Cheryl Chloe Chris Christian Christina Christine
    Christopher Claire Clara Claudia Craig Cynthia Daniel Daniela David Dawn Deborah Denise Dennis
    Derek Diana Diane Diego Dmitri Dominic Donald Donna Dorothy Douglas Duncan Dylan Edith Edward
    Eileen Elaine Eleanor Elena Elizabeth Ella Ellen Emily Emma Eric Erik Erin Ethan Eugene Eva Evelyn
    Fatima Felix Fiona Frances Francesca Francis Frank Fred Frederick Gabriel Gareth Gary George Gerald
    Gloria Gordon Grace Graham Greg Gregory Hannah Harold Harriet Harry Hassan Heather Helen Henry
    Howard Hugh Ian Ibrahim Ingrid Irene Isaac Isabel Isabella Ivan Jack Jacob Jacqueline James Jamie
    Jane Janet Janice Jason Javier Jean Jeffrey Jennifer Jeremy Jerry Jessica Jill Joan Joanna Joe Joel
    Johannes John Jonathan Jordan Jorge Jose Joseph Joshua Joyce Juan Judith Judy Julia Julian Julie
    Karen Karl Katherine Kathleen Kathryn Katie Keith Kelly Kenneth Kevin Kim Kimberly Kyle Larry Laura
    Lauren Laurence Leah Leo Leonard Leslie Liam Lillian Linda Lisa Logan Lois Lorraine Louis Louise
    Lucas Lucia Lucy Luis Luke Lydia Madison Malcolm Marcus Margaret Maria Marianne Marie Marilyn Mario
    Martha Martin Mary Matthew Maureen Megan Melanie Melissa Michael Michelle Miguel Mohammed Molly
    Monica Nancy Naomi Natalie Nathan Neil Nicholas Nicola Nicole Nigel Nina Noah Nora Olga Oliver
    Olivia Omar Oscar Pamela Patricia Patrick Paul Paula Pauline Pedro Penelope Peter Philip Phyllis
    Priya Rachel Ralph Raymond Rebecca Ricardo Richard Rita Robert Roberta Robin Roger Ronald Rosa
    Rosemary Roy Russell Ruth Ryan Samantha Samuel Sandra Sara Sarah Scott Sean Sergei Sharon Shirley
    Simon Sofia Sophia Sophie Stacy Stanley Stefan Stephanie Stephen Steve Steven Stuart Susan Suzanne
    Sylvia Tamara Tanya Teresa Terry Theodore Theresa Thomas Tiffany Timothy Tina Tracy Tyler Ursula
    Valerie Vanessa Veronica Victor Victoria Vincent Virginia Vivian Walter Wayne Wendy William Yusuf
    Yvonne Zachary Zoe
    """
)

SURNAMES = _words(
    """
    Adams Ahmed Ali Allen Alvarez Anderson Andersson Armstrong Bailey Baker Barnes Bauer Becker Bell
    Bennett Berg Bernard Bianchi Brooks Brown Bryant Burns Butler Campbell Carlson Carter Castillo Chan
    Chapman Chavez Clark Clarke Cohen Cole Coleman Collins Cook Cooper Cox Crawford Cruz Cunningham
    Davies Davis Diaz Dixon Duncan Edwards Elliott Ellis Evans Fernandez Ferrari Fischer Fisher
    Fitzgerald Flores Ford Foster Fraser Freeman Garcia Gibson Gomez Gonzales Gonzalez Gordon Graham
    Grant Gray Green Griffin Gupta Gutierrez Hall Hamilton Hansen Harris Harrison Harvey Hayes
    Henderson Hernandez Hill Hoffman Holmes Howard Hughes Hunt Hunter Hussain Ivanov Jackson Jacobs
    James Jansen Jenkins Jensen Johansson Johnson Johnston Jones Jordan Kaiser Kelly Kennedy Khan Kim
    King Klein Knight Kowalski Kumar Larsen Lawrence Lee Lewis Lindberg Long Lopez Marshall Martin
    Martinez Mason Matthews McCarthy McDonald Mendoza Meyer Miller Mills Mitchell Moore Morales Morgan
    Morris Morrison Muller Murphy Murray Myers Nelson Nguyen Nielsen Novak Olsen Ortiz Owens Palmer
    Parker Patel Patterson Pereira Perez Perry Peters Peterson Petrov Phillips Popov Porter Powell
    Price Quinn Ramirez Ramos Reed Reyes Reynolds Richardson Rivera Roberts Robertson Robinson
    Rodriguez Rogers Romero Rossi Russell Ryan Sanchez Sanders Santos Schmidt Schneider Schulz Scott
    Shah Sharma Shaw Silva Simmons Simpson Singh Smith Snyder Spencer Stevens Stewart Stone Sullivan
    Suzuki Tanaka Taylor Thomas Thompson Torres Tucker Turner Wagner Walker Wallace Walsh Ward Warren
    Watson Weaver Weber Webb Wells West White Williams Williamson Wilson Wood Woods Wright Yamamoto
    Young Zimmermann
    """
)

SURNAMES_ZH = _words(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 "
    "田 董 袁 潘 于 蒋 蔡 余 杜 叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭 陆 汪 范 石 廖 贾 夏 韦 付 方 "
    "白 邹 孟 熊 秦 邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 黎 贺 顾 毛 郝 龚 邵 万 钱 严 武 戴 莫 孔 向 汤 "
    "欧阳 司马 上官 诸葛 皇甫 慕容 令狐 司徒 尉迟 公孙"
)

GIVEN_ZH = _words(
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 桂英 秀英 建国 建华 志强 志明 晓明 小红 "
    "玉兰 玉梅 文博 文静 雨桐 雨欣 子轩 子涵 浩然 浩宇 思远 思琪 佳怡 佳豪 俊杰 俊熙 梓萱 欣怡 欣妍 宇航 "
    "嘉懿 天佑 海燕 丽华 淑珍 凤英 国强 永康 晨曦 一鸣 若曦 诗涵 春梅 秋月 冬梅 晓东 晓燕 立新 卫东 "
    "红梅 金凤 家辉 少华 振华 慧敏 慧玲 雅婷 雅琴"
)

STREETS = (
    "Alder Street",
    "Birch Lane",
    "Bridge Street",
    "Castle Road",
    "Cedar Avenue",
    "Chapel Street",
    "Church Lane",
    "Elm Street",
    "Garden Road",
    "Harbour Road",
    "High Street",
    "Hill Road",
    "King Street",
    "Lake Avenue",
    "Lime Grove",
    "Maple Drive",
    "Market Street",
    "Meadow Lane",
    "Mill Road",
    "Oak Avenue",
    "Orchard Way",
    "Park Road",
    "Pine Court",
    "Queen Street",
    "River Road",
    "School Lane",
    "Spring Street",
    "Station Road",
    "Victoria Road",
    "Willow Drive",
)
