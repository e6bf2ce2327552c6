# ruff: noqa: RUF001 -- the letters of real lyrics
import pytest

from engines.errors import InputError
from engines.lyrics.encodings import decoded, repaired

RUSSIAN = "Белый снег, серый лёд\nНа растрескавшейся земле\nОдеялом лоскутным на ней"
JAPANESE = "夜空のムコウには\n明日がもう待っている"
SONGS = [
    ("gb18030", "还记得你说家是唯一的城堡\n随着稻香河流继续奔跑"),
    ("big5", "今天我 寒夜裡看雪飄過\n懷著冷卻了的心窩漂遠方"),
    ("shift_jis", JAPANESE),
    ("euc_jp", JAPANESE),
    ("euc_kr", "그대여 그대여 그대여\n오늘은 우리 같이 걸어요"),
    ("cp1251", RUSSIAN),
    ("koi8-r", RUSSIAN),
    ("cp866", RUSSIAN),
    ("iso8859-5", RUSSIAN),
    ("cp1250", "Dziwny jest ten świat\ngdzie jeszcze wciąż\nmieści się wiele zła"),
    ("iso8859-2", "Řekni, kde ty kytky jsou\nco se s nimi mohlo stát"),
    ("cp1252", "Où es-tu, l’été dernier\nà Orléans, déjà\n¿Dónde está mañana?"),
    ("iso8859-1", "Über den Wolken muss die\nFreiheit wohl grenzenlos sein\nGrüße"),
    ("cp1253", "Σ' αγαπώ γιατί είσ' ωραία\nσ' αγαπώ γιατί είσ' εσύ"),
    ("cp1254", "Şımarık, söylemedim sana aşkım\nGönül dağı"),
    ("cp1255", "ירושלים של זהב\nושל נחושת ושל אור"),
    ("cp1256", "حبيبي يا نور العين\nيا ساكن خيالي"),
    ("cp874", "คิดถึงเธอทุกที\nที่อยู่คนเดียว"),
]
SHORT = [
    ("gb18030", "夜曲\n晚安"),
    ("gb18030", "我爱你"),
    ("big5", "天空"),
    ("shift_jis", "さくら さくら"),
    ("euc_jp", "夜に駆ける"),
    ("euc_kr", "사랑해"),
    ("cp1251", "Спокойной ночи"),
    ("koi8-r", "ДОБРОЙ НОЧИ"),
    ("cp1250", "Zażółć gęślą jaźń"),
    ("cp1252", "Mañana, corazón"),
    ("cp1252", "été"),
    ("cp1255", "לילה טוב"),
    ("cp874", "ราตรีสวัสดิ์"),
]


def lrc(text: str) -> str:
    return "".join(f"[00:{2 + 4 * place:02d}.00]{line}\n" for place, line in enumerate(text.split("\n")))


@pytest.mark.parametrize(("encoding", "text"), [*SONGS, *SHORT])
def test_encoding_is_recognized(encoding, text):
    assert decoded(lrc(text).encode(encoding)).text == lrc(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [RUSSIAN, JAPANESE, "Plain words"])
def test_unicode_is_recognized_with_and_without_its_mark(encoding, text):
    found = decoded(lrc(text).encode(encoding))

    assert (found.text, found.sure) == (lrc(text), True)


def test_long_lyrics_are_sure_and_one_word_is_not():
    assert decoded(lrc(RUSSIAN).encode("koi8-r")).sure
    content = lrc("Niño").encode("cp1252")
    doubtful = decoded(content)
    assert not doubtful.sure
    assert lrc("Niño") in {content.decode(name) for name in (doubtful.encoding, *doubtful.others)}


def test_chosen_encoding_is_used():
    assert decoded("夜曲".encode("gb18030"), "gb18030").text == "夜曲"
    with pytest.raises(InputError) as refused:
        decoded(b"one\ntwo\n\xff\xff", "utf-8")
    assert refused.value.message.startswith("Line 3 can't be read as Unicode (UTF-8).")
    with pytest.raises(InputError):
        decoded(b"x", "rot13")


def test_xml_may_name_its_encoding():
    text = '<?xml version="1.0" encoding="windows-1251"?>\n<tt>ночь</tt>'
    assert decoded(text.encode("cp1251")).text == text.replace("windows-1251", "UTF-8")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        b"ID3\x03\0\0" + b"\0" * 99,
        b"{\\rtf1\\ansi Walking\\par down}",
    ],
)
def test_a_file_that_is_no_text_is_refused(content):
    with pytest.raises(InputError) as refused:
        decoded(content)
    assert refused.value.code == "not_text"


def test_line_ends_of_every_system_are_line_ends():
    assert decoded(b"one\r\ntwo\rthree\n").text == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("meant", "encoding"),
    [
        ("Группа крови", "cp1251"),
        ("夜曲 - 周杰伦", "gb18030"),
        ("사랑해", "euc_kr"),
        ("夜に駆ける", "shift_jis"),
        ("Déjà vu", "utf-8"),
        ("夜曲", "utf-8"),
    ],
)
def test_tags_in_a_wrong_encoding_are_repaired(meant, encoding):
    assert repaired(meant.encode(encoding).decode("latin-1")) == meant


@pytest.mark.parametrize(
    "text", ["Été", "Ça ira", "Motörhead", "Señorita Ñandú", "Sigur Rós – ( )", "Группа крови", "夜曲", "Plain"]
)
def test_tags_that_are_right_stay(text):
    assert repaired(text) == text


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        ("[00:01.00]夜に駆ける".encode("iso2022_jp"), "[00:01.00]夜に駆ける", "iso2022_jp"),
        ("[00:01.00]夜曲".encode()[:-1], "[00:01.00]夜", "utf-8"),
        (f"{RUSSIAN}\n".encode() + b"\xe9t\xe9", f"{RUSSIAN}\n\ufffdt\ufffd", "utf-8"),
        (b"[00:01.00]words\n" + bytes(40), "[00:01.00]words\n", "utf-8"),
    ],
    ids=["ISO-2022-JP", "cut off within a letter", "a few wrong bytes", "padded"],
)
def test_odd_files_are_read(content, text, encoding):
    found = decoded(content)
    assert (found.text, found.encoding) == (text, encoding)
