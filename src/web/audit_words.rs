//! The audit in words: actions, rights and what else was noted, in English and Polish. Exports and
//! the command line keep the words of the table.

use super::visit::Visit;
use super::words::{Language, Words};
use crate::model::audit::Action;
use crate::model::id::{TeamId, UserId};
use crate::model::time::Timestamp;
use serde_json::Value;

impl Words {
    /// What was done.
    pub fn action(&self, action: Action) -> &'static str {
        let (english, polish) = match action {
            Action::Read => ("read", "odczyt"),
            Action::GlassBroken => ("glass broken", "otwarcie awaryjne"),
            Action::Assigned => ("assigned", "przekazanie opiekunowi"),
            Action::Shared => ("shared", "udostępnienie"),
            Action::Unshared => ("share taken back", "cofnięcie udostępnienia"),
            Action::Confidential => ("confidential", "poufność"),
            Action::ManagerChanged => ("manager changed", "zmiana opiekuna według roli"),
            Action::TeamChanged => ("team changed", "zmiana zespołu"),
            Action::UserChanged => ("user changed", "zmiana użytkownika"),
            Action::AbsenceAdded => ("absence entered", "wpis nieobecności"),
            Action::AbsenceChanged => ("absence changed", "zmiana nieobecności"),
            Action::AbsenceEnded => ("absence ended", "koniec nieobecności"),
            Action::HandedOver => ("handed over", "czasowe przekazanie"),
            Action::Returned => ("returned", "zwrot"),
            Action::HandOverUndone => ("hand-over undone", "cofnięcie przekazania"),
            Action::Merged => ("merged", "połączenie"),
            Action::MergeUndone => ("merge undone", "rozłączenie"),
            Action::Deleted => ("deleted", "usunięcie"),
            Action::Restored => ("restored", "przywrócenie"),
            Action::ConsentAsked => ("consent asked for", "prośba o zgodę"),
            Action::ConsentDecided => ("consent decided", "decyzja o zgodzie"),
            Action::AccessAsked => ("access asked about", "pytanie o dostęp"),
            Action::Exported => ("exported", "eksport"),
            Action::ReviewRead => ("review read", "odczyt w przeglądzie"),
            Action::FilingChanged => {
                ("filing from mail programs changed", "zmiana przypisywania z programu pocztowego")
            }
            Action::Corrected => ("mail corrected", "poprawka powiązania"),
            Action::Written => ("mail written", "napisanie wiadomości"),
            Action::Created => ("record made of a mail", "rekord utworzony z wiadomości"),
            Action::Edited => ("record changed", "zmiana rekordu"),
            Action::NoticeTextChanged => ("text of notices changed", "zmiana tekstu zawiadomień"),
            Action::NumberChanged => ("number changed", "zmiana numeru"),
            Action::ReachSaid => {
                ("contact's absence or departure noted", "odnotowanie nieobecności lub odejścia kontaktu")
            }
            Action::AddressCleared => ("address usable again", "adres znów do użytku"),
            Action::Blocked => ("blocked", "zablokowanie"),
            Action::Unblocked => ("block ended", "koniec blokady"),
            Action::StoredRemoved => {
                ("stored mail of a blocked party removed", "usunięcie zapisanej poczty zablokowanych")
            }
            Action::PrivacyShown => ("stored data about an address shown", "wgląd w dane o adresie"),
            Action::Erased => ("address erased", "usunięcie danych o adresie"),
            Action::RulesChanged => ("rules changed", "zmiana reguł"),
            Action::RulesApplied => ("rules applied to history", "zastosowanie reguł do historii"),
            Action::NoticesStopped => ("notices stopped", "zatrzymanie zawiadomień"),
            Action::NoticesStarted => ("notices started", "wznowienie zawiadomień"),
            Action::RulesShown => ("effect of rules looked at", "podgląd działania reguł"),
            Action::Imported => ("file imported", "import pliku"),
            Action::SignInChanged => ("sign-in changed", "zmiana logowania"),
            Action::TokenChanged => ("API token changed", "zmiana tokenu API"),
            Action::MailboxChanged => ("mailbox changed", "zmiana skrzynki"),
            Action::MailboxAgreed => ("owner on reading a mailbox", "zgoda na czytanie skrzynki"),
        };
        self.either(english, polish)
    }

    /// The right by which; a word that is not known here stands as it is.
    pub fn right_word<'a>(&self, path: &'a str) -> &'a str {
        match path {
            "owner" => self.either("owner", "opiekun"),
            "cover" => self.either("cover", "zastępstwo"),
            "deputy" => self.either("deputy", "zastępca do spraw poufnych"),
            "fallback" => self.either("fallback", "osoba rezerwowa"),
            "share" => self.either("share", "udostępnienie"),
            "manager" => self.either("manager by role", "opiekun według roli"),
            "line" => self.either("line manager", "przełożony"),
            "transparent" => self.either("transparent mode", "tryb przejrzysty"),
            "admin" => self.either("admin", "administrator"),
            "step" => self.either("step", "etap"),
            "break-glass" => self.either("glass broken", "otwarcie awaryjne"),
            other => other,
        }
    }

    fn either(&self, english: &'static str, polish: &'static str) -> &'static str {
        match self.language {
            Language::English => english,
            Language::Polish => polish,
        }
    }

    /// A noted value that is a word of the program's own.
    fn noted_value(&self, word: &str) -> Option<&'static str> {
        let (english, polish) = match word {
            "read" => ("read", "odczyt"),
            "write" => ("write", "zapis"),
            "share" => ("share", "udostępnianie"),
            "assign" => ("assign", "przekazywanie"),
            "cover" => ("covered", "zastępowane"),
            "hand-over" => ("handed over", "przekazane"),
            "who" => ("who sees it", "kto widzi"),
            "why" => ("why somebody sees it", "dlaczego ktoś widzi"),
            "sees" => ("what somebody sees", "co ktoś widzi"),
            "account-manager" => ("account manager", "opiekun klienta"),
            "staff" => ("staff", "pracownik"),
            "admin" => ("admin", "administrator"),
            "password" => ("password changed", "zmiana hasła"),
            "password-reset" => ("password set by the operator", "hasło ustawione przez operatora"),
            "unlocked" => ("unlocked", "odblokowanie"),
            "second-factor-on" => ("second factor on", "włączenie drugiego składnika"),
            "second-factor-off" => ("second factor off", "wyłączenie drugiego składnika"),
            "recovery-codes-made" => ("new recovery codes made", "utworzenie nowych kodów zapasowych"),
            "recovery-code-used" => ("recovery code used", "użycie kodu zapasowego"),
            "identity-linked" => ("account at the provider linked", "powiązanie z kontem u dostawcy"),
            "identity-unlinked" => ("account at the provider unlinked", "usunięcie powiązania z dostawcą"),
            "admin-made" => ("admin made", "utworzenie administratora"),
            "made-at-sign-in" => ("made at sign-in", "utworzenie przy logowaniu"),
            "by-groups" => ("as groups at the provider say", "według grup u dostawcy"),
            "made" => ("made", "utworzenie"),
            "added" => ("added", "dodanie"),
            "changed" => ("changed", "zmiana"),
            "paused" => ("paused", "wstrzymanie"),
            "resumed" => ("resumed", "wznowienie"),
            "removed" => ("removed", "usunięcie"),
            "tested" => ("connection tried", "próba połączenia"),
            "history" => ("history read further back", "czytanie starszej historii"),
            "synchronised" => ("read at once", "natychmiastowa synchronizacja"),
            "history-stopped" => ("reading of history stopped", "zatrzymanie czytania historii"),
            "agreed" => ("agreed", "zgoda"),
            "withdrawn" => ("agreement withdrawn", "wycofanie zgody"),
            "revoked" => ("revoked", "unieważnienie"),
            _ => return None,
        };
        Some(self.either(english, polish))
    }

    /// What a noted value is about; in English the key itself, with spaces.
    fn noted(&self, key: &str) -> String {
        let polish = match key {
            "active" => "aktywne",
            "activities" => "działania",
            "added" => "dodano",
            "mailbox_change" => "co",
            "said" => "co",
            "host" => "serwer",
            "fields" => "pola",
            "back_on" => "powrót",
            "before" => "przedtem",
            "called_off" => "odwołano",
            "confidential" => "poufne",
            "confirm_on" => "do potwierdzenia",
            "copies" => "kopie leadów",
            "days" => "dni",
            "cover_writes" => "zastępca może zmieniać",
            "deputy" => "zastępca do spraw poufnych",
            "ends" => "koniec",
            "exceptions" => "wyjątki",
            "fallback" => "osoba rezerwowa",
            "from" => "od",
            "gone" => "włączony rekord",
            "gone_owner" => "jego opiekun",
            "handover" => "przekazanie",
            "how" => "jak",
            "language" => "język",
            "lines" => "wiersze",
            "mailed" => "w wysłanej wiadomości",
            "manager" => "przełożony",
            "member" => "członek",
            "merge" => "połączenie",
            "named" => "z nazwiska",
            "new" => "nowe",
            "notice" => "zawiadomienie",
            "plan" => "rekordy",
            "planned_end" => "planowany koniec",
            "question" => "pytanie",
            "reason" => "powód",
            "record" => "rekord",
            "records" => "rekordy",
            "renamed" => "nowa nazwa",
            "rights" => "prawa",
            "scope" => "zakres",
            "role" => "rola",
            "starts" => "początek",
            "state" => "stan",
            "substitute" => "zastępca",
            "team" => "zespół",
            "teams" => "zespoły",
            "to" => "do",
            "token" => "token",
            "until" => "do",
            "user" => "użytkownik",
            "what" => "co",
            "with" => "komu",
            "write" | "writes" => "zapis",
            _ => "",
        };
        match self.language {
            Language::Polish if !polish.is_empty() => polish.to_owned(),
            _ => key.replace('_', " "),
        }
    }
}

/// The noted details, as JSON, in words: `substitute: Piotr Nowak; from: 25 Nov 2026`. What says
/// nothing is left out.
pub(super) fn details(json: &str, visit: &Visit) -> String {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => {
            // The days of an absence are noted as they were entered, and as moments.
            let twice = |key: &str| fields.contains_key("from") && matches!(key, "starts" | "ends");
            let fields = fields.iter().filter(|(key, _)| !twice(key)).filter_map(|(key, value)| {
                let text = value_text(key, value, visit)?;
                Some(format!("{}: {text}", visit.words().noted(key)))
            });
            fields.collect::<Vec<_>>().join("; ")
        }
        _ => json.to_owned(),
    }
}

fn value_text(key: &str, value: &Value, visit: &Visit) -> Option<String> {
    let w = visit.words();
    let person = matches!(key, "user" | "substitute" | "deputy" | "member" | "fallback" | "manager" | "gone_owner");
    match value {
        Value::Null => None,
        Value::Bool(on) => Some(if *on { w.access().yes } else { w.access().no }.to_owned()),
        Value::Number(n) => match n.as_i64() {
            Some(id) if person => Some(visit.name(UserId(id))),
            Some(id) if matches!(key, "team" | "teams") => {
                Some(visit.world.team(TeamId(id)).map_or_else(|| n.to_string(), |team| team.name.clone()))
            }
            _ => Some(n.to_string()),
        },
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(at) => visit.clock.until(Timestamp(at.timestamp_millis())),
            Err(_) => w.noted_value(text).map_or_else(|| w.language.absences().with_days(text), str::to_owned),
        }),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().filter_map(|one| value_text(key, one, visit)).collect();
            (!all.is_empty()).then(|| all.join(", "))
        }
        Value::Object(fields) => {
            let text = details(&serde_json::to_string(fields).ok()?, visit);
            (!text.is_empty()).then_some(text)
        }
    }
}
