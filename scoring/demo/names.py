"""
Names as they are heard in West Java: by people, by the woman or the man, first and last.

A word list is one string, split once; an underscore stands for a space within a name.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """One people's names and its share among the customers of the demo bank."""

    share: float
    women: tuple[str, ...]
    men: tuple[str, ...]
    women_last: tuple[str, ...]
    men_last: tuple[str, ...]
    one_word_share: float = 0.0


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


SUNDANESE = People(
    share=0.36,
    one_word_share=0.16,
    women=_words(
        "Neneng Euis Elis Iis Nani Yani Imas Nining Tini Cucu Ai Enok Titin Kokom Yoyoh Rina Rini Lilis Ade Dede Eneng "
        "Nunung Wiwin Yeni Yuyun Entin Iim Oneng Siti Sri Dewi Teti Tati Ida Ika Nia Novi Mimin Mintarsih Sumarni "
        "Rohayati Kurniasih Komariah Suhaeti Nurhayati Hj._Aisah Leni Susi Wulan Intan Resti Gina Anisa Risma Sinta"
    ),
    men=_words(
        "Asep Ujang Dadang Cecep Agus Deden Endang Dede Ade Iwan Tatang Nanang Aceng Encep Jajang Maman Oman Ujer Yayat "
        "Yudi Dedi Didi Engkos Entis Usep Wawan Wahyu Rahmat Rohman Saepul Suryana Supriatna Juhana Kosasih Karna "
        "Nandang Apep Atang Aep Dudung Ganda Hendra Herdi Ilham Irwan Kusnadi Mamat Opik Rizki Toto H._Uju Yana Zaenal"
    ),
    women_last=_words(
        "Nurhasanah Kurniasih Rohaeti Suryani Sumiati Rostika Nuraeni Maryati Yulianti Hasanah Rosmiati Herawati Komalasari "
        "Rahmawati Nurjanah Kartini Mulyani Sukaesih Aminah Sulastri Permatasari Wulandari Fitriani Lestari Handayani Sari"
    ),
    men_last=_words(
        "Supriatna Hidayat Sutisna Suryana Kurniawan Kosasih Gunawan Permana Nugraha Setiawan Mulyana Sopandi Koswara "
        "Wijaya Rahmat Ruhiyat Saputra Suhendar Suherman Suryadi Iskandar Sobandi Rustandi Sudrajat Ramdani Firmansyah "
        "Somantri Wiguna Hermawan Juanda Komarudin Maulana Solihin Heryanto Darmawan Kusnadi Sumantri Tarmizi"
    ),
)
JAVANESE = People(
    share=0.25,
    one_word_share=0.30,
    women=_words(
        "Sri Siti Endang Sulastri Suparmi Sumarni Suminah Tutik Wahyuni Sutinah Ngatinah Partini Sugiyarti Lestari "
        "Murniati Dwi Tri Eko Ratna Retno Rini Rahayu Yuliana Wiwik Widya Kartika Ningsih Puji Anik Umi Nur Ambar Dyah "
        "Indah Erna Hesti Kustini Suharti Supriyati Sriyani Warsini Tumini Sukarti Mujiati Pratiwi Winarsih Astuti Utami"
    ),
    men=_words(
        "Sugeng Slamet Bambang Joko Agus Budi Eko Dwi Tri Catur Hari Heru Supriyanto Sutrisno Suyono Suparno Sugiyono "
        "Suwarno Mulyono Wagiman Tukiman Purwanto Widodo Yanto Untung Teguh Arif Bayu Dimas Galih Imam Kuncoro "
        "Nugroho Paijo Parjono Rudi Sarwono Subagyo Sudarto Sunarto Suryanto Tarno Wahyu Wardoyo Yulianto Sumardi"
    ),
    women_last=_words(
        "Wahyuni Lestari Rahayu Ningsih Astuti Utami Handayani Widayati Susanti Setyowati Puspitasari Purwanti Wulandari "
        "Kusumawati Indrawati Sulistyowati Hartini Pratiwi Rejeki Nurhayati Mulyani Haryani Sumarsih Anggraini Marlina"
    ),
    men_last=_words(
        "Santoso Prasetyo Wibowo Nugroho Susanto Setiawan Purnomo Hartono Widodo Raharjo Saputro Kurniawan Pamungkas "
        "Utomo Sasongko Haryanto Wijayanto Handoko Subekti Cahyono Priyono Riyanto Sulistyo Hidayat Mardiyanto "
        "Yuwono Suseno Budiarto Kristanto Sudibyo Triyono"
    ),
)
BETAWI = People(
    share=0.12,
    one_word_share=0.12,
    women=_words(
        "Siti Rohani Rohmah Mariam Maimunah Halimah Zubaidah Saodah Fatimah Khadijah Nurlela Juleha Marhamah Hasanah "
        "Nuraini Masitoh Romlah Saidah Asiah Zahra Aisyah Mulyati Rogayah Munawaroh Sofiah Laila Hj._Salamah"
    ),
    men=_words(
        "Muhammad Ahmad Abdul Rojali Jaelani Mahmud Sabeni Marzuki Naman Nasir Naim Rohim Sanusi Syarif Zainudin Husin "
        "Hasan Ridwan Firdaus Mansur Madani Usman Umar Yusuf Idris Ibrahim H._Sulaiman Fauzi Bahrudin Junaedi Matnur"
    ),
    women_last=_words(
        "Rohmah Fauziah Hasanah Amelia Zahra Nurbaiti Khoiriyah Sa'diyah Maulida Syarifah Latifah Aulia Rahma Hidayah Jannah"
    ),
    men_last=_words(
        "Rojali Jaelani Marzuki Nawi Fauzi Hakim Rahman Hamid Mujib Syukur Ghofur Latif Aziz Somad Zaelani Muhidin Ramli "
        "Ali Hamzah Anwar Fikri Rizal Sanusi Mukhlis Basri"
    ),
)
MINANG = People(
    share=0.08,
    women=_words(
        "Yulinar Rosmaniar Erni Desi Yusnidar Nurhayati Elvira Fitri Mutia Rahmi Ratna Silvia Susi Upik Wirda Yenni Zulfa"
    ),
    men=_words(
        "Afrizal Syafrizal Zulkifli Yusrizal Rizal Amril Bustami Chairul Datuk Edi Fahmi Ismet Masrizal Nofrizal Rinaldi "
        "Syahrul Taufik Yuliandri Zainal"
    ),
    women_last=_words("Chaniago Piliang Koto Tanjung Yanti Sari Fitri Yusna Marni Elfira Rahmadani Novita Sikumbang"),
    men_last=_words(
        "Chaniago Piliang Koto Tanjung Sikumbang Guci Jambak Caniago Malik Rasyid Amir St._Mudo Efendi Syam"
    ),
)
MADURESE = People(
    share=0.05,
    one_word_share=0.35,
    women=_words("Maimunah Sutiyah Hosniyah Sumiyati Rukmini Suhairiyah Musarrofah Zainab Rahmah Sitti Misnati Nurul"),
    men=_words(
        "Moh. Abd. Mat Samsul Sahid Rofi'i Hosen Maskur Munir Fathorrahman Ach. Sulaiman Misbahul Buari Marsuki"
    ),
    women_last=_words("Hasanah Fitriyah Aini Khotimah Laili Jannah Mufarrohah Rohmah"),
    men_last=_words("Hosen Rahman Rosyid Muni Arifin Syaiful Mukhlis Holil Kholil Fawaid Bahri Wahid"),
)
BATAK = People(
    share=0.05,
    women=_words(
        "Rosmaida Tiurma Nurhaida Lasmaria Masdalena Derhana Roslina Nurmala Siti_Aisyah Dermawati Elida Hotma"
    ),
    men=_words(
        "Parlindungan Saut Amir_Hamzah Mangara Torang Sahat Muara Todung Baginda Pangeran Halomoan Rahmat Bonar"
    ),
    women_last=_words("Harahap Siregar Nasution Lubis Hasibuan Batubara Pulungan Daulay Rangkuti Pohan Simatupang"),
    men_last=_words(
        "Harahap Siregar Nasution Lubis Hasibuan Batubara Pulungan Daulay Rangkuti Pohan Simatupang Ritonga"
    ),
)
BUGIS = People(
    share=0.03,
    women=_words("Andi_Tenri Besse Hasnah Nurhaeda Sitti_Hajrah Rosmini Darmawati Suriani Fatmawati Hj._Rabiah Marwah"),
    men=_words(
        "Andi Baso Muh. Daeng Syamsuddin Muhlis Rusdi Ambo Abdul_Rasyid Haris Jamaluddin La_Ode Arifuddin Lukman"
    ),
    women_last=_words("Daeng_Ngai Mappatunru Palallo Hamid Yusuf Saleh Wahab Tahir"),
    men_last=_words("Mappanyukki Palallo Mattalatta Daeng_Rani Tahir Saleh Wahab Hamid Patunru Rahim Makkasau"),
)
ARAB = People(
    share=0.03,
    women=_words("Fatimah Alwiyah Syarifah Khadijah Muznah Salma Nur Zahra Aminah Ruqayah"),
    men=_words("Ali Umar Salim Hasan Abubakar Muhsin Alwi Faisal Abdullah Zein Ahmad Husein"),
    women_last=_words("Alatas Alhabsyi Bawazier Alkatiri Thalib"),
    men_last=_words("Alatas Alhabsyi Bawazier Alkatiri Thalib Bin_Agil Basalamah"),
)
CHINESE = People(
    share=0.03,
    women=_words("Lina Mei Yenny Susanna Fenny Linda Vivi Selvi Melly Lie_Hwa Sherly Hui_Lan"),
    men=_words("Hendra Willy Budiman Lukas Tjandra Kim_Hok Andreas Yongki Rudy Ferry Jimmy Tan_Hok"),
    women_last=_words("Wijaya Tanuwijaya Halim Lim Gunadi Kusuma Susanto Hartanto Salim"),
    men_last=_words("Wijaya Tanuwijaya Halim Lim Gunadi Kusuma Susanto Hartanto Salim Tandiono Sutanto"),
)
PEOPLES = (SUNDANESE, JAVANESE, BETAWI, MINANG, MADURESE, BATAK, BUGIS, ARAB, CHINESE)
