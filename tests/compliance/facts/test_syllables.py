"""Chinese and Korean names beside Latin ones: spellings of one name, and names that must never agree."""

import pytest

from compliance.facts.finding import Answer
from compliance.facts.names import compare

ONE_NAME = [
    # Korean: Revised Romanisation, McCune-Reischauer, and spellings of passports in use.
    ("박지훈", "Park Ji-hoon"), ("박지훈", "PARK JIHOON"), ("박지훈", "Jihoon Park"), ("박지훈", "Bak Jihun"),
    ("박지훈", "Pak Chi Hun"), ("박지훈", "PARK<<JI<HUN"), ("박지훈", "Park, Ji Hoon"), ("박 지훈", "Ji-Hun Park"),
    ("이민수", "Lee Min-su"), ("이민수", "Yi Min Soo"), ("이민수", "Rhee Minsoo"), ("김영희", "Kim Young-hee"),
    ("김영희", "Gim Yeonghui"), ("최지우", "Choi Ji-woo"), ("최지우", "Choe Jiu"), ("정호석", "Jung Ho-seok"),
    ("정호석", "Jeong Ho Suk"), ("정호석", "Chung Ho-sok"), ("김정은", "Kim Jong Un"), ("문재인", "Moon Jae-in"),
    ("윤보라", "Yoon Bora"), ("임나연", "Im Nayeon"), ("임나연", "Lim Na-yeon"), ("유재석", "Yoo Jae-suk"),
    ("류현진", "Ryu Hyun-jin"), ("노무현", "Roh Moo-hyun"), ("남궁민", "Namkoong Min"), ("황보라", "Hwang Bora"),
    ("한강", "Han Kang"), ("오세훈", "Oh Se-hoon"), ("조수미", "Jo Sumi"), ("조수미", "Cho Su-mi"),
    # Chinese: pinyin.
    ("张伟", "Zhang Wei"), ("张伟", "Wei Zhang"), ("张伟", "ZHANG<<WEI"), ("張偉", "Zhang Wei"), ("张 伟", "ZHANG WEI"),
    ("李小龙", "Li Xiaolong"), ("李小龙", "Li Xiao Long"), ("李小龙", "Xiao-Long Li"), ("欧阳修", "Ouyang Xiu"),
    ("欧阳修", "Xiu Ou Yang"), ("吕布", "Lyu Bu"), ("吕布", "LV BU"), ("吕布", "Lu Bu"), ("单雄信", "Shan Xiongxin"),
    ("曾国藩", "Zeng Guofan"), ("任贤齐", "Ren Xianqi"), ("翟天临", "Zhai Tianlin"), ("乐嘉", "Yue Jia"),
    ("诸葛亮", "Zhuge Liang"), ("司马迁", "SIMA QIAN"),
]  # fmt: skip
NEVER_ONE = [
    # Another syllable, vowel, consonant or final.
    ("박지훈", "Park Ji-hyun"), ("박지훈", "Park Ji-ho"), ("박지훈", "Park Ji-hwan"), ("박지훈", "Park Se-hoon"),
    ("박지현", "Park Ji-hoon"), ("박지훈", "Pak Ji"), ("박지훈", "Kim Ji-hoon"), ("박지훈", "Lee Ji-hoon"),
    ("박지훈", "Ji Park-hoon"), ("박지훈", "Hoon Ji Park"), ("박지훈", "Hoonji Park"), ("박지훈", "Park Hoon-ji"),
    ("박지훈", "Park Ji-hoon David"), ("박지훈", "J. Park"), ("박지훈", "Park"), ("박지훈", "Parkjihoon"),
    ("박지훈", "Park, Hoon Ji"), ("박지훈", "Ji Hoon, Park"), ("김민수", "Kim Min-ji"), ("김민수", "Kim Min"),
    ("김민", "Kim Min-su"), ("김민수", "Min Kim-su"), ("김민수", "Kim Su-min"), ("이민수", "Kim Min-su"),
    ("이민수", "Im Min-su"), ("전지현", "Jung Ji-hyun"), ("정지훈", "Jeon Ji-hoon"), ("한지민", "Ahn Ji-min"),
    ("송혜교", "Song Hye-kyung"), ("남궁민", "Nam Min"), ("성시경", "Sung Si-kyu"), ("윤아", "Yoo Na"),
    ("장동건", "Jang Dong-min"), ("마이클 잭슨", "Michael Jackson"), ("김수현", "Kim Soo-hyuk"), ("백현", "Baek Hun"),
    ("张伟", "Zhang Wen"), ("张伟", "Zhang Weiwei"), ("张伟", "Zhang"), ("张伟", "Zhangwei"), ("张伟", "Chang Wei"),
    ("张伟", "Z. Wei"), ("张伟", "Wang Wei"), ("张伟", "Zhan Wei"), ("张伟", "Zhang Wei Min"),
    ("张伟", "David Zhang Wei"),
    ("张伟", "Wei, Zhang"), ("张伟", "WEI<<ZHANG"), ("李小龙", "Li Long Xiao"), ("李小龙", "Li Xiao"),
    ("李小龙", "Long Xiaoli"), ("李小龙", "Lee Siu Lung"), ("李娜", "Li Nan"), ("王芳", "Wang Fan"),
    ("王芳", "Wang Fen"), ("欧阳修", "Ou Yangxiu"), ("吕布", "Lue Bu"), ("陈大文", "Chan Tai Man"),
    ("田中太郎", "Tanaka Taro"), ("林美玲", "Hayashi Mirei"), ("阿布都热依木买买提", "Abdurehim Memet"),
    ("张*", "Zhang Wei"), ("张伟", "Zh*** Wei"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "latin"), ONE_NAME)
def test_a_latin_spelling_of_every_syllable_agrees(name: str, latin: str) -> None:
    assert compare(name, latin).answer == compare(latin, name).answer == Answer.COMPATIBLE


@pytest.mark.parametrize(("name", "latin"), NEVER_ONE)
def test_another_name_does_not_agree_and_is_no_difference(name: str, latin: str) -> None:
    assert compare(name, latin).answer == compare(latin, name).answer == Answer.NOT_COMPARABLE


def test_the_table_of_names_that_never_agree_is_large_enough() -> None:
    assert len(set(NEVER_ONE)) >= 30
