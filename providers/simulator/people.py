"""Invented people: a serial is the same person at every provider and in every run.

Names, streets and numbers are made up; e-mail addresses end in ``.example`` and telephone numbers use ranges that are
reserved for fiction where a country has one. Any resemblance to a real person is chance.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

_DOCUMENT_TYPES = ("passport", "id_card", "driving_licence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One invented applicant. ``full_name`` is as the person writes it, ``latin_name`` as a passport prints it."""

    serial: int
    given_names: str
    family_name: str
    full_name: str
    latin_given_names: str
    latin_family_name: str
    sex: str
    """``F`` or ``M``."""
    birth_date: date
    birth_place: str
    country: str
    """ISO 3166 alpha-2; nationality, issuing country and residence alike."""
    country3: str
    country_name: str
    document_type: str
    """``passport``, ``id_card`` or ``driving_licence``."""
    document_number: str
    national_number: str
    """A number of a national register, 11 digits."""
    document_issued: date
    document_expiry: date
    street: str
    city: str
    postcode: str
    phone: str
    email: str

    @property
    def latin_name(self) -> str:
        """Given names and family name in Latin letters."""
        return f"{self.latin_given_names} {self.latin_family_name}"

    @property
    def address(self) -> str:
        """Street, postcode, city and country in one line."""
        return f"{self.street}, {self.postcode} {self.city}, {self.country_name}"

    @property
    def external_id(self) -> str:
        """The applicant id in the shop that onboards this person."""
        return f"APP-{1000 + self.serial}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Culture:
    country: str
    country3: str
    country_name: str
    women: str
    men: str
    families: str
    """Names separated by commas; ``name=Latin`` where the two differ."""
    streets: str
    cities: str
    """``city postcode``, the postcode last."""
    phone: str
    family_first: bool = False


_CULTURES = (
    _Culture(
        country="DE",
        country3="DEU",
        country_name="Germany",
        women="Annegret Sophie=Annegret Sophie,Käthe=Kaethe,Lieselotte",
        men="Jörg=Joerg,Matthias Emanuel,Björn=Bjoern",
        families="Weißenfels=Weissenfels,Hölzl-Übermut=Hoelzl-Uebermut,Grünspan=Gruenspan,Kesselring",
        streets="Lindenallee 12,Am Alten Wehr 3b,Müllerstraße 77",
        cities="Görlitz 02826,Passau 94032,Husum 25813",
        phone="+49 30 23125",
    ),
    _Culture(
        country="EG",
        country3="EGY",
        country_name="Egypt",
        women="ليلى=Layla,سلمى=Salma,نورهان=Nourhan",
        men="عبد الرحمن=Abdelrahman,يوسف=Youssef,طارق=Tarek",
        families="الشرقاوي=Elsharkawy,عبد المقصود=Abdelmaksoud,حسنين=Hassanein,البنداري=Elbendary",
        streets="14 شارع النيل,3 شارع الورد,أبراج السلام 9",
        cities="الإسكندرية 21511,أسوان 81511,طنطا 31511",
        phone="+20 2 5550",
    ),
    _Culture(
        country="PH",
        country3="PHL",
        country_name="Philippines",
        women="María Corazón Estrella=Maria Corazon Estrella,Jocelyn Mae,Analyn",
        men="Rodrigo Crisanto,John Rey,Emmanuel",
        families="Dimaculangan,Villanueva-Macaraeg,Bañaga=Banaga,Salonga",
        streets="118 Sampaguita St,Blk 7 Lot 12 Narra Rd,5 Mabini Ext",
        cities="Iloilo City 5000,Naga 4400,Baguio 2600",
        phone="+63 2 8555",
    ),
    _Culture(
        country="NG",
        country3="NGA",
        country_name="Nigeria",
        women="Olúwakẹ́mi=Oluwakemi,Ngozichukwuka,Aisha",
        men="Olúwadámiláre=Oluwadamilare,Chukwuemeka,Musa",
        families="Adébáyọ̀-Ọlátúnjí=Adebayo-Olatunji,Okonkwo-Nwachukwu,Danjuma,Èkíti=Ekiti",
        streets="22 Palmwine Close,9 Harmattan Rd,Plot 4 Iroko Crescent",
        cities="Ibadan 200001,Enugu 400001,Jos 930001",
        phone="+234 1 555",
    ),
    _Culture(
        country="IL",
        country3="ISR",
        country_name="Israel",
        women="נועה=Noa,תמר=Tamar,שירה=Shira",
        men="איתמר=Itamar,אורי=Uri,יהונתן=Yehonatan",
        families="בן־דרור=Ben-Dror,אלקיים=Elkayam,רוזנפלד=Rosenfeld,שקד=Shaked",
        streets="הרצל 18,דרך הים 4,הגפן 31",
        cities="חיפה 3303119,באר שבע 8410501,נהריה 2230101",
        phone="+972 4 555",
    ),
    _Culture(
        country="BR",
        country3="BRA",
        country_name="Brazil",
        women="Conceição Aparecida=Conceicao Aparecida,Ana Lívia=Ana Livia,Jaciara",
        men="João Guilherme=Joao Guilherme,Caetano,Wilson",
        families="Gonçalves de Albuquerque e Vasconcelos=Goncalves de Albuquerque e Vasconcelos,Magalhães=Magalhaes,"
        "Queiroz,Assunção=Assuncao",
        streets="Rua das Palmeiras 310,Travessa do Sol 8,Av. Ipê 1200",
        cities="Olinda 53020-010,Ouro Preto 35400-000,Joinville 89201-100",
        phone="+55 11 5550",
    ),
    _Culture(
        country="RU",
        country3="RUS",
        country_name="Russia",
        women="Ксения=Kseniia,Таисия=Taisiia,Варвара=Varvara",
        men="Ярослав=Iaroslav,Всеволод=Vsevolod,Тимофей=Timofei",
        families="Дурново=Durnovo,Седых=Sedykh,Ромашко=Romashko,Черновол=Chernovol",
        streets="ул. Садовая, 14,пер. Кленовый, 2,наб. Речная, 40",
        cities="Кострома 156000,Вологда 160000,Псков 180000",
        phone="+7 495 555",
    ),
    _Culture(
        country="VN",
        country3="VNM",
        country_name="Viet Nam",
        women="Thị Ngọc Ánh=Thi Ngoc Anh,Thuỳ Dương=Thuy Duong,Bảo Châu=Bao Chau",
        men="Đức Thịnh=Duc Thinh,Quốc Việt=Quoc Viet,Minh",
        families="Nguyễn=Nguyen,Đặng=Dang,Võ=Vo,Huỳnh=Huynh",
        streets="12 Hẻm Hoa Sữa,88 Đường Cây Keo,5 Ngõ Trúc",
        cities="Huế 530000,Đà Lạt 660000,Cần Thơ 900000",
        phone="+84 28 5550",
        family_first=True,
    ),
    _Culture(
        country="NL",
        country3="NLD",
        country_name="Netherlands",
        women="Fleur,Sanne,Noor Elisabeth",
        men="Thijs,Sjoerd,Maarten Jan",
        families="van den Oudenalder,'t Hart-Schoonhoven,de Wit,Zwaneveld",
        streets="Kerkstraat 5,Dijkgraafweg 121,Lage Vuur 9",
        cities="Zwolle 8011 PK,Breda 4811 XC,Delft 2611 GG",
        phone="+31 20 555",
    ),
    _Culture(
        country="JP",
        country3="JPN",
        country_name="Japan",
        women="陽葵=Himari,美月=Mizuki,さくら=Sakura",
        men="悠真=Yuma,健太郎=Kentaro,蒼=Aoi",
        families="小鳥遊=Takanashi,長谷部=Hasebe,東雲=Shinonome,三枝=Saegusa",
        streets="桜台3-2-14,緑町1-8-5,海岸通り7-1",
        cities="松山市 790-0001,盛岡市 020-0021,長崎市 850-0035",
        phone="+81 3 5555",
        family_first=True,
    ),
    _Culture(
        country="PL",
        country3="POL",
        country_name="Poland",
        women="Małgorzata=Malgorzata,Świętosława=Swietoslawa,Zofia",
        men="Łukasz=Lukasz,Grzegorz,Bogumił=Bogumil",
        families="Brzęczyszczykiewicz=Brzeczyszczykiewicz,Żółkiewicz-Wójcik=Zolkiewicz-Wojcik,Dąbek=Dabek,Sroka",
        streets="ul. Lipowa 6/14,ul. Świerkowa 21,os. Zielone 3",
        cities="Zamość 22-400,Sopot 81-701,Opole 45-016",
        phone="+48 22 555",
    ),
    _Culture(
        country="IN",
        country3="IND",
        country_name="India",
        women="Lakshmi Priyadarshini,Meenakshi,Harpreet",
        men="Venkata Satyanarayana,Arjun,Debashish",
        families="Narasimharajuvaripeta,Chattopadhyay,Sidhu Randhawa,Pillai",
        streets="14 Temple Tank Rd,7/2 Banyan Lane,Flat 303 Lotus Court",
        cities="Mysuru 570001,Madurai 625001,Shillong 793001",
        phone="+91 80 5550",
    ),
    _Culture(
        country="FR",
        country3="FRA",
        country_name="France",
        women="Anaïs=Anais,Éléonore=Eleonore,Maëlys=Maelys",
        men="Loïc=Loic,Jean-Barthélemy=Jean-Barthelemy,Côme=Come",
        families="de La Rochefontaine,Lefèvre=Lefevre,Nuñez-Garçon=Nunez-Garcon,Ménard=Menard",
        streets="3 rue des Tilleuls,18 impasse du Pré,41 quai du Nord",
        cities="Quimper 29000,Albi 81000,Nevers 58000",
        phone="+33 1 99 00",
    ),
    _Culture(
        country="ID",
        country3="IDN",
        country_name="Indonesia",
        women="Dewi Anggraini,Sri,Putu Ayu",
        men="Bambang,Wayan,Agus Salim",
        families="Kusumawardhani,Hutapea,Wibisono,Pangestu",
        streets="Jl. Kenanga 17,Jl. Pahlawan Kecil 4,Gg. Mawar 2",
        cities="Yogyakarta 55111,Malang 65111,Ambon 97111",
        phone="+62 21 555",
    ),
    _Culture(
        country="GR",
        country3="GRC",
        country_name="Greece",
        women="Δέσποινα=Despoina,Ευτυχία=Eftychia,Ζωή=Zoi",
        men="Παναγιώτης=Panagiotis,Στυλιανός=Stylianos,Άρης=Aris",
        families="Παπακωνσταντίνου=Papakonstantinou,Οικονόμου=Oikonomou,Αντωνίου=Antoniou,Δήμου=Dimou",
        streets="Αγίου Νικολάου 7,Ελαιώνων 52,Παραλιακή 3",
        cities="Βόλος 38221,Χανιά 73100,Δράμα 66100",
        phone="+30 21 0555",
    ),
    _Culture(
        country="TR",
        country3="TUR",
        country_name="Türkiye",
        women="Şükriye=Sukriye,Gülşah=Gulsah,İpek=Ipek",
        men="Çağrı=Cagri,Oğuzhan=Oguzhan,Yiğit=Yigit",
        families="Yıldırım=Yildirim,Öztürk-Kılıç=Ozturk-Kilic,Ağaoğlu=Agaoglu,Demir",
        streets="Çınar Sk. 11,Gül Cd. 204,Sahil Yolu 6",
        cities="Bursa 16010,Rize 53020,Mardin 47100",
        phone="+90 212 555",
    ),
    _Culture(
        country="KR",
        country3="KOR",
        country_name="Korea",
        women="서연=Seoyeon,하늘=Haneul,지우=Jiwoo",
        men="민준=Minjun,도윤=Doyun,건우=Geonwoo",
        families="남궁=Namgung,제갈=Jegal,윤=Yoon,배=Bae",
        streets="벚꽃로 12,강변로 77,솔밭길 3",
        cities="전주시 54999,강릉시 25523,여수시 59720",
        phone="+82 2 555",
        family_first=True,
    ),
    _Culture(
        country="GB",
        country3="GBR",
        country_name="United Kingdom",
        women="Siân=Sian,Aoife,Winifred",
        men="Ruaridh,Cholmondeley Featherstonehaugh,Tobias",
        families="Llewellyn-Bowen-Pryce,O'Shaughnessy,Ng,Marsh",
        streets="4 Wren Cottages,Flat 2 60 Harbour Row,19 Long Acre",
        cities="Stroud GL5 1AA,Whitby YO21 1AB,Oban PA34 4AB",
        phone="+44 20 7946 0",
    ),
    _Culture(
        country="ES",
        country3="ESP",
        country_name="Spain",
        women="Inmaculada,Begoña=Begona,Nieves",
        men="Íñigo=Inigo,José Ángel=Jose Angel,Ramón=Ramon",
        families="Fernández de Córdoba y Mendoza=Fernandez de Cordoba y Mendoza,Ibáñez=Ibanez,Peña=Pena,Güell=Guell",
        streets="Calle Olmo 8,Plaza Nueva 1,Camino del Río 15",
        cities="Soria 42001,Cádiz 11001,Lugo 27001",
        phone="+34 91 555",
    ),
    _Culture(
        country="MX",
        country3="MEX",
        country_name="Mexico",
        women="Xóchitl=Xochitl,Guadalupe del Carmen,Itzel",
        men="Cuauhtémoc=Cuauhtemoc,Jesús=Jesus,Hugo Adrián=Hugo Adrian",
        families="Tlaxcalteca,Zúñiga=Zuniga,Cienfuegos,Muñoz=Munoz",
        streets="Calle Jacaranda 44,Av. del Maíz 901,Cda. Nopal 2",
        cities="Oaxaca 68000,Mérida 97000,Puebla 72000",
        phone="+52 55 5550",
    ),
)


def _pick(listed: str, index: int) -> tuple[str, str]:
    """One of the listed names, as written and in Latin letters."""
    names = listed.split(",")
    written, _, latin = names[index % len(names)].partition("=")
    return written, latin or written


@cache
def person(serial: int) -> Person:
    """The invented person of this serial (0 or more)."""
    if serial < 0:
        raise ValueError("a serial is not negative")
    culture, turn = _CULTURES[serial % len(_CULTURES)], serial // len(_CULTURES)
    sex = "F" if (serial + turn) % 2 == 0 else "M"
    given, latin_given = _pick(culture.women if sex == "F" else culture.men, turn)
    family, latin_family = _pick(culture.families, turn + turn // 4)
    city, _, postcode = _pick_place(culture.cities, turn).partition("|")
    born = date(1948, 1, 7) + timedelta(days=(serial * 7919 + 4211) % 20_400)
    issued = date(2019, 2, 1) + timedelta(days=(serial * 613) % 1_900)
    latin_last = latin_family.replace(" ", "-").replace("'", "").lower()
    return Person(
        serial=serial,
        given_names=given,
        family_name=family,
        full_name=f"{family} {given}" if culture.family_first else f"{given} {family}",
        latin_given_names=latin_given,
        latin_family_name=latin_family,
        sex=sex,
        birth_date=born,
        birth_place=city,
        country=culture.country,
        country3=culture.country3,
        country_name=culture.country_name,
        document_type=_document_type(culture.country, serial + turn),
        document_number=_document_number(culture.country, serial),
        national_number=f"{10_000_000_000 + (serial * 48_271_337 + 7_654_321) % 89_999_999_999}",
        document_issued=issued,
        document_expiry=issued + timedelta(days=3652),
        street=_written(culture.streets, turn),
        city=city,
        postcode=postcode,
        phone=f"{culture.phone}{(serial * 37) % 1000:03d}",
        email=f"{latin_given.split()[0].lower()}.{latin_last}.{serial}@mail.example",
    )


def _written(listed: str, index: int) -> str:
    # Streets of some countries have a comma before the number.
    streets = listed.replace(", ", "\x1f").split(",")
    return streets[index % len(streets)].replace("\x1f", ", ")


def _pick_place(listed: str, index: int) -> str:
    """``city|postcode`` of a ``city postcode`` entry: the postcode begins at the first word with a digit in it."""
    places = listed.split(",")
    words = places[index % len(places)].split()
    at = next(position for position, word in enumerate(words) if any(letter.isdigit() for letter in word))
    return f"{' '.join(words[:at])}|{' '.join(words[at:])}"


def _document_type(country: str, turn: int) -> str:
    """The United Kingdom has no identity cards."""
    found = _DOCUMENT_TYPES[turn % 3]
    return "passport" if country == "GB" and found == "id_card" else found


def _document_number(country: str, serial: int) -> str:
    digits = (serial * 7_368_787 + 3_141_593) % 10_000_000
    return f"{country[0]}{chr(65 + serial % 26)}{digits:07d}"
