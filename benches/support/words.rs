//! Polish and English text whose words are distributed as in real text: a few hundred real words
//! that make up half of it, then a long tail of made-up ones, names, numbers and codes. Full-text
//! indexes and compressors see what they would see in a company's mail.

use super::random::{Random, Zipf};

/// Language of a mail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Polish.
    Polish,
    /// English.
    English,
}

/// Draws words, sentences and paragraphs.
pub struct Words {
    polish: Vec<String>,
    english: Vec<String>,
    zipf: Zipf,
}

const POLISH: &str = "w i na z do się że o nie to jest za od po jak dla przez oraz są by co ale lub czy już tak ten ta \
te tym tego tej być będzie mamy proszę dzień dobry dziękuję państwa pani pan nam nas was ich jego jej który która które \
przy pod nad bez też tylko może można możemy prosimy oferta oferty zamówienie zamówienia termin dostawy dostawa cena \
ceny faktura faktury płatności umowa umowy projekt projektu pompy pompa zawór zawory silnik części serwis spotkanie \
spotkania telefon wiadomość wiadomości odpowiedź załączeniu załącznik przesyłam wysyłam pozdrawiam poważaniem firma \
firmy klient klienta dokumentacja techniczna rysunek wersja poprawki zmiana zmiany ilość sztuk netto brutto rabat \
warunki gwarancja magazyn transport kurier adres jutro dzisiaj wczoraj tydzień tygodniu miesiąc roku godzinie \
poniedziałek wtorek środa czwartek piątek pytanie pytania potwierdzenie potwierdzam informacja informacji zgodnie \
ustaleniami rozmową temat temacie więc jednak gdyby jeśli kiedy gdzie dlaczego ponieważ dlatego między podczas według \
około dwa trzy cztery pięć sześć nowy nowa nowe pierwszy drugi ostatni dobrze bardzo szybko pilne pilnie ważne wszystko \
wszystkie każdy moja mój nasza nasz wasza wasz sobie siebie tutaj tam teraz potem wcześniej później znowu jeszcze";
const ENGLISH: &str = "the to and of a in is for on you we that it with be this as are have will our your from or at by \
not can if an please was all has but any which would they their there been what so when one out up do about more \
also were should could them these only us no time may need thank thanks regards best dear kind hi hello order orders \
delivery price prices quote quotation invoice payment terms offer contract project pump pumps valve valves engine parts \
service meeting call message answer attached attachment sending send sent find company customer client drawing version \
changes change quantity pieces net discount conditions warranty stock transport courier address tomorrow today \
yesterday week month year monday tuesday wednesday thursday friday question questions confirm confirmation information \
according agreed subject however because therefore between during about two three four five six new first second last \
good very soon urgent important everything every my mine ours here now then before after again still next further let \
know look forward hearing possible available required shipping shipment document documents technical data sheet budget \
site plant installation maintenance schedule deadline review approve approved approval comments draft final copy";
const POLISH_STARTS: [&str; 24] = [
    "po", "za", "wy", "prze", "roz", "na", "od", "do", "przy", "u", "nie", "pod", "kon", "re", "pro", "tra", "elek",
    "me", "sta", "ko", "gra", "mo", "ła", "świ",
];
const POLISH_MIDDLES: [&str; 32] = [
    "ch", "cz", "sz", "rz", "dz", "ło", "la", "wia", "mie", "pię", "stwo", "kła", "gło", "pra", "wro", "bie", "da",
    "ru", "ty", "no", "si", "zem", "tor", "lin", "mar", "war", "kow", "rów", "miń", "żel", "pom", "sił",
];
const POLISH_ENDS: [&str; 40] = [
    "ować", "anie", "ania", "owy", "owa", "owe", "owego", "owych", "ami", "ość", "ości", "ów", "ęcie", "iczny",
    "icznej", "acja", "acji", "nik", "nika", "ników", "arka", "arki", "ek", "ka", "ki", "kę", "y", "a", "u", "em",
    "om", "ach", "ego", "emu", "ymi", "ąc", "ił", "iła", "ły", "enie",
];
const ENGLISH_STARTS: [&str; 24] = [
    "re", "un", "con", "pro", "dis", "in", "ex", "com", "per", "sub", "inter", "trans", "over", "de", "en", "mis",
    "fore", "st", "tr", "gr", "pl", "br", "cl", "sp",
];
const ENGLISH_MIDDLES: [&str; 32] = [
    "ac", "al", "an", "ar", "at", "ed", "el", "en", "er", "est", "ic", "id", "ig", "il", "in", "is", "it", "ol", "on",
    "or", "ort", "ound", "pel", "ram", "rist", "tend", "tom", "umb", "urn", "ver", "ward", "work",
];
const ENGLISH_ENDS: [&str; 40] = [
    "ing", "ed", "er", "ers", "tion", "tions", "able", "ment", "ments", "ness", "ly", "al", "ally", "s", "es", "y",
    "ity", "ive", "ous", "ful", "less", "ion", "ize", "ized", "izing", "ance", "ence", "ant", "ent", "or", "ors",
    "age", "ship", "ist", "ism", "en", "th", "ward", "wise", "like",
];
/// Words per language. Text of this length keeps finding new ones, as real text does.
const SIZE: usize = 60_000;

impl Words {
    /// The vocabulary of a seed.
    pub fn new(seed: u64) -> Words {
        Words {
            polish: vocabulary(seed, POLISH, &POLISH_STARTS, &POLISH_MIDDLES, &POLISH_ENDS),
            english: vocabulary(seed + 1, ENGLISH, &ENGLISH_STARTS, &ENGLISH_MIDDLES, &ENGLISH_ENDS),
            zipf: Zipf::new(SIZE, 1.05, 2.7),
        }
    }

    /// Adds one word.
    pub fn word(&self, random: &mut Random, language: Language, out: &mut String) {
        if random.chance(0.03) {
            return code(random, out);
        }
        let words = if language == Language::Polish { &self.polish } else { &self.english };
        out.push_str(&words[self.zipf.draw(random)]);
    }

    /// Adds a sentence with its full stop.
    pub fn sentence(&self, random: &mut Random, language: Language, out: &mut String) {
        let start = out.len();
        let count = 4 + random.below(14);
        for at in 0..count {
            if at > 0 {
                out.push_str(if random.chance(0.08) { ", " } else { " " });
            }
            self.word(random, language, out);
        }
        capital(out, start);
        out.push_str(if random.chance(0.15) { "?" } else { "." });
    }

    /// Paragraphs of about `length` bytes in all, each one line.
    pub fn paragraphs(&self, random: &mut Random, language: Language, length: usize) -> Vec<String> {
        let mut all = Vec::new();
        let mut left = length as i64;
        while left > 0 {
            let mut paragraph = String::new();
            for _ in 0..=random.below(5) {
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                self.sentence(random, language, &mut paragraph);
                if paragraph.len() as i64 >= left {
                    break;
                }
            }
            left -= paragraph.len() as i64 + 2;
            all.push(paragraph);
        }
        all
    }

    /// A few words for a subject.
    pub fn subject(&self, random: &mut Random, language: Language) -> String {
        let mut out = String::new();
        for at in 0..2 + random.below(5) {
            if at > 0 {
                out.push(' ');
            }
            self.word(random, language, &mut out);
        }
        capital(&mut out, 0);
        out
    }
}

fn capital(text: &mut String, at: usize) {
    let Some(first) = text[at..].chars().next() else { return };
    let upper: String = first.to_uppercase().collect();
    text.replace_range(at..at + first.len_utf8(), &upper);
}

/// Numbers, dates and codes: every company's mail is full of them and each is new to an index.
fn code(random: &mut Random, out: &mut String) {
    let text = match random.below(5) {
        0 => format!("{}", random.range(1, 5000)),
        1 => format!("{}.{:02}.2026", random.range(1, 28), random.range(1, 12)),
        2 => format!("PO-{}", random.range(10_000, 99_999)),
        3 => format!("{} {:03},{:02}", random.range(1, 99), random.range(0, 999), random.range(0, 99)),
        _ => format!("{}{}/{}", random.pick(&["DN", "KX", "ZW", "FV"]), random.range(10, 999), random.range(1, 99)),
    };
    out.push_str(&text);
}

fn vocabulary(seed: u64, common: &str, starts: &[&str], middles: &[&str], ends: &[&str]) -> Vec<String> {
    let mut random = Random::new(seed ^ 0x0077_6f72_6473);
    let mut seen = std::collections::HashSet::new();
    let mut all: Vec<String> = Vec::with_capacity(SIZE);
    for word in common.split_whitespace() {
        if seen.insert(word.to_owned()) {
            all.push(word.to_owned());
        }
    }
    while all.len() < SIZE {
        let mut word = random.pick(starts).to_string();
        for _ in 0..1 + random.below(2) {
            word.push_str(random.pick::<&str>(middles));
        }
        word.push_str(random.pick::<&str>(ends));
        if seen.insert(word.clone()) {
            all.push(word);
        }
    }
    all
}
