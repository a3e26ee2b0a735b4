//! The texts of lists of records: whose, what they lack, and asking somebody for news (W3, W12).

use super::{Counted, Language};

texts! {
plain {
    whose: "Whose", "Czyje";
    everybody: "everybody's", "wszystkich";
    mine: "mine", "moje";
    covered: "of those whom I cover", "osób, które zastępuję";
    people: "of people below me", "osób, które mi podlegają";
    teams: "of my teams", "moich zespołów";
    which: "Which", "Które";
    all: "all", "wszystkie";
    unanswered: "clients wait for an answer", "klient czeka na odpowiedź";
    neglected: "neglected", "zaniedbane";
    unanswered_means: "Records on which a client's mail waits for an answer; who waits longest stands first.",
        "Rekordy, przy których wiadomość klienta czeka na odpowiedź; najdłużej czekający są pierwsi.";
    neglected_none: "Nothing is neglected here. The limit is the one named above.", "Nic tu nie jest zaniedbane. Obowiązuje limit podany wyżej.";
    unanswered_none: "Nobody waits for an answer here.", "Nikt tu nie czeka na odpowiedź.";
    none: "No record matches these filters.", "Żaden rekord nie pasuje do tych filtrów.";
    file: "Download (CSV)", "Pobierz (CSV)";
    clear: "Show all", "Pokaż wszystkie";
    waits_since: "Waits since", "Czeka od";
    last_done: "Last done", "Ostatnie działanie";
    ask: "Ask for news", "Poproś o wieści";
    task: "Say what is new", "Napisz, co nowego";
    asked: "{name} has a task on {record}: “{task}”, due on {day}.", "{name} ma zadanie przy {record}: „{task}”, termin {day}.";
    asked_look: "Look", "Zobacz";
    team_waits: "Among the people below you:", "U osób, które ci podlegają:";
    own_waits: "Of yours:", "Twoje:";
}
counted {
    leads_means: ["Open leads on which nothing was done for more than {n} working day: no mail of ours, no call, task or note, no change. What lies longest stands first.",
            "Open leads on which nothing was done for more than {n} working days: no mail of ours, no call, task or note, no change. What lies longest stands first."],
        ["Otwarte leady, przy których nic nie zrobiono przez więcej niż {n} dzień roboczy: ani naszej wiadomości, ani rozmowy, zadania, notatki czy zmiany. Najdłużej leżące są pierwsze.",
            "Otwarte leady, przy których nic nie zrobiono przez więcej niż {n} dni robocze: ani naszej wiadomości, ani rozmowy, zadania, notatki czy zmiany. Najdłużej leżące są pierwsze.",
            "Otwarte leady, przy których nic nie zrobiono przez więcej niż {n} dni roboczych: ani naszej wiadomości, ani rozmowy, zadania, notatki czy zmiany. Najdłużej leżące są pierwsze."];
    deals_means: ["Open opportunities on which nothing was done for more than {n} working day: no mail of ours, no call, task or note, no change. What lies longest stands first.",
            "Open opportunities on which nothing was done for more than {n} working days: no mail of ours, no call, task or note, no change. What lies longest stands first."],
        ["Otwarte szanse, przy których nic nie zrobiono przez więcej niż {n} dzień roboczy: ani naszej wiadomości, ani rozmowy, zadania, notatki czy zmiany. Najdłużej leżące są pierwsze.",
            "Otwarte szanse, przy których nic nie zrobiono przez więcej niż {n} dni robocze: ani naszej wiadomości, ani rozmowy, zadania, notatki czy zmiany. Najdłużej leżące są pierwsze.",
            "Otwarte szanse, przy których nic nie zrobiono przez więcej niż {n} dni roboczych: ani naszej wiadomości, ani rozmowy, zadania, notatki czy zmiany. Najdłużej leżące są pierwsze."];
    opportunities_wait: ["{n} opportunity waits for an answer", "{n} opportunities wait for an answer"],
        ["{n} szansa czeka na odpowiedź", "{n} szanse czekają na odpowiedź", "{n} szans czeka na odpowiedź"];
    accounts_wait: ["{n} account waits for an answer", "{n} accounts wait for an answer"],
        ["{n} firma czeka na odpowiedź", "{n} firmy czekają na odpowiedź", "{n} firm czeka na odpowiedź"];
    contacts_wait: ["{n} contact waits for an answer", "{n} contacts wait for an answer"],
        ["{n} kontakt czeka na odpowiedź", "{n} kontakty czekają na odpowiedź", "{n} kontaktów czeka na odpowiedź"];
    leads_wait: ["{n} lead waits for an answer", "{n} leads wait for an answer"],
        ["{n} lead czeka na odpowiedź", "{n} leady czekają na odpowiedź", "{n} leadów czeka na odpowiedź"];
    opportunities_neglected: ["{n} neglected opportunity", "{n} neglected opportunities"],
        ["{n} zaniedbana szansa", "{n} zaniedbane szanse", "{n} zaniedbanych szans"];
    leads_neglected: ["{n} neglected lead", "{n} neglected leads"], ["{n} zaniedbany lead", "{n} zaniedbane leady", "{n} zaniedbanych leadów"];
    change_page: ["Change {n} record of this page", "Change {n} records of this page"],
        ["Zmień {n} rekord z tej strony", "Zmień {n} rekordy z tej strony", "Zmień {n} rekordów z tej strony"];
}
}
