//! The texts of the pages on which mail is written: drafts, what became of them, and what stands below.

use super::{Counted, Language};

texts! {
plain {
    drafts: "Drafts", "Szkice";
    drafts_means: "What you are writing, and what you sent in the last seven days. Nobody else sees your drafts.",
        "To, co piszesz, i to, co zostało wysłane w ostatnich siedmiu dniach. Nikt inny nie widzi tych szkiców.";
    drafts_none: "No drafts. Open a mail and answer it, or write from a record.", "Brak szkiców. Otwórz wiadomość i odpowiedz albo napisz z rekordu.";
    reply: "Answer", "Odpowiedz";
    answer: "Your answer: {state}", "Twoja odpowiedź: {state}";
    answer_to: "Your answer to {to}: {state}", "Twoja odpowiedź ({to}): {state}";
    see_sent: "Look at it", "Zobacz ją";
    reply_all: "Answer all", "Odpowiedz wszystkim";
    forward: "Forward", "Przekaż dalej";
    write: "Write a mail", "Napisz wiadomość";
    kind_reply: "Answer", "Odpowiedź";
    kind_forward: "Forwarded mail", "Przekazywana wiadomość";
    kind_new: "New mail", "Nowa wiadomość";
    no_subject: "(no subject)", "(bez tematu)";
    no_one_yet: "nobody yet", "jeszcze nikt";
    from: "From", "Od";
    to: "To", "Do";
    cc: "Cc", "DW";
    bcc: "Bcc", "UDW";
    addresses_hint: "Several addresses are separated by commas.", "Kilka adresów rozdziel przecinkami.";
    subject: "Subject", "Temat";
    text: "Text", "Treść";
    files: "Attachments", "Załączniki";
    add_file: "Add files", "Dodaj pliki";
    add_file_hint: "25 MB together at most. They are added when you save or send.", "Łącznie najwyżej 25 MB. Zostaną dodane przy zapisie lub wysłaniu.";
    remove: "Remove {name}", "Usuń: {name}";
    save: "Save draft", "Zapisz szkic";
    send: "Send", "Wyślij";
    send_anyway: "Send all the same", "Wyślij mimo to";
    discard: "Throw away", "Wyrzuć";
    saved: "Saved {when}", "Zapisano: {when}";
    cover: "It goes out under your name and address, with the line “{line}”.", "Wyjdzie pod Twoim nazwiskiem i adresem, z wierszem „{line}”.";
    about: "About", "Dotyczy";
    answers_mail: "The mail", "Wiadomość";
    state_queued: "Waits to be sent.", "Czeka na wysłanie.";
    state_again: "The server did not take it yet; it is tried again at {time}.", "Serwer jeszcze jej nie przyjął; kolejna próba o {time}.";
    state_sending: "Is being sent.", "Jest wysyłana.";
    state_sent: "Sent.", "Wysłana.";
    state_sent_open: "Open it", "Otwórz";
    state_sent_nowhere: "It concerns no record, so it stands on no timeline; you find it in your folder of sent mail.",
        "Nie dotyczy żadnego rekordu, więc nie ma jej na żadnej osi czasu; znajdziesz ją w folderze wysłanych.";
    state_unclear: "Nobody knows whether it went out: the connection or the program broke off while it was being handed over.",
        "Nie wiadomo, czy wyszła: połączenie lub program przerwało się w chwili przekazywania.";
    state_unclear_next: "It is not sent again by itself. Look into your folder of sent mail, or ask whom you wrote to; then say here which it is.",
        "Nie zostanie wysłana ponownie sama. Zajrzyj do folderu wysłanych albo zapytaj adresata, a potem wskaż tu, jak jest.";
    went_out: "It went out", "Wyszła";
    not_out: "It did not go out: make it a draft again", "Nie wyszła: przywróć szkic";
    take_back: "Take it back", "Cofnij wysłanie";
    state_refused: "It was not sent; the draft is kept.", "Nie została wysłana; szkic został zachowany.";
    state_back: "You took it back. It is a draft again.", "Wysłanie cofnięto. To znów szkic.";
    server_said: "The server's words: {words}", "Odpowiedź serwera: {words}";
    draft: "Draft", "Szkic";
    copy_there: "A copy lies in your folder of sent mail.", "Kopia leży w folderze wysłanych.";
    copy_due: "The copy for your folder of sent mail is being put there.", "Kopia do folderu wysłanych jest właśnie zapisywana.";
    copy_theirs: "Your provider files the copy in your folder of sent mail.", "Kopię w folderze wysłanych zapisuje dostawca poczty.";
    copy_failed: "No copy could be put into your folder of sent mail: {why}. The mail itself went out.",
        "Nie udało się zapisać kopii w folderze wysłanych: {why}. Sama wiadomość wyszła.";
    do_recipient: "The server refuses a recipient. Nobody got the mail. Correct or remove that address, then send again.",
        "Serwer odrzucił adresata. Nikt nie dostał wiadomości. Popraw lub usuń ten adres i wyślij ponownie.";
    do_sign_in: "The server refuses your mailbox's password or token. An administrator renews it in the configuration ([mailbox.smtp]); then send again.",
        "Serwer odrzuca hasło lub token Twojej skrzynki. Administrator odnowi je w konfiguracji ([mailbox.smtp]); potem wyślij ponownie.";
    do_large: "The mail is too large for the server. Remove attachments, or send them in several mails.",
        "Wiadomość jest za duża dla serwera. Usuń załączniki albo wyślij je w kilku wiadomościach.";
    do_sender: "The server does not let your mailbox send under its address. An administrator sets it right at the provider, or in [mailbox.smtp].",
        "Serwer nie pozwala Twojej skrzynce wysyłać pod jej adresem. Administrator poprawi to u dostawcy lub w [mailbox.smtp].";
    do_other: "Read the server's words below; then send again, or ask an administrator.",
        "Przeczytaj niżej odpowiedź serwera; potem wyślij ponownie albo zapytaj administratora.";
    answered: "{name} answered meanwhile ({when}).", "W międzyczasie odpowiedział(a) {name} ({when}).";
    see_answer: "See the answer", "Zobacz odpowiedź";
    was_answered: "{name} answered ({when}).", "Odpowiedział(a) {name} ({when}).";
    writing: "{name} is writing an answer.", "{name} pisze odpowiedź.";
    first_read: "Read this first", "Najpierw przeczytaj";
    warn_internal: "Nobody outside the company gets it, so whoever waits for an answer waits on.", "Nie dostanie jej nikt spoza firmy, więc kto czeka na odpowiedź, czeka dalej.";
    warn_blocked: "{address} is blocked: mail with it is not stored, so this one will not stand on the record.",
        "{address} jest na liście blokad: poczty z tym adresem nie zapisujemy, więc tej wiadomości nie będzie na rekordzie.";
    warn_failing: "Mail to {address} came back, or its owner left.", "Poczta na {address} wracała albo właściciel adresu odszedł.";
    no_mailbox: "You have no mailbox in Standin, so nothing can go out under your address. An administrator adds one to the configuration: a [[mailbox]] with you as its `user`.",
        "Nie masz skrzynki w Standin, więc nic nie może wyjść pod Twoim adresem. Administrator doda ją w konfiguracji: [[mailbox]] z Tobą jako `user`.";
    no_server: "Your mailbox {name} has no server that sends. An administrator adds it to the configuration: [mailbox.smtp] below that mailbox. Then Standin is started again.",
        "Skrzynka {name} nie ma serwera do wysyłania. Administrator doda go w konfiguracji: [mailbox.smtp] pod tą skrzynką. Potem trzeba ponownie uruchomić Standin.";
    no_meanwhile: "It was saved in another window, or sent, meanwhile. What you typed stands below: save once more to keep this.",
        "W międzyczasie zapisano ją w innym oknie albo wysłano. To, co wpisano, jest poniżej: zapisz jeszcze raz, aby to zachować.";
    no_recipient: "Nobody is to get it. Enter an address in “To”.", "Nie ma adresata. Wpisz adres w polu „Do”.";
    no_address: "“{text}” is no address that a mail can go to. Correct it.", "„{text}” nie jest adresem, na który można wysłać. Popraw go.";
    no_many: "More than 100 people are to get it. Send it in several mails.", "Adresatów jest ponad 100. Wyślij w kilku wiadomościach.";
    no_empty: "There is neither text nor attachment. Write something.", "Nie ma ani treści, ani załącznika. Napisz coś.";
    no_long: "It is too long. Shorten it.", "To jest za długie. Skróć.";
    no_large: "The attachments are larger than 25 MB together. Remove some, or send a link.", "Załączniki mają łącznie ponad 25 MB. Usuń część albo wyślij odnośnik.";
    no_unwritable: "The mail cannot be written: {why}", "Nie można utworzyć wiadomości: {why}";
    lost_inactive: "Your account is deactivated.", "Twoje konto jest wyłączone.";
    lost_mail: "You do not see the mail any more that this answers, so it cannot be sent. Your words are kept; what was quoted is not shown.",
        "Nie widzisz już wiadomości, na którą to odpowiada, więc nie można tego wysłać. Twoje słowa zostają; cytat nie jest pokazywany.";
    lost_record: "You do not see the record any more that this is about, so it cannot be sent. Your words are kept.",
        "Nie widzisz już rekordu, którego to dotyczy, więc nie można tego wysłać. Twoje słowa zostają.";
    lost_read_only: "You may read this but not write from it: that needs the right to change the record. Ask its owner to share it.",
        "Możesz to czytać, ale nie pisać stąd: potrzeba prawa do zmiany rekordu. Poproś opiekuna o udostępnienie.";
    lost_confidential: "This mail is confidential, so it is not handed on into another thread. Answer it, or ask the record's owner.",
        "Ta wiadomość jest poufna, więc nie można przekazać jej do innego wątku. Odpowiedz na nią albo zapytaj opiekuna rekordu.";
    signature: "My signature", "Mój podpis";
    signature_means: "Stands below what you write, above what is quoted. Empty for none.", "Stoi pod tym, co piszesz, nad cytatem. Puste: bez podpisu.";
    signature_see: "Change my signature", "Zmień podpis";
    signature_saved: "Saved.", "Zapisano.";
    signature_long: "At most 2,000 characters. Shorten it.", "Najwyżej 2000 znaków. Skróć.";
    signature_save: "Save", "Zapisz";
    autosaved: "Saved", "Zapisano";
    not_autosaved: "Not saved: check the connection", "Nie zapisano: sprawdź połączenie";
}
counted {
    kilobytes: ["{n} kB", "{n} kB"], ["{n} kB", "{n} kB", "{n} kB"];
}
}
