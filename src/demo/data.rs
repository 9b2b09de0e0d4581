//! The people and things of Exempelkommunen. All of it is invented; telephone numbers are from the range that
//! PTS sets aside for fiction, and serial numbers and IMEIs are those of no real handset.

/// First and last names, in the order in which people are made.
pub(super) const NAMES: [&str; 42] = [
    "Alva Ekström",
    "Björn Sandin",
    "Cecilia Norling",
    "Dawit Haile",
    "Elin Åkerblom",
    "Farid Rostami",
    "Gunilla Öst",
    "Hugo Lindvall",
    "Ingrid Palm",
    "Johan Ädel",
    "Karin Sjögren",
    "Leo Brandt",
    "Maja Holmér",
    "Nils Forslund",
    "Olga Petrova",
    "Pär Wiklund",
    "Qarin Dahl",
    "Rasmus Ljung",
    "Sara Tillman",
    "Tove Granath",
    "Ulf Rosén",
    "Vera Nyqvist",
    "Wilma Hedin",
    "Xander Berg",
    "Yasmin Aziz",
    "Zara Lindh",
    "Åke Moberg",
    "Ärla Sundin",
    "Örjan Falk",
    "Anton Viklander",
    "Beatrice Fors",
    "Carl Ekdahl",
    "Disa Malm",
    "Emil Rask",
    "Frida Ståhl",
    "Göran Lilja",
    "Hanna Borg",
    "Ivar Selander",
    "Jasmine Toll",
    "Kalle Winge",
    "Lisbeth Auer",
    "Mohammed Farah",
];

/// A legal entity with its units: the first unit is the förvaltning or the company itself.
pub(super) struct Branch {
    pub name: &'static str,
    pub is_company: bool,
    pub source: &'static str,
    pub source_label: &'static str,
    /// The source's id and the name of each unit.
    pub units: &'static [(&'static str, &'static str)],
    /// Whether its handsets may hold data under secrecy.
    pub secrecy: bool,
}

pub(super) const BRANCHES: [Branch; 3] = [
    Branch {
        name: "Socialnämnden",
        is_company: false,
        source: "hr",
        source_label: "Personalsystemet",
        units: &[
            ("SOC", "Socialförvaltningen"),
            ("SOC-HEM", "Hemtjänsten Norr"),
            ("SOC-STOD", "Stöd och service"),
        ],
        secrecy: true,
    },
    Branch {
        name: "Barn- och utbildningsnämnden",
        is_company: false,
        source: "hr-skola",
        source_label: "Personalsystemet, skola",
        units: &[
            ("BUN", "Utbildningsförvaltningen"),
            ("BUN-EK", "Ekbackens skola"),
            ("BUN-FSK", "Förskolan Tallen"),
        ],
        secrecy: false,
    },
    Branch {
        name: "Exempelbostäder AB",
        is_company: true,
        source: "hr-bostader",
        source_label: "Bolagets lönesystem",
        units: &[("EXB", "Exempelbostäder"), ("EXB-FAST", "Fastighetsskötsel")],
        secrecy: false,
    },
];

pub(super) const MODELS: [(&str, &str); 4] = [
    ("Exempel", "E10"),
    ("Exempel", "E20 Pro"),
    ("Norrsken", "Mobil 5"),
    ("Norrsken", "Mobil 5 Mini"),
];

/// An IMEI of the test type allocation 00-100001 with its check digit.
pub(super) fn imei(index: u32) -> String {
    let body = format!("00100001{index:06}");
    let sum: u32 = body
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { digit * 2 } else { digit })
        .map(|product| product / 10 + product % 10)
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A mail address out of a name.
pub(super) fn email(name: &str) -> String {
    let folded: String = name
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'å' | 'ä' => 'a',
            'ö' => 'o',
            'é' => 'e',
            ' ' => '.',
            other => other,
        })
        .collect();
    format!("{folded}@exempelkommunen.example")
}
