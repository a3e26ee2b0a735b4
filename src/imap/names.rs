//! Folders' roles by name, for servers without SPECIAL-USE; Exchange Online is one. Pure.
//!
//! The names are those that Outlook and Exchange, Gmail, Apple Mail, Thunderbird, Roundcube,
//! Zoho, GMX, WP.pl and Onet.pl give to their folders in each language. Compared without regard
//! to case, white space, hyphens, apostrophes and combining marks. Only folders at the top, or right below INBOX
//! or a provider's root, have a role: a folder "Sent" inside a project's folder is somebody's own.

use crate::model::cursor::Role;
use unicode_normalization::UnicodeNormalization as _;

/// The role that a folder's name suggests.
pub(super) fn role(path: &str, separator: Option<&str>) -> Option<Role> {
    let parts: Vec<&str> = match separator {
        Some(separator) => path.split(separator).filter(|part| !part.is_empty()).collect(),
        None => vec![path],
    };
    let name = match parts.as_slice() {
        [name] => name,
        [root, name] if ROOTS.iter().any(|known| folded(known) == folded(root)) => name,
        _ => return None,
    };
    let name = folded(name);
    NAMES.iter().find(|(_, names)| names.iter().any(|known| folded(known) == name)).map(|(role, _)| *role)
}

fn folded(name: &str) -> String {
    let letters = name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    letters.filter(|c| !c.is_whitespace() && !"-'’_.".contains(*c)).flat_map(char::to_lowercase).collect()
}

const ROOTS: [&str; 5] = ["INBOX", "[Gmail]", "[Google Mail]", "Mail", "mail"];

const NAMES: [(Role, &[&str]); 6] = [
    (Role::Sent, SENT),
    (Role::Drafts, DRAFTS),
    (Role::Junk, JUNK),
    (Role::Trash, TRASH),
    (Role::Archive, ARCHIVE),
    (Role::All, ALL),
];

#[rustfmt::skip]
const SENT: &[&str] = &[
    "Sent", "Sent Items", "Sent Mail", "Sent Messages", "Sent Objects",                    // en
    "Wysłane", "Elementy wysłane", "Wiadomości wysłane", "Wysłane wiadomości", "Poczta wysłana", // pl
    "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Gesendete Nachrichten", "Postausgang gesendet", // de
    "Envoyés", "Éléments envoyés", "Messages envoyés", "Courrier envoyé", "Mails envoyés", "Objets envoyés", // fr
    "Enviados", "Elementos enviados", "Correo enviado", "Mensajes enviados",               // es
    "Posta inviata", "Inviati", "Elementi inviati", "Inviata", "Messaggi inviati",         // it
    "Itens enviados", "Mensagens enviadas", "E-mails enviados", "Enviadas", "Correio enviado", // pt
    "Verzonden", "Verzonden items", "Verzonden berichten", "Verstuurd",                    // nl
    "Odeslané", "Odeslaná pošta", "Odeslané položky", "Odoslané", "Odoslaná pošta", "Odoslané položky", // cs sk
    "Skickat", "Skickade", "Skickade objekt", "Skickade meddelanden", "Skickad e-post",    // sv
    "Sendt", "Sendt post", "Sendte elementer", "Sendte e-mails", "Sendte beskeder", "Sendte", // da no
    "Lähetetyt", "Lähetetyt viestit", "Lähetetyt kohteet",                                 // fi
    "Elküldött", "Elküldött elemek", "Elküldött üzenetek", "Elküldött levelek",            // hu
    "Trimise", "Elemente trimise", "Mesaje trimise", "E-mail-uri trimise",                 // ro
    "Отправленные", "Отправлено", "Отправленные элементы", "Исходящие",                    // ru
    "Надіслані", "Надіслане", "Відправлені", "Надіслані елементи",                         // uk
    "Gönderilmiş Postalar", "Gönderilmiş Öğeler", "Gönderilen", "Gönderilenler", "Gönderilen Öğeler", // tr
    "Изпратени", "Изпратена поща", "Poslano", "Poslane", "Poslani predmeti", "Poslane stavke", "Послато", // bg hr sl sr
    "Απεσταλμένα", "Σταλμένα", "Saadetud", "Saadetud kirjad", "Nosūtītie", "Nosūtītās vienības", "Išsiųsta", "Išsiųsti laiškai", "Išsiųsti elementai", // el et lv lt
    "已发送", "已发送邮件", "已傳送", "寄件備份", "送信済み", "送信済みアイテム", "送信済みメール", "보낸 편지함", "보낸편지함", "보낸 메일함", // zh ja ko
    "Đã gửi", "Thư đã gửi", "المرسلة", "البريد المرسل", "العناصر المرسلة", "נשלח", "פריטים שנשלחו", "דואר שנשלח", // vi ar he
];

#[rustfmt::skip]
const DRAFTS: &[&str] = &[
    "Drafts", "Draft", "Draft Messages", "Kopie robocze", "Wersje robocze", "Szkice", "Robocze",
    "Entwürfe", "Entwurf", "Brouillons", "Brouillon", "Borradores", "Borrador", "Bozze", "Rascunhos", "Rascunho",
    "Concepten", "Koncepty", "Rozepsané", "Rozepsaná pošta", "Utkast", "Kladder", "Kladde", "Luonnokset",
    "Piszkozatok", "Piszkozat", "Ciorne", "Schițe", "Mesaje nefinalizate", "Черновики", "Чернетки", "Чорновики", "Taslaklar", "Taslak",
    "Чернови", "Skice", "Osnutki", "Πρόχειρα", "Mustandid", "Melnraksti", "Juodraščiai", "草稿", "草稿箱", "下書き", "임시 보관함", "임시보관함",
];

#[rustfmt::skip]
const JUNK: &[&str] = &[
    "Junk", "Junk E-mail", "Junk Email", "Junk Mail", "Spam", "Bulk Mail", "Bulk", "Unsolicited",
    "Wiadomości-śmieci", "Śmieci", "Niechciane", "Wiadomości niechciane", "Junk-E-Mail", "Unerwünscht", "Spamverdacht", "Werbung",
    "Courrier indésirable", "Indésirables", "Pourriel", "Correo no deseado", "No deseado", "Posta indesiderata", "Indesiderata",
    "Lixo Eletrônico", "Lixo eletrónico", "Correio não solicitado", "Ongewenste e-mail", "Ongewenst", "Reclame",
    "Nevyžádaná pošta", "Nevyžiadaná pošta", "Skräppost", "Skräp", "Uønsket post", "Uønsket mail", "Uønsket e-post", "Søppelpost", "Roskaposti",
    "Levélszemét", "Nem kívánt levelek", "Nedorite", "E-mail nedorit", "Mesaje nedorite", "Спам", "Нежелательная почта", "Небажана пошта",
    "Önemsiz", "Önemsiz E-posta", "İstenmeyen", "Gereksiz", "Нежелана поща", "Neželjena pošta", "Ανεπιθύμητα", "Rämpspost", "Mēstules", "Šlamštas",
    "垃圾邮件", "垃圾郵件", "迷惑メール", "정크 메일", "스팸함",
];

#[rustfmt::skip]
const TRASH: &[&str] = &[
    "Trash", "Deleted", "Deleted Items", "Deleted Messages", "Bin", "Kosz", "Elementy usunięte", "Usunięte", "Wiadomości usunięte",
    "Papierkorb", "Gelöscht", "Gelöschte Elemente", "Gelöschte Objekte", "Corbeille", "Éléments supprimés", "Messages supprimés",
    "Papelera", "Elementos eliminados", "Eliminados", "Cestino", "Posta eliminata", "Elementi eliminati", "Eliminati",
    "Lixeira", "Lixo", "Itens excluídos", "Itens eliminados", "Prullenbak", "Verwijderde items", "Prullenmand",
    "Koš", "Odstraněná pošta", "Kôš", "Odstránená pošta", "Odstránené položky", "Papperskorgen", "Papperskorg", "Borttagna objekt", "Borttaget",
    "Papirkurv", "Slettet post", "Slettede elementer", "Papirkurven", "Søppel", "Roskakori", "Poistetut", "Kuka", "Lomtár", "Törölt elemek", "Törölt",
    "Coș de gunoi", "Coş de gunoi", "Elemente șterse", "Gunoi", "Корзина", "Удаленные", "Удалённые", "Кошик", "Видалені", "Çöp", "Çöp Kutusu", "Silinmiş Öğeler", "Silinmiş",
    "Кошче", "Smeće", "Izbrisano", "Koš za smeti", "Απορρίμματα", "Prügikast", "Atkritne", "Šiukšlinė", "已删除", "已删除邮件", "垃圾桶", "ごみ箱", "ゴミ箱", "휴지통",
];

#[rustfmt::skip]
const ARCHIVE: &[&str] = &[
    "Archive", "Archives", "Archived", "Archiwum", "Archiv", "Archivo", "Archivio", "Archivados", "Arquivo", "Arquivo Morto", "Archief",
    "Archív", "Arkiv", "Arkisto", "Archívum", "Arhivă", "Arhiva", "Архив", "Архів", "Arşiv", "Αρχείο", "Arhiiv", "Arhīvs", "Archyvas", "存档", "封存", "アーカイブ", "보관함",
];

#[rustfmt::skip]
const ALL: &[&str] = &[
    "All Mail", "Wszystkie", "Alle Nachrichten", "Tous les messages", "Todos", "Tutti i messaggi", "Todos os e-mails", "Todo o correio",
    "Alle e-mails", "Všechny zprávy", "Všetky správy", "Alla mail", "Alle mails", "All e-post", "Kaikki viestit", "Az összes levél", "Toate mesajele",
    "Вся почта", "Уся пошта", "Вся пошта", "Tüm Postalar",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_many_languages_have_their_role() {
        for (path, wanted) in [
            ("Sent Items", Role::Sent),
            ("Elementy wysłane", Role::Sent),
            ("GESENDETE ELEMENTE", Role::Sent),
            ("E\u{301}le\u{301}ments envoye\u{301}s", Role::Sent),
            ("Отправленные", Role::Sent),
            ("Gönderilmiş Öğeler", Role::Sent),
            ("INBOX/Sent", Role::Sent),
            ("[Gmail]/Wysłane", Role::Sent),
            ("Kopie robocze", Role::Drafts),
            ("Junk E-mail", Role::Junk),
            ("Elementy usunięte", Role::Trash),
            ("Archiwum", Role::Archive),
            ("[Gmail]/All Mail", Role::All),
        ] {
            assert_eq!(role(path, Some("/")), Some(wanted), "{path}");
        }
    }

    #[test]
    fn somebodys_own_folder_has_no_role() {
        for path in ["Projects/Sent", "INBOX/Acme/Sent", "Sentinel", "Consent", "", "/"] {
            assert_eq!(role(path, Some("/")), None, "{path}");
        }
        assert_eq!(role("INBOX.Sent", Some(".")), Some(Role::Sent));
    }

    #[test]
    fn no_name_stands_for_two_roles() {
        let mut seen = std::collections::HashMap::new();
        for (role, names) in NAMES {
            for name in names {
                assert!(*seen.entry(folded(name)).or_insert(role) == role, "{name}");
            }
        }
    }
}
