"""Whether a word in Latin letters is a transliteration of one in another script, letter by letter, vowels included.

Only for scripts that write their vowels and have tables that passports use. A table gives for each letter, or for a few
letters together, what may stand for it; a word is explained only if its letters, one after the other, give the whole
Latin word and nothing is left over on either side. So ``Иванов`` is Ivanov and is not Ivanova.

Cyrillic: ICAO Doc 9303 part 3 section 6, BGN/PCGN, the Ukrainian (2010) and Bulgarian (2009) rules, French and German
spellings of older passports, ISO 9 and the scholarly letters with marks, Serbian and Macedonian. Greek: ELOT 743, which
ICAO follows, and spellings that people kept. Georgian and Armenian: BGN/PCGN. ``^`` and ``$`` are the ends of a word.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from itertools import product

from compliance.facts.scripts import bare, ending, skeleton

_LONGEST_WORD = 60
_ENDS = re.compile("[$^]")
Table = Mapping[str, tuple[str, ...]]


def _table(text: str, base: Table | None = None) -> Table:
    """``letters latin,latin`` in each line; a line with nothing behind the letters lets them stand for nothing too."""
    found = dict(base or {"^": ("",), "$": ("",)})
    for line in text.strip().splitlines():
        letters, _, told = line.strip().partition(" ")
        found[letters] = tuple("" if latin == "-" else latin for latin in told.split(","))
    return found


def _with_bulgarian_vowel(table: Table) -> Table:
    """Bulgarian writes a vowel with the sign that is silent in Russian; old spellings have that at the end of men's
    names, where it must not become the ``a`` of women's."""
    return dict(table) | {
        f"ъ{letter}": tuple(f"a{latin}" for latin in table[letter]) for letter in "бвгджзклмнпрстфхцчшщ"
    }


def _all_of(*tables: Table) -> Table:
    """What any of the tables allows: a word that this does not explain, none of them explains."""
    letters = {letter for table in tables for letter in table}
    return {letter: tuple({latin for table in tables for latin in table.get(letter, ())}) for letter in letters}


_CYRILLIC = _table("""
    а a
    б b
    в v,w
    г g,h,gh
    ґ g
    ѓ gj,g
    д d
    ђ dj,d
    е e,ye,ie,je,yo,io
    ё e,ye,ie,yo,io,jo
    є ie,ye,e,je
    ж zh
    же zhe,zho
    жё zhe,zho,zhyo
    з z
    ѕ dz,z
    и i,y
    ия ia,iya,iia,ija,yia,yya
    ий i,y,iy,ii,ij,yi,yy
    ій i,y,iy,ii
    ый y,i,yy,yi,yj,iy
    і i,y
    ї i,yi,ji
    й i,y,j
    ј j,y,i
    к k
    ка ka,ca
    ко ko,co
    ку ku,cu
    кт kt,ct
    кл kl,cl
    кр kr,cr
    кс ks,x
    л l
    љ lj,l
    м m
    н n
    њ nj,n
    о o
    п p
    р r
    др$ dr,der
    тр$ tr,ter
    с s
    т t
    ћ c
    ќ kj,k
    у u
    ў u,w,v
    ф f,ph
    х kh,h
    ц ts,tz,c
    ч ch,tch
    че che,cho,tche
    чё che,cho,chyo
    џ dzh,dz,dj,j
    дж dzh,j,dj
    ш sh
    ше she,sho
    шё she,sho,shyo
    щ shch,sch,sht
    ще shche,shcho
    щё shche,shcho
    ъ -
    ъе e,ye,ie,je,iye
    ъя ya,ia,ja,iya,iia
    ъю yu,iu,ju,iyu
    ы y
    ь -
    ье ye,ie,je,iye,yo,io
    ьё ye,ie,yo,io,jo
    ьи i,yi,ii,ji
    ьо o,yo,io,jo
    ью yu,iu,ju,iyu,iiu
    ья ya,ia,ja,iya,iia
    э e
    ю yu,iu,ju
    я ya,ia,ja
    ә a,ae
    ғ g,gh
    қ k,q
    ң n,ng
    ө o,oe
    ұ u
    ү u,ue
    һ h
    ҳ h,kh
    ҷ j,ch
    ӣ i
    ӯ u
""")
_CYRILLIC_FRENCH = _table(
    """
    ге ge,gue
    ги gi,gui
    ж j
    же je
    жё je,jo
    с s,ss
    у u,ou
    ю iou,you,iu,yu
    я ia,ya
    ч tch
    че tche,tcho
    чё tche,tcho
    ш ch
    ше che,cho
    шё che,cho
    щ chtch
    ще chtche,chtcho
    щё chtche,chtcho
    дж dj
    """,
    _CYRILLIC,
)
_CYRILLIC_GERMAN = _table(
    """
    в w
    е e,je
    ё jo,e
    ж sch
    же sche,scho
    жё sche,scho
    з s
    ий i,ij
    ый y,yj
    й i,j
    с s,ss
    х ch
    ц z
    ч tsch
    че tsche,tscho
    чё tsche,tscho
    ш sch
    ше sche,scho
    шё sche,scho
    щ schtsch
    ю ju
    я ja
    ия ija,ia
    """,
    _CYRILLIC,
)
_CYRILLIC_MARKED = _table(
    """
    г g,h
    ѓ ǵ
    ђ đ
    е e,je
    ё ë,jo,e
    є je,ê
    ж ž
    же že,žo
    жё že,žo
    и i,y
    ия ija,iâ
    і i,ì
    ї ï,ji
    ий ij,yj
    ый yj
    й j
    љ lj,ļ
    њ nj,ň
    ћ ć
    ќ ḱ,ć
    у u
    ў ŭ
    х h,x,ch
    ц c
    ч č
    че če,čo
    чё če,čo
    џ dž,d̂
    дж dž
    ш š
    ше še,šo
    шё še,šo
    щ šč,ŝ,št
    ще šče,ŝe,ščo
    щё šče,ŝe,ščo
    ъ -
    ь -
    ью ju,û
    ья ja,â
    э e,è,ė
    ю ju,û
    я ja,â
    """,
    _CYRILLIC,
)
"""ISO 9 and the scholarly systems, whose letters are told apart by marks alone: a Latin word has to have the marks."""
_CYRILLIC_SERBIAN = _table(
    """
    ж z,zh
    ч c,ch
    ш s,sh
    ћ c
    џ dz,dzh
    х h
    ц c
    й j
    же ze,zhe
    че ce,che
    ше se,she
    """,
    _CYRILLIC,
)
"""Serbian and Macedonian passports without marks."""
_SERBIAN = frozenset("ђјљњћџѓќѕ")
_GREEK = _table("""
    α a
    αι ai,e
    αυ av,af,au
    β v,b
    γ g
    γι gi,yi,y,ghi
    γε ge,ye
    γγ ng,gg
    γκ gk,g,ng
    γξ nx,gx
    γχ nch,gch
    δ d,dh
    ε e
    ει ei,i
    ευ ev,ef,eu
    ζ z
    η i,e
    ηυ iv,if,iu
    θ th
    ι i
    κ k,c
    λ l
    μ m
    μπ b,mp
    ν n
    ντ nt,d,nd
    ξ x,ks
    ο o
    οι oi,i
    ου ou,u
    π p
    ρ r,rh
    σ s
    ς s
    τ t
    υ y,i,u
    υι yi,i
    φ f,ph
    χ ch,h,kh
    ψ ps
    ω o
""")
_GEORGIAN = _table("""
    ა a
    ბ b
    გ g
    დ d
    ე e
    ვ v
    ზ z
    თ t
    ი i
    კ k
    ლ l
    მ m
    ნ n
    ო o
    პ p
    ჟ zh
    რ r
    ს s
    ტ t
    უ u
    ფ p,ph
    ქ k
    ღ gh
    ყ q,k
    შ sh
    ჩ ch
    ც ts
    ძ dz
    წ ts
    ჭ ch
    ხ kh
    ჯ j
    ჰ h
""")
_ARMENIAN = _table("""
    ա a
    բ b
    գ g
    դ d
    ե e,ye
    զ z
    է e
    ը y,e
    թ t
    ժ zh
    ի i
    լ l
    խ kh
    ծ ts
    կ k
    հ h
    ձ dz
    ղ gh
    ճ ch,tch
    մ m
    յ y,h
    ն n
    շ sh
    ո o
    ^ո vo,o
    չ ch
    պ p
    ջ j
    ռ r
    ս s
    վ v
    տ t
    ր r
    ց ts
    ւ v,w
    ու u,ou
    փ p
    ք k,q
    և ev,yev
    եւ ev,yev
    օ o
    ֆ f
""")
_TABLES: Mapping[str, tuple[Table, ...]] = {
    "CYRILLIC": (_with_bulgarian_vowel(_CYRILLIC), _CYRILLIC_FRENCH, _CYRILLIC_GERMAN),
    "GREEK": (_GREEK,),
    "GEORGIAN": (_GEORGIAN,),
    "ARMENIAN": (_ARMENIAN,),
}
_ANY_TABLE = {script: _all_of(*tables) for script, tables in _TABLES.items()}
TOLD_BY_LETTERS = frozenset(_TABLES)
"""Scripts in which a transliteration can be told from another name; the Unicode names of their letters begin so."""


def is_serbian(name: str) -> bool:
    """Whether a name has letters that only Serbian and Macedonian have: there ``š`` loses its mark in passports."""
    return not _SERBIAN.isdisjoint(name.casefold())


@lru_cache(maxsize=1024)
def explains(word: str, latin: str, *, script: str, serbian: bool = False) -> bool:
    """Whether one of the tables of its script turns a word into this Latin one, all of it."""
    source, plain, marked = _lettered(word), re.sub("[^a-z]", "", bare(latin)), _marked(latin)
    if max(len(source), len(marked)) > _LONGEST_WORD or not plain:
        return False
    if _turns_into(source, plain, _ANY_TABLE[script]) and any(
        _turns_into(source, plain, table) for table in _TABLES[script]
    ):
        return True
    if script != "CYRILLIC":
        return False
    if serbian and _turns_into(source, plain, _CYRILLIC_SERBIAN):
        return True
    return not marked.isascii() and _turns_into(source, marked, _CYRILLIC_MARKED)


@lru_cache(maxsize=1024)
def begins(word: str, latin: str, *, script: str) -> bool:
    """Whether one of the two is an initial of the other: ``Ю`` of Yulia, ``Y`` of Юлия."""
    source, plain = _lettered(word), re.sub("[^a-z]", "", bare(latin))
    if not source or not plain:
        return False
    letters = [told for told in _ANY_TABLE[script].get(source[0], ()) if told]
    return (len(source) == 1 and any(plain.startswith(told) for told in letters)) or (
        len(plain) == 1 and any(told.startswith(plain) for told in letters)
    )


@lru_cache(maxsize=1024)
def is_near(word: str, latin: str, *, script: str) -> bool:
    """Whether a spelling that no table has could join two words: their consonants and how they end are alike.

    That proves nothing: it is for a person to look. The end counts because it tells a woman's name from a man's.
    """
    # French spellings close -in and -on with an e that nobody speaks, which in other names makes a woman's of a man's.
    closed = re.sub("(?<=[io]n)e$", "", bare(latin))
    if closed != bare(latin) and explains(word, closed, script=script):
        return True
    ours = skeleton(word)
    return bool(ours) and ours == skeleton(latin) and ending(word) == ending(latin)


def _lettered(word: str) -> str:
    """Lower case, without accents, yet with the marks that make letters of their own (``й``, ``ї``, ``ё``)."""
    lower = unicodedata.normalize("NFKC", word).casefold()
    kept = (sign if "CYRILLIC" in unicodedata.name(sign, "") else unicodedata.normalize("NFD", sign) for sign in lower)
    return _ENDS.sub("", "".join(sign for sign in "".join(kept) if not unicodedata.combining(sign)))


def _marked(latin: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", latin).casefold() if sign.isalpha())


def _turns_into(source: str, latin: str, table: Table) -> bool:
    """Bit n of ``reach[place]``: the letters before this place can give the first n Latin letters."""
    text = f"^{source}$"
    reach = [0] * (len(text) + 1)
    reach[0] = 1
    found: dict[str, int] = {}
    for place, size in product(range(len(text)), (1, 2, 3)):
        told = reach[place]
        if not told or place + size > len(text):
            continue
        for spelling in table.get(text[place : place + size], ()):
            if spelling not in found:
                found[spelling] = _places(spelling, latin)
            reach[place + size] |= (told & found[spelling]) << len(spelling)
    return bool(reach[-1] >> len(latin) & 1)


def _places(spelling: str, latin: str) -> int:
    """Where a spelling stands in a word, a bit for each place."""
    return sum(1 << place for place in range(len(latin) + 1) if latin.startswith(spelling, place))
