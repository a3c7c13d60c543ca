"""What made-up secrets and the sentences around them are built from.

Every word of ``WORDS`` has four letters, so none is the beginning of another: where a word ends is
never in doubt, and 256 of them make 8 bits a word. The names are common ones and nobody's together.
"""

from __future__ import annotations

_WORDS = """
    able acid aged also area army away baby back ball band bank base bath bear beat been
    bell belt bend best bill bird bite blow blue boat body bolt book boot born both bowl
    bulk busy cake call calm camp card care case cash chat chip city clay clip club coal
    coat code cold cook cool copy corn cost crew crop dark data date dawn days deal dear
    deck deep desk dial diet dish disk dock door down draw drop drum duck duty each east
    easy edge else even ever exit face fact fair fall farm fast feed feel file fill film
    find fine fire firm fish five flag flat flow foil fold folk food foot form fort four
    free frog from fuel full fund gain game gate gear gift girl give glad glow goal gold
    golf good grid grow gulf hair half hall hand hard head heat help here hero high hill
    hint hold hole home hood hope hour huge inch iron item join joke jump keen keep kind
    king kite knee lake lamp land lane last late lawn lead leaf left lens life lift like
    lime line link lion list live load lock loft long look loop loud mail main make mall
    many mark mask mast meal mean meat meet melt menu mild mile milk mill mind mine mint
    miss mode mood moon more moss most move much nail name navy near neck need nest news
    next nice nine node none note oven pace pack page pair palm park part pass past path
    peak
"""
_FIRST = """
    Ada Amara Arjun Bilal Carla Chen Clara Dana Diego Elena Emil Fatima Hana Igor Ines Ivan James
    Jonas Kofi Laila Lena Liam Lucia Maria Mateo Mei Mila Nadia Nina Noah Olga Omar Priya Rosa Sami
    Sofia Tariq Tomas Wanda Yuki
"""
_LAST = """
    Abbott Adeyemi Alvarez Barros Becker Brandt Castro Dalton Dubois Eriksen Farouk Ferrara Fischer
    Garner Haddad Hoffman Ivanova Jensen Kapoor Kimura Kovacs Larsen Lindgren Marino Mbeki Mendoza
    Novak Nwosu Okafor Petrov Quispe Rahman Rossi Sandoval Schmidt Tanaka Vargas Weber Yilmaz Zhou
"""
WORDS: tuple[str, ...] = tuple(_WORDS.split())
"""256 words for secrets in free text."""

FIRST_NAMES: tuple[str, ...] = tuple(_FIRST.split())
LAST_NAMES: tuple[str, ...] = tuple(_LAST.split())
SURNAMES_ZH = tuple("王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗")
GIVEN_ZH = tuple("安博晨东恩帆国浩佳康岚明宁平庆瑞思涛文欣雅颖远哲")
