//! The texts of the page about filing from one's mail program, and of what became of what was filed.

use super::Language;
use crate::actions::filing::No;
use crate::model::filing::{How, Reason};

texts! {
plain {
    title: "Filing from my mail program", "Przypisywanie z programu pocztowego";
    means: "Put a mail on a record without leaving your mail program: by a folder, a blind copy, an address or a forward. Nothing has to be installed.",
        "Przypisz wiadomość do rekordu bez wychodzenia z programu pocztowego: folderem, ukrytą kopią, adresem lub przekazaniem. Niczego nie trzeba instalować.";
    see: "How to file", "Jak przypisywać";
    folders: "Folders", "Foldery";
    folders_means: "Standin makes folders below “Standin” in your mailbox, one for each record that you own or opened lately and may change. A mail that you put there is filed and stays there. No other folder is ever changed.",
        "Standin zakłada w twojej skrzynce foldery w folderze „Standin”, po jednym na każdy rekord, który do ciebie należy lub był ostatnio otwarty i możesz go zmieniać. Wiadomość, którą tam przeniesiesz, zostaje przypisana i tam pozostaje. Żaden inny folder nie jest zmieniany.";
    file_means: "finds the record itself", "rekord znajdzie się sam";
    ignore_means: "private: on no record", "prywatne: w żadnym rekordzie";
    unknown_means: "not one of Standin’s: nothing in it is filed", "nie jest to folder Standin: nic z niego nie jest przypisywane";
    retired_means: "you may not change the record any more; the folder goes once it is empty",
        "nie możesz już zmieniać tego rekordu; folder zniknie, gdy będzie pusty";
    on: "Make folders in mailbox {name}", "Załóż foldery w skrzynce {name}";
    off: "No more folders in mailbox {name}", "Bez folderów w skrzynce {name}";
    off_hint: "Empty folders are removed; those with mail in them stay and are yours. What was filed stays filed.",
        "Puste foldery znikną; te z wiadomościami zostaną i będą twoje. To, co przypisano, pozostaje przypisane.";
    soon: "The folders are made at the next look at the mailbox, within minutes.", "Foldery powstaną przy najbliższym przeglądzie skrzynki, w ciągu kilku minut.";
    leaving: "The folders are being taken away.", "Foldery są właśnie usuwane.";
    trouble: "The mail server did not do its part: {text}", "Serwer poczty odmówił: {text}";
    kept_out: "Mails in these folders with a keyword that means “never” are not looked at: {n}.",
        "Wiadomości w tych folderach ze słowem kluczowym oznaczającym „nigdy” nie są odczytywane: {n}.";
    no_mailbox: "No mailbox of yours is connected.", "Żadna twoja skrzynka nie jest podłączona.";
    secret: "My secret address", "Mój tajny adres";
    secret_means: "As Bcc on a mail to a client: it is filed with them, and they see nothing of it. Or forward mail there as an attachment: each attached mail is filed as itself. With .op-1042 before the @, or [OP-1042] in the subject, it goes on that record. Only mail that provably comes from one of your own addresses counts.",
        "Jako UDW w wiadomości do klienta: zostanie przypisana do niego, a on nic nie zobaczy. Albo przekaż tam wiadomość jako załącznik: każda załączona zostanie przypisana z osobna. Z .op-1042 przed @ lub [OP-1042] w temacie trafi do tego rekordu. Liczy się tylko poczta, która na pewno pochodzi z jednego z twoich adresów.";
    secret_none: "You have none yet.", "Jeszcze go nie masz.";
    no_dropbox: "This installation has no mailbox for copies. Your admin can set one.", "Ta instalacja nie ma skrzynki na kopie. Może ją ustawić administrator.";
    renew: "Give me a new address", "Nadaj mi nowy adres";
    renew_hint: "The one before files nothing any more.", "Poprzedni przestanie działać.";
    addresses: "An address for one record", "Adres jednego rekordu";
    addresses_means: "With it as Cc or Reply-To, a mail and the answers to it come onto the record. Its reference is signed: nobody can guess one.",
        "Z nim w polu DW lub Odpowiedz-do wiadomość i odpowiedzi na nią trafiają do rekordu. Odnośnik jest podpisany: nikt go nie zgadnie.";
    record_label: "Record (number, name or id)", "Rekord (numer, nazwa lub identyfikator)";
    show: "Show", "Pokaż";
    signed: "For Cc and Reply-To", "Do pól DW i Odpowiedz-do";
    for_copies: "For Bcc and forwarding, for you alone", "Do UDW i przekazywania, tylko dla ciebie";
    make_folder: "Make a folder for it", "Załóż dla niego folder";
    latest: "What I filed lately", "Co ostatnio przypisano";
    latest_none: "Nothing yet. Put a mail into one of the folders to try it; it appears here.",
        "Jeszcze nic. Na próbę przenieś wiadomość do jednego z folderów; pojawi się tutaj.";
    done: "Saved.", "Zapisano.";
    mistake: "Nothing was changed.", "Nic nie zmieniono.";
    was_filed: "on {record}", "w rekordzie {record}";
    was_added: "on {record} as well; what it stood on is not yours to change", "także w rekordzie {record}; dotychczasowego nie możesz zmieniać";
    was_found: "it was on its records already", "jest już w swoich rekordach";
    was_private: "private", "prywatna";
    look: "the mail", "wiadomość";
    arrived: "arrived", "nadeszła";
    how_folder: "folder", "folder";
    how_dropbox: "secret address", "tajny adres";
    how_token: "reference in an address", "odnośnik w adresie";
    how_attached: "forwarded", "przekazanie";
    filed_by: "Filed by {who}: {how}", "Przypisanie ({who}): {how}";
    wrong_folder: "not filed: the folder’s name means nothing here; move it to one that Standin made",
        "nieprzypisana: nazwa folderu nic tu nie znaczy; przenieś ją do folderu założonego przez Standin";
    no_right: "not filed: there is no such record, or you may not change it; ask its owner",
        "nieprzypisana: nie ma takiego rekordu lub nie możesz go zmieniać; zapytaj jego opiekuna";
    nothing_found: "not filed: no record of yours fits; move it to a record’s folder",
        "nieprzypisana: nie pasuje do żadnego twojego rekordu; przenieś ją do folderu rekordu";
    not_theirs: "not private: it stands on a record that you may not change; ask whoever answers for it",
        "nieprywatna: jest w rekordzie, którego nie możesz zmieniać; zapytaj, kto za niego odpowiada";
    overruled: "not filed: somebody said otherwise of it or its thread; say it on its page",
        "nieprzypisana: ktoś zdecydował inaczej o niej lub jej wątku; zmień to na jej stronie";
    blocked: "not filed: somebody on it is blocked, so it is never stored", "nieprzypisana: ktoś z niej jest zablokowany, więc nie jest przechowywana";
    unknown_address: "not filed: the address is nobody’s, or was renewed; use the one shown here",
        "nieprzypisana: adres jest niczyj lub został wymieniony; użyj pokazanego tutaj";
    not_the_sender: "not filed: it did not come from an address of yours; if it was you, have that address added, else renew yours",
        "nieprzypisana: nie przyszła z twojego adresu; jeśli to ty, poproś o dodanie adresu, a jeśli nie, wymień tajny adres";
    unproven: "not filed: nothing proves that it came from you; send it through the company’s own server",
        "nieprzypisana: nic nie dowodzi, że pochodzi od ciebie; wyślij ją przez serwer firmy";
    inline_forward: "not filed: the mail stands in the text of a forward; forward it as an attachment",
        "nieprzypisana: wiadomość jest w treści przekazania; przekaż ją jako załącznik";
    wrong_token: "not filed: the reference in an address was not signed here; copy it anew",
        "nieprzypisana: odnośnika w adresie tu nie podpisano; skopiuj go ponownie";
    no_such_mailbox: "There is no mailbox of yours with that name.", "Nie masz skrzynki o tej nazwie.";
    already: "It is so already.", "Tak już jest.";
    no_such_record: "There is no such record, or it is not to be seen.", "Nie ma takiego rekordu lub nie masz do niego wglądu.";
    may_not_write: "You may read that record, not change it; ask its owner.", "Możesz czytać ten rekord, ale nie zmieniać; zapytaj jego opiekuna.";
    no_address: "No address of yours is known. Your admin can add one.", "Nie znamy twojego adresu. Może go dodać administrator.";
    no_folder: "There are folders for accounts, leads and opportunities, where they are switched on.",
        "Foldery są dla firm, leadów i szans, jeśli je włączono.";
}
counted {
}
}

impl Words {
    /// Why a filing was not honoured, and what to do.
    pub fn reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::WrongFolder => self.wrong_folder,
            Reason::NoRight => self.no_right,
            Reason::NothingFound => self.nothing_found,
            Reason::NotTheirs => self.not_theirs,
            Reason::Overruled => self.overruled,
            Reason::Blocked => self.blocked,
            Reason::UnknownAddress => self.unknown_address,
            Reason::NotTheSender => self.not_the_sender,
            Reason::Unproven => self.unproven,
            Reason::InlineForward => self.inline_forward,
            Reason::WrongToken => self.wrong_token,
        }
    }

    /// The way a mail was filed.
    pub fn how(&self, how: How) -> &'static str {
        match how {
            How::Folder => self.how_folder,
            How::Dropbox => self.how_dropbox,
            How::Token => self.how_token,
            How::Attached => self.how_attached,
        }
    }

    /// Why nothing was changed.
    pub fn no(&self, no: &No) -> &'static str {
        match no {
            No::NoMailbox | No::Shared | No::Nobody => self.no_such_mailbox,
            No::Already => self.already,
            No::NoDropbox => self.no_dropbox,
            No::NoRecord => self.no_such_record,
            No::MayNotWrite => self.may_not_write,
            No::NoAddress => self.no_address,
            No::NoFolder => self.no_folder,
        }
    }
}
