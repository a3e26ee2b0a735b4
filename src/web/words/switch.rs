//! The texts of the one switch for all absence notices, its breaker and limits, and the mailboxes whose own
//! servers answer (R14, R51).

use super::{Counted, Language};

texts! {
plain {
    title: "Do notices go out?", "Czy zawiadomienia wychodzą?";
    means: "One switch for everybody. While notices are stopped nothing is decided to be sent, and mail that comes is not answered afterwards.",
        "Jeden wyłącznik dla wszystkich. Gdy zawiadomienia są zatrzymane, żadne nie powstaje, a poczta z tego czasu nie dostanie odpowiedzi później.";
    going: "Notices go out.", "Zawiadomienia wychodzą.";
    off: "Notices are off for this installation: notice.enabled is false in the configuration file. The switch changes nothing until that is set to true and Standin is started again.",
        "Zawiadomienia są w tej instalacji wyłączone: w pliku konfiguracji notice.enabled ma wartość false. Wyłącznik nic nie zmieni, dopóki nie ustawisz true i nie uruchomisz Standin ponownie.";
    stopped: "Notices have been stopped by {name} since {time}.", "Zawiadomienia zatrzymane od {time}, przez: {name}.";
    reason: "Reason: {reason}", "Powód: {reason}";
    broken: "Notices are stopped until {time}: more went out in an hour than ever, which looks like a loop. Look at what was decided, below, before you start them.",
        "Zawiadomienia zatrzymane do {time}: w ciągu godziny wyszło ich więcej niż kiedykolwiek, co wygląda na pętlę. Zanim je uruchomisz, sprawdź niżej, jakie zapadły decyzje.";
    operator: "the operator", "operator";
    pace: "Now", "Teraz";
    pace_says: "{hour} tried in the last hour, {week} in the last seven days. {waiting}",
        "Prób w ostatniej godzinie: {hour}, w ostatnich siedmiu dniach: {week}. {waiting}";
    breaker: "Breaker", "Bezpiecznik";
    breaker_says: "Stops all of them for an hour once {at} were tried within an hour and one more is wanted. It has counted {counted} in the last hour.",
        "Zatrzymuje wszystkie na godzinę, gdy w ciągu godziny było prób: {at}, a miałaby dojść kolejna. W ostatniej godzinie naliczył: {counted}.";
    breaker_open: "Has stopped all of them until {time}. Starting them begins a new count.",
        "Zatrzymał wszystkie do {time}. Uruchomienie zaczyna liczenie od nowa.";
    alarm: "Alarm", "Alarm";
    alarm_mail: "When the breaker stops notices, every admin is told by mail, on every page, in the log and in the audit.",
        "Gdy bezpiecznik zatrzyma zawiadomienia, każdy administrator dostanie wiadomość i zobaczy to na każdej stronie; jest to też w dzienniku i w logach serwera.";
    alarm_no_mail: "When the breaker stops notices, admins are told on every page, in the log and in the audit, but not by mail: colleagues.mailbox names no mailbox that sends such mail.",
        "Gdy bezpiecznik zatrzyma zawiadomienia, administratorzy zobaczą to na każdej stronie; jest to też w dzienniku i w logach serwera, ale nikt nie dostanie wiadomości: colleagues.mailbox nie wskazuje skrzynki do takich wiadomości.";
    caps: "Limits", "Limity";
    caps_say: "At most {domain} a day to one domain ({freemail} where anybody gets an address), {person} an hour for one person, {all} an hour in all. Whatever became of a notice, it counts.",
        "Najwyżej {domain} dziennie do jednej domeny ({freemail} tam, gdzie adres może mieć każdy), {person} na godzinę w imieniu jednej osoby, {all} na godzinę łącznie. Liczy się każda próba, niezależnie od wyniku.";
    stop_look: "Stop all notices…", "Zatrzymaj wszystkie zawiadomienia…";
    start_look: "Let notices go out again…", "Wznów zawiadomienia…";
    stop_would: "Stops the notices of everybody, in every worker, at once. {people} {waiting} {underway} It is noted in the audit, and you can let them go out again here.",
        "Zatrzymuje od razu zawiadomienia wszystkich osób. {people} {waiting} {underway} Będzie to odnotowane w dzienniku; tu możesz je wznowić.";
    start_would: "Lets notices go out again from now on. {people} {waiting} Mail that came while they were stopped is not answered afterwards. The breaker counts anew. It is noted in the audit.",
        "Od teraz zawiadomienia znów wychodzą. {people} {waiting} Poczta, która przyszła w czasie zatrzymania, nie dostanie odpowiedzi. Bezpiecznik liczy od nowa. Będzie to odnotowane w dzienniku.";
    why: "Reason, for the other admins (may stay empty)", "Powód, dla innych administratorów (może zostać puste)";
    stop_do: "Stop all notices", "Zatrzymaj wszystkie zawiadomienia";
    start_do: "Let notices go out again", "Wznów zawiadomienia";
    cancel: "Leave it as it is", "Zostaw bez zmian";
    done_stopped: "Notices are stopped. {waiting} {underway}", "Zawiadomienia zatrzymane. {waiting} {underway}";
    done_started: "Notices go out again.", "Zawiadomienia znów wychodzą.";
    meanwhile: "Somebody, or the breaker, has turned the switch meanwhile: look at how it stands now. Nothing was changed.",
        "W międzyczasie ktoś inny albo bezpiecznik zmienił ustawienie: sprawdź, jak jest teraz. Niczego nie zmieniono.";
    own: "Mailboxes that answer by themselves", "Skrzynki, które odpowiadają same";
    own_means: "For these Standin sends no notice: two answers would reach everybody who writes (R14).",
        "Za te skrzynki Standin nie wysyła zawiadomień: każdy piszący dostałby dwie odpowiedzi (R14).";
    own_none: "No mailbox is known to answer by itself.", "O żadnej skrzynce nie wiadomo, żeby odpowiadała sama.";
    own_sieve: "{name}: its server says that an absence reply is on ({when}).", "{name}: serwer podaje, że automatyczna odpowiedź jest włączona ({when}).";
    own_mail: "{name}: an automatic reply in its owner's name, which Standin did not send, was seen ({when}).",
        "{name}: widziano automatyczną odpowiedź w imieniu właściciela, której nie wysłał Standin ({when}).";
    own_sieve_remedy: "Switch the reply off in the mail program; Standin asks again every five minutes.",
        "Wyłącz odpowiedź w programie pocztowym; Standin pyta ponownie co pięć minut.";
    own_mail_remedy: "Switch the reply off in the mail program. Notices go out again once none was seen for {days}; with [mailbox.sieve] the server is asked, and they go out at once.",
        "Wyłącz odpowiedź w programie pocztowym. Zawiadomienia wrócą, gdy przez {days} nie pojawi się żadna; z [mailbox.sieve] Standin pyta serwer i wracają od razu.";
    own_perhaps: "Mailboxes that perhaps answer by themselves", "Skrzynki, które być może odpowiadają same";
    own_perhaps_means: "A mail looks like an automatic answer in their owner's name that Standin did not send, and nothing proves that it is no forgery. So notices still go out for them (R14).",
        "Jedna z wiadomości wygląda na automatyczną odpowiedź w imieniu właściciela, której nie wysłał Standin, ale nic nie dowodzi, że nie jest fałszywa. Zawiadomienia za te skrzynki nadal więc wychodzą (R14).";
    own_doubtful: "{name}: last seen {when}.", "{name}: ostatnio {when}.";
    own_doubtful_remedy: "Ask its owner whether their mail program or server answers by itself. If it does, switch one of the two off, or clients get two answers. If it does not, the mail was forged and nothing needs doing: it stands here until none was seen for {days}. With [mailbox.sieve] Standin asks the server itself.",
        "Zapytaj właściciela, czy jego program pocztowy albo serwer odpowiada sam. Jeśli tak, wyłącz jedno z dwojga, bo klienci dostają dwie odpowiedzi. Jeśli nie, ktoś wiadomość sfałszował i nie trzeba nic robić: wpis zniknie, gdy przez {days} nie pojawi się następna. Z [mailbox.sieve] Standin pyta sam serwer.";
}
counted {
    waiting: ["{n} waits to be sent and lapses within the hour.", "{n} wait to be sent and lapse within the hour."],
        ["{n} czeka na wysłanie i przepadnie w ciągu godziny.", "{n} czekają na wysłanie i przepadną w ciągu godziny.", "{n} czeka na wysłanie i przepadnie w ciągu godziny."];
    waiting_go: ["{n} still waits and is sent if it has not lapsed.", "{n} still wait and are sent if they have not lapsed."],
        ["{n} jeszcze czeka i wyjdzie, jeśli nie przepadło.", "{n} jeszcze czekają i wyjdą, jeśli nie przepadły.", "{n} jeszcze czeka i wyjdzie, jeśli nie przepadło."];
    queued: ["{n} waits to be sent.", "{n} wait to be sent."],
        ["{n} czeka na wysłanie.", "{n} czekają na wysłanie.", "{n} czeka na wysłanie."];
    underway: ["{n} is being handed to a mail server and may be out already.", "{n} are being handed to mail servers and may be out already."],
        ["{n} właśnie trafia do serwera i mogło już wyjść.", "{n} właśnie trafiają do serwera i mogły już wyjść.", "{n} właśnie trafia do serwera i mogło już wyjść."];
    people: ["{n} person is away whose clients are told now.", "{n} people are away whose clients are told now."],
        ["Nieobecna jest {n} osoba, której klienci dostają zawiadomienia.", "Nieobecne są {n} osoby, których klienci dostają zawiadomienia.", "Nieobecnych jest {n} osób, których klienci dostają zawiadomienia."];
    days: ["{n} day", "{n} days"], ["{n} dzień", "{n} dni", "{n} dni"];
}
}
