"""Whether a Latin name spells a Chinese or Korean one, syllable by syllable: the family name in front or behind.

Chinese: pinyin as passports print it (GB/T 28039), from ``anyascii``, with further readings of characters that have
several. Korean: Revised Romanisation, McCune-Reischauer without its marks, and spellings that Korean passports allow
beside them (rules of the ministry of foreign affairs on romanised names). What is not explained stays unclear, as with
Cantonese and Japanese readings: it is never a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product

from compliance.facts.name_parts import Name, Word
from compliance.facts.scripts import romanised

_LONGEST = 5
"""Characters of a name, with a family name of two."""
_CHINESE, _KOREAN = frozenset({"CJK"}), frozenset({"HANGUL"})

_READINGS: Mapping[str, str] = {
    "仇": "qiu", "区": "ou", "區": "ou", "单": "shan", "單": "shan", "尉": "yu", "行": "hang", "乐": "yue",
    "樂": "yue", "覃": "qin", "解": "xie", "任": "ren", "曾": "zeng", "查": "zha", "朴": "piao", "盖": "ge",
    "缪": "miao", "繆": "miao", "翟": "zhai", "长": "chang", "長": "chang", "黑": "he", "秘": "bi", "贾": "jia",
    "柏": "bo", "晟": "sheng", "茜": "xi", "朝": "zhao", "句": "gou", "隗": "kui", "繁": "po", "宁": "ning",
    "吕": "lv lyu", "呂": "lv lyu", "侣": "lv lyu", "旅": "lv lyu", "履": "lv lyu", "律": "lv lyu", "绿": "lv lyu",
    "綠": "lv lyu", "虑": "lv lyu", "率": "lv lyu", "女": "nv nyu",
}  # fmt: skip
"""Character -> readings beside the one of ``anyascii``, and the spellings of the vowel ü."""
_CHINESE_DOUBLES = frozenset({
    "欧阳", "歐陽", "上官", "司马", "司馬", "诸葛", "諸葛", "夏侯", "皇甫", "尉迟", "尉遲", "公孙", "公孫", "慕容",
    "长孙", "長孫", "宇文", "司徒", "司空", "令狐", "东方", "東方", "端木", "轩辕", "軒轅", "独孤", "獨孤", "南宫",
    "南宮", "百里", "呼延", "钟离", "鍾離", "闻人", "聞人", "澹台", "赫连", "赫連", "拓跋",
})  # fmt: skip
_KOREAN_DOUBLES = frozenset({"남궁", "황보", "제갈", "사공", "선우", "독고", "서문", "동방"})
"""Family names of two characters."""

_FIRST = (
    "g k", "kk k", "n", "d t", "tt dd", "r l", "m", "b p", "pp bb", "s", "ss s", "", "j ch", "jj tch", "ch", "k", "t",
    "p", "h",
)  # fmt: skip
_VOWELS = (
    "a ah", "ae ai", "ya", "yae", "eo o u", "e", "yeo yo yu you", "ye", "o oh", "wa", "wae", "oe oi", "yo", "u oo",
    "wo weo", "we", "wi", "yu yoo you", "eu u", "ui eui ee", "i ee",
)  # fmt: skip
_LAST = (
    "", "k g", "k", "k", "n", "n", "n", "t", "l r", "k", "m", "l", "l", "l", "p", "l", "m", "p b", "p", "t s", "t",
    "ng", "t", "t", "k", "t", "p", "",
)  # fmt: skip
"""Spellings of the parts of a syllable, in the order of Unicode."""
_HANGUL = 0xAC00
_OPEN_ONLY, _CLOSED_ONLY = frozenset({"ah", "oh"}), frozenset({("eo", "u"), ("yeo", "yu"), ("yeo", "you")})
_SYLLABLES: Mapping[str, str] = {
    "시": "shi", "신": "shin", "심": "shim", "식": "shik", "실": "shil", "우": "woo wu", "욱": "wook", "운": "woon",
    "웅": "woong", "은": "eun un", "이": "yi", "일": "yil", "혜": "hae", "준": "june", "예": "yea", "규": "kyoo",
}  # fmt: skip
"""Further spellings of single syllables."""
_FAMILIES: Mapping[str, str] = {
    "강": "khang", "고": "koh goh", "구": "koo", "권": "kwun", "김": "kim", "나": "ra rha la", "남": "nahm",
    "노": "noh roh ro", "류": "yoo yu you", "박": "park", "배": "bae pae", "백": "paik baik back paek",
    "변": "byun pyun", "서": "suh sur", "손": "sohn", "신": "shin", "심": "shim", "안": "ahn", "양": "ryang",
    "엄": "uhm", "연": "yeon", "염": "yum", "오": "oh", "우": "woo", "유": "ryu yoo yu you lyu", "윤": "yoon yun",
    "이": "lee yi rhee ri li rhie", "임": "lim rim yim", "전": "chun", "정": "joung", "조": "joe", "주": "joo",
    "차": "tcha", "최": "choy choi", "한": "hahn", "함": "hahm", "허": "huh hur her", "현": "hyun", "홍": "hong",
}  # fmt: skip
"""Usual spellings of family names beside those of their syllables."""


def spells(ours: Name, theirs: Name) -> bool:
    """Whether one of the names is in Chinese or Korean characters and the other one spells all of it."""
    for name, latin in ((ours, theirs), (theirs, ours)):
        if name.scripts in (_CHINESE, _KOREAN) and latin.scripts == {"LATIN"}:
            return not (name.is_partial or latin.is_partial) and _spells(name, latin)
    return False


def _spells(name: Name, latin: Name) -> bool:
    text = "".join(word.text for word in name.words)
    if not 2 <= len(text) <= _LONGEST or any(word.is_letter for word in latin.words):
        return False
    is_korean = name.scripts == _KOREAN
    is_double = len(text) > 2 and text[:2] in (_KOREAN_DOUBLES if is_korean else _CHINESE_DOUBLES)
    # A Korean family name of two syllables can also be one and the beginning of a given name.
    sizes = ((1, 2) if is_korean else (2,)) if is_double else (1,)
    return any(
        _is_family(text[:size], family, is_korean=is_korean) and _is_spelt(text[size:], given, is_korean=is_korean)
        for size in sizes
        for family, given in _splits(latin, size)
    )


def _splits(latin: Name, size: int) -> Iterator[tuple[str, str]]:
    """Family name and given names of a Latin name, in both orders unless the text says which it is."""
    words = [word.bare for word in latin.words]
    for count in range(1, size + 1):
        if len(words) > count and (not latin.family or latin.family == count):
            yield "".join(words[-count:]), "".join(words[:-count])
            if not latin.family and _parts(latin.words[count:], latin.words[:count]):
                yield "".join(words[:count]), "".join(words[count:])


def _parts(given: Sequence[Word], family: Sequence[Word]) -> bool:
    """Whether no hyphen joins the two."""
    return given[0].begins and family[0].begins


def _is_family(family: str, latin: str, *, is_korean: bool) -> bool:
    is_usual = is_korean and latin in _FAMILIES.get(family, "").split()
    return is_usual or _is_spelt(family, latin, is_korean=is_korean)


def _is_spelt(characters: str, latin: str, *, is_korean: bool) -> bool:
    """Whether spellings of the characters, in their order, give the whole word."""
    ends = {0}
    for character in characters:
        spellings = _korean(character) if is_korean else _chinese(character)
        ends = {end + len(one) for end in ends for one in spellings if latin.startswith(one, end)}
    return len(latin) in ends


@lru_cache(maxsize=1024)
def _chinese(character: str) -> frozenset[str]:
    return frozenset({romanised(character), *_READINGS.get(character, "").split()}) - {""}


@lru_cache(maxsize=1024)
def _korean(character: str) -> frozenset[str]:
    place = ord(character) - _HANGUL
    if not 0 <= place < len(_FIRST) * len(_VOWELS) * len(_LAST):
        return frozenset()
    first, vowel, last = place // 588, place % 588 // 28, place % 28
    vowels = _VOWELS[vowel].split()
    found = {
        f"{before}{letters}{after}"
        for before, letters, after in product(_FIRST[first].split() or [""], vowels, _LAST[last].split() or [""])
        if not (letters in _OPEN_ONLY and after) and (after or (vowels[0], letters) not in _CLOSED_ONLY)
    }
    return frozenset(found | set(_SYLLABLES.get(character, "").split()))
