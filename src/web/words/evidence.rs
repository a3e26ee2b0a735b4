//! The texts of "why here?": one sentence for each kind of evidence that came after the first ones.

use super::Language;
use crate::model::link::Writer;

texts! {
plain {
    by_person_mail: "{who} put this mail here.", "Tę wiadomość umieścił(a) tu {who}.";
    by_person_thread: "{who} put this conversation here.", "Tę rozmowę umieścił(a) tu {who}.";
    by_person_sender: "{who} put all mail of this sender here.", "Całą pocztę tego nadawcy umieścił(a) tu {who}.";
    by_person_domain: "{who} put all mail of this sender's domain here.", "Całą pocztę z domeny tego nadawcy umieścił(a) tu {who}.";
    somebody: "Somebody", "Ktoś";
    filed_folder: "{who} put it into this record's folder in their mailbox.", "{who}: przeniesienie do folderu tego rekordu w skrzynce.";
    filed_dropbox: "{who} filed it here by a copy to their secret address.", "{who}: przypisanie kopią na tajny adres.";
    filed_token: "{who} filed it here by an address with a signed reference.", "{who}: przypisanie adresem z podpisanym odnośnikiem.";
    filed_attached: "{who} forwarded it here as an attachment.", "{who}: przekazanie tu jako załącznik.";
    filed_quoted: "{who} forwarded it, and its text hands on a mail that stands here.", "{who}: przekazanie, a w treści jest wiadomość, która jest tutaj.";
    own_mark: "It carries a reference that Standin signed for this record ({mark}), and {sender} takes part in it.",
        "Zawiera odnośnik podpisany przez Standin dla tego rekordu ({mark}), a {sender} bierze w nim udział.";
    foreign_mark: "It carries a reference that Standin signed for this record ({mark}), but {sender} takes no part in it.",
        "Zawiera odnośnik podpisany przez Standin dla tego rekordu ({mark}), ale {sender} nie bierze w nim udziału.";
    rule: "The rule “{name}” (version {version}) says so.", "Tak mówi reguła „{name}” (wersja {version}).";
    number_subject: "Its subject names {number}, and {sender} takes part in that.", "W temacie jest {number}, a {sender} bierze w tym udział.";
    number_body: "Its text names {number}, and {sender} takes part in that.", "W treści jest {number}, a {sender} bierze w tym udział.";
    foreign_number: "It names {number}, but {sender} takes no part in that, or it names others too.",
        "Zawiera {number}, ale {sender} nie bierze w tym udziału albo wymieniono też inne.";
    ranked: "Of the {n} open opportunities that {party} and others on the mail have, this one has {points} points, {lead} more than the next.",
        "Spośród otwartych szans ({n}), które mają {party} i inni z wiadomości, ta ma {points} pkt, o {lead} więcej niż następna.";
    weighed: "It is one of the {n} open opportunities that {party} and others on the mail have, and has {points} points.", "Jedna z otwartych szans ({n}), które mają {party} i inni z wiadomości; ma {points} pkt.";
    because: "The points are for: {grounds}.", "Punkty za: {grounds}.";
    converted: "{address} was a lead when it was written, and the lead became this.",
        "{address} należał wtedy do leada, z którego powstała ta szansa.";
    shared: "The address {address} stands on {n} records.", "Adres {address} jest w {n} rekordach.";
    forged: "It bears the address {address} of {party}, but your own mail server does not confirm the sender.",
        "Ma adres {address} ({party}), ale serwer pocztowy nie potwierdził nadawcy.";
    replies: "It answers a mail that stands here ({id}), and {sender} is a party in that conversation.",
        "Odpowiada na wiadomość, która tu jest ({id}), a {sender} jest stroną tej rozmowy.";
    replies_ours: "It answers a mail that stands here ({id}), and {sender} is one of us.",
        "Odpowiada na wiadomość, która tu jest ({id}), a {sender} to ktoś od nas.";
    replies_party: "It answers a mail that stands here ({id}), and {sender} is the address of somebody with a part in this.",
        "Odpowiada na wiadomość, która tu jest ({id}), a {sender} to adres kogoś, kto ma w tym udział.";
    replies_took_part: "It answers a mail that stands here ({id}), and {sender} is on other mail here.",
        "Odpowiada na wiadomość, która tu jest ({id}), a {sender} jest też w innej poczcie tutaj.";
    replies_house: "It answers a mail that stands here ({id}), and {sender} writes from the account's own domain.",
        "Odpowiada na wiadomość, która tu jest ({id}), a {sender} pisze z domeny tej firmy.";
    replies_report: "It reports about a mail of ours that stands here ({id}).",
        "To raport o naszej wiadomości, która tu jest ({id}).";
    thread_guessed: "It names no earlier mail, but by its conversation, topic and people, or by the number under which they keep it, it answers one before; {sender} takes part in it.",
        "Nie wskazuje wcześniejszej wiadomości, ale według wątku, tematu i osób albo według ich numeru sprawy odpowiada na wcześniejszą; {sender} bierze w niej udział.";
    thread_ranked: "What it answers was itself chosen among several.", "To, na co odpowiada, wybrano spośród kilku.";
    ground_thread: "other mail of its thread", "inna poczta z tego wątku";
    ground_subject: "the subject of an earlier mail", "temat wcześniejszej wiadomości";
    ground_quote: "text of an earlier mail", "tekst wcześniejszej wiadomości";
    ground_introduced: "who wrote what it quotes, and when", "autor i czas cytowanej wiadomości";
    ground_name: "words of the name", "słowa z nazwy";
    ground_words: "words of earlier mail", "słowa z wcześniejszej poczty";
    ground_people: "people of earlier mail", "osoby z wcześniejszej poczty";
    ground_sender: "the contact wrote it or it went to them", "kontakt jest nadawcą lub adresatem";
    ground_role: "they are its end customer", "to klient końcowy";
    ground_recent: "there was mail about it lately", "niedawna poczta w tej sprawie";
}
counted {
}
}

impl Words {
    /// That it answers what stands here, and what its writer is there.
    pub fn replied(&self, writer: Writer) -> &'static str {
        match writer {
            Writer::Unsaid => self.replies,
            Writer::Ours => self.replies_ours,
            Writer::Party => self.replies_party,
            Writer::TookPart => self.replies_took_part,
            Writer::House => self.replies_house,
            Writer::Report => self.replies_report,
        }
    }

    /// Who filed it, by the way they did.
    pub fn filed(&self, how: &str) -> &'static str {
        match how {
            "dropbox" => self.filed_dropbox,
            "token" => self.filed_token,
            "attached" => self.filed_attached,
            "quoted" => self.filed_quoted,
            _ => self.filed_folder,
        }
    }

    /// What gave points, by its word.
    pub fn ground(&self, what: &str) -> &'static str {
        match what {
            "thread" => self.ground_thread,
            "subject" => self.ground_subject,
            "quote" => self.ground_quote,
            "introduced" => self.ground_introduced,
            "name" => self.ground_name,
            "words" => self.ground_words,
            "people" => self.ground_people,
            "sender" => self.ground_sender,
            "role" => self.ground_role,
            _ => self.ground_recent,
        }
    }
}
