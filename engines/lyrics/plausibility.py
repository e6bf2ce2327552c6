# ruff: noqa: RUF001 -- the characters of real lyrics
"""Whether decoded text reads like words: letters of the encoding's own script, common ones, in usual positions."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

_CYRILLIC = ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5")
_SCRIPTS: Mapping[str, frozenset[str]] = {
    "gb18030": frozenset({"CJK"}),
    "big5hkscs": frozenset({"CJK"}),
    "cp932": frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    "euc_jp": frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    "cp949": frozenset({"HANGUL"}),
    **{name: frozenset({"CYRILLIC"}) for name in _CYRILLIC},
    "cp1253": frozenset({"GREEK"}),
    "cp1255": frozenset({"HEBREW"}),
    "cp1256": frozenset({"ARABIC"}),
    "cp874": frozenset({"THAI"}),
}
_LATIN = frozenset({"LATIN"})
# Rows of the double-byte sets that hold the characters of everyday writing.
_EVERYDAY_ROWS = {
    "gb18030": ("gb2312", range(0xB0, 0xD8)),
    "big5hkscs": ("big5", range(0xA4, 0xC7)),
    "cp932": ("euc_jp", range(0xB0, 0xD0)),
    "euc_jp": ("euc_jp", range(0xB0, 0xD0)),
    "cp949": ("euc_kr", range(0xB0, 0xC9)),
}
_PUNCTUATION = frozenset("’‘“”„«»–—…¿¡、。「」『』！？，：；（）～・《》〈〉·♪♫\u3000\xa0")
# The accented letters of the languages that each encoding was made for.
_ACCENTS = {
    "cp1252": "àâäáãåæçèéêëìíîïñòóôõöøœùúûüýßšž",
    "iso8859-15": "àâäáãåæçèéêëìíîïñòóôõöøœùúûüýßšž€",
    "mac_roman": "àâäáãåçèéêëìíîïñòóôõöøœùúûüß",
    "cp1250": "áâăäąćčçďéęëěíîĺľłńňóôőöŕřśšşťţúůűüýźžż",
    "iso8859-2": "áâăäąćčçďéęëěíîĺľłńňóôőöŕřśšşťţúůűüýźžż",
    "cp1254": "çğıöşüâîû",
    "cp1257": "āąčęėēģīįķļņńóõöšśūųüžżźćäå",
    "cp1258": "ăâđêôơưàảãáạéíóú",
}
_RUSSIAN = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъ")
# A word this long has a vowel.
_VOWELS: Mapping[str, tuple[int, frozenset[str]]] = {
    **{name: (3, frozenset("аеёиоуыэюяіїєў")) for name in _CYRILLIC},
    "cp874": (5, frozenset("ะาำิีึืุูเแโใไั็")),
}
_RARE_THAI = frozenset("ฃฅฆฌญฎฏฐฑฒณธศษฬฮฟฤฦฯๆ฿๏๐๑๒๓๔๕๖๗๘๙๚๛๎ํ")
_FEW_AMONG_LATIN = 0.3
# The characters most used in everyday writing and in songs, of both Chinese scripts, and the commonest syllables of
# Korean: an old encoding read as another one of East Asia gives real characters, but unusual ones.
_FREQUENT = frozenset(
    "的一是不了人我在有他这这個个中大来上国國和到说說们們为為子你地出道也时時年得就那要下以生会會自着著去之过過家学學对對可她里裡后後"
    "小么麼心多天而能好都然没沒日于於起还還发發成事只作当當想看文无無开開手十用主行方又如前所本见見经經头頭面公同三已老从從动動两兩"
    "长長知民样樣现現分将將外但身些与與高意进進把法此实實回二理美点點月明其种種声聲全工己话話儿兒者向情部正名定女问問力机機给給等几幾"
    "很业業最间間新什打便位因重被走电電四第门門相次东東政海口使教西再平真听聽世气氣信北少关關并並内內加化由却代军軍产產入先山五太水"
    "万萬市眼体體别別处處总總才场場师師书書比住员員九笑性通目华華报報立马馬命张張活难難神数數件安表原车車白应應路期叫死常提感金何更反"
    "合放做系计計或司利受光王果亲親界及今京务務制解各任至清物台象记記边邊共风風战戰干接它许許八特觉覺望直服毛林题題建南度统統色字请請"
    "交爱愛让讓认認算论論百吃义義科怎元社术術结結六功指思非流每青管夫连連远遠资資队隊跟带帶花快条條院变變联聯言权權往展该該领領传傳近"
    "留红紅治决決周保达達办辦运運武半候七必城父强強步完革深区區即求品士转轉量空甚众眾技轻輕程告江语語英基派满滿式李息写寫呢识識极極令"
    "黄黃德收脸臉钱錢党黨倒未持取设設始版双雙历歷越史商千片容研像找友孩站广廣改议議形委早房音火际際则則首单單据導导影失拿网網香似斯专"
    "夜晚梦夢曲唱歌雨雪泪淚吻恋戀抱伤傷痛苦甜孤寂寞永忘陪牵牽愿願飞飛飘飄爸妈媽宝寶贝貝星云雲冬春夏秋温溫柔默等待离離懂哭醒睡朋"
    "駆溶沈空桜君僕私愛夢歌声涙恋心花風雪海星朝夜今日明日"
    "이다의에는을가하고지은로기도를사한리어자시나대그일아서인해수만있정스보부과들제상전여라장주원성조구안선면것동연중비마유소니당"
    "생경간회러미오신개관국방내용치분요공금무너랑봄날싶말까더녕게내네없우울눈물밤별길꿈못잊처럼때거야던르난왜두번모든"
)


def plausibility(text: str, encoding: str) -> float:
    """Return 0 (gibberish) to 1 (letters of everyday writing) for the non-ASCII part of `text`, which was decoded from
    `encoding`. Each byte counts once, so that one ideogram weighs as much as two letters."""
    foreign = [character for character in text if character > "\x7f"]
    if not foreign:
        return 1.0
    weights = [_bytes_of(character, encoding) for character in foreign]
    points = sum(weight * _worth(character, encoding) for character, weight in zip(foreign, weights, strict=True))
    return max(0.0, points / sum(weights) - _misplaced(text, encoding) / sum(weights))


@lru_cache(maxsize=20000)
def _bytes_of(character: str, encoding: str) -> int:
    return len(character.encode(encoding, errors="replace"))


@lru_cache(maxsize=4000)
def script_of(character: str) -> str:
    """Return the first word of the character's Unicode name: LATIN, CYRILLIC, CJK, HANGUL …; "" without a name."""
    return unicodedata.name(character, "").split(" ", 1)[0]


@lru_cache(maxsize=20000)
def _worth(character: str, encoding: str) -> float:
    kind, script = unicodedata.category(character), script_of(character)
    if character in _PUNCTUATION:
        return 0.7
    if kind in {"Cc", "Co", "Cn", "Cs"} or character == "\ufffd":
        return -2.0
    if script in _SCRIPTS.get(encoding, _LATIN):
        return _at_home(character, script, encoding)
    # Japanese and Latin letters are part of the Chinese sets, but a song's words aren't made of them.
    return -0.2 if kind[0] in "LM" else -0.5


def _at_home(character: str, script: str, encoding: str) -> float:
    if rows := _EVERYDAY_ROWS.get(encoding):
        return _double_byte(character, script, *rows)
    if encoding in _CYRILLIC:
        return 1.0 if character.lower() in _RUSSIAN else 0.6
    if encoding == "cp874":
        return 0.3 if character in _RARE_THAI else 0.95
    usual = _ACCENTS.get(encoding)
    if usual and character.lower() not in usual:
        return 0.1
    return 0.75 if usual and character.isupper() else 0.9


def _double_byte(character: str, script: str, codec: str, rows: range) -> float:
    if script == "HIRAGANA":
        return 1.0
    if script.startswith("KATAKANA"):
        return 0.95
    try:
        first = character.encode(codec)[0]
    except UnicodeEncodeError:
        return -0.4
    if first not in rows:
        return 0.1
    return 1.0 if character in _FREQUENT else 0.7


def _misplaced(text: str, encoding: str) -> float:
    """Count letters that stand where no language puts them."""
    found = float(sum(left.islower() and right.isupper() for left, right in pairwise(text)))
    scripts = _SCRIPTS.get(encoding)
    if scripts is None:
        # Accented letters are spread among plain ones: three in a row are words of another script.
        return found + sum(len(run) for run in re.findall(r"[^\W\d_\x00-\x7f]{3,}", text))
    words = re.findall(r"[^\s\x00-\x7f]+", text.lower())
    if vowels := _VOWELS.get(encoding):
        shortest, signs = vowels
        found += sum(len(word) for word in words if len(word) >= shortest and signs.isdisjoint(word))
    # Vowel signs that hang on nothing of their own script.
    found += len(
        re.findall(r"(?<![^\x00-\x7f])[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]", text)
    )
    # A foreign letter here and there among Latin words is an accented one.
    plain, foreign = len(re.findall("[a-zA-Z]", text)), len(re.findall(r"[^\W\d_\x00-\x7f]", text))
    found += _FEW_AMONG_LATIN * foreign if plain > 3 * foreign else 0.0
    # "S鉶 Jo鉶": letters of two scripts within a word.
    return found + len(re.findall(r"[a-zA-Z][^\W\d_\x00-\x7f]|[^\W\d_\x00-\x7f][a-zA-Z]", text))
