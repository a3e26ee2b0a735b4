//! The texts at the head of a trace: who wrote a mail, what became of it, what comes of a rule's word.

use super::Language;
use crate::actions::review::Choice;
use crate::intake::replay::Outcome;
use crate::model::block::Hidden;
use crate::model::cursor::{Arrival, LocationState, Why};
use crate::model::mail::Author;

texts! {
plain {
    from: "From", "Od";
    to: "To", "Do";
    and_more: "{list} and {n} more", "{list} i jeszcze {n}";
    subject: "Subject", "Temat";
    date: "Date", "Data";
    date_other: "{said}, as it says; it counts as of {at}, since that lies too far from when it came (R133)",
        "{said} według niej samej; liczy się {at}, bo tamto jest zbyt daleko od jej nadejścia (R133)";
    answers: "Answers", "Odpowiada na";
    written_by: "Written by", "Autor";
    came: "Came", "Droga";
    lies_in: "Lies in", "Leży w";
    no_place: "no mailbox any more", "już w żadnej skrzynce";
    place_untold: "not told to you", "o tym tu nie mowa";
    shared_box: "{name} (shared)", "{name} (wspólna)";
    own_box: "{name} ({person})", "{name} ({person})";
    nobody_read: "nobody who could be read", "nie do odczytania";
    human_plain: "a person: nothing on it says that a machine wrote it", "człowiek: nic nie wskazuje na automat";
    human_bulk: "in the name of a person, and sent in bulk: {seen}", "w imieniu człowieka, wysłana masowo: {seen}";
    human_seen: "a person: no sign of a machine; how it came: {seen}", "człowiek: brak oznak automatu; droga: {seen}";
    machine_seen: "a machine ({kind}): {seen}", "automat ({kind}): {seen}";
    machine_said: "a machine, since somebody said so", "automat, bo ktoś tak stwierdził";
    over_list: "over a mailing list", "przez listę dyskusyjną";
    in_bulk: "in bulk, one text to many", "masowo, jeden tekst do wielu osób";
    sender: "Sender", "Nadawca";
    doubted: "Our own server does not confirm that the sender is who it claims to be (R36), so nothing follows from its address.",
        "Nasz serwer nie potwierdza, że nadawca jest tym, za kogo się podaje (R36), więc z adresu nic nie wynika.";
    asked: "It waits in review. {why}", "Czeka na sprawdzenie. {why}";
    would_be_asked: "It would wait in review. {why}", "Czekałaby na sprawdzenie. {why}";
    in_review: "Decide about it in review", "Zdecyduj na stronie sprawdzania";
    number: "Number or Message-ID of a stored mail", "Numer albo Message-ID zapisanej wiadomości";
    number_hint: "The number stands in the address of the mail's page, and in review. You can trace mail that you read, and mail that review asks you about.",
        "Numer jest w adresie strony wiadomości i na stronie sprawdzania. Prześledzisz wiadomości, w które masz wgląd, i te, o które pyta cię sprawdzanie.";
    mailbox: "If it is not stored: as if it came now into the mailbox", "Jeśli nie jest zapisana: jakby przyszła teraz do skrzynki";
    missing: "Nothing was traced: there is no mail {mail} of which you may be told. Either it does not exist, or you neither read it nor are asked about it in review; an admin reads no mail by being an admin.",
        "Nic nie prześledzono: nie ma wiadomości {mail}, o której możesz się dowiedzieć. Albo jej nie ma, albo nie masz w nią wglądu i sprawdzanie o nią nie pyta; sama rola administratora nie daje wglądu w pocztę.";
    missing_next: "Look for it in review or search, or give the mail here as a file. Whoever reads the record it stands on sees it there, and the operator can trace any mail on the server: standin trace NUMBER.",
        "Poszukaj jej na stronie sprawdzania lub w wyszukiwarce albo podaj ją tu jako plik. Kto czyta rekord, przy którym jest, zobaczy ją tam, a operator prześledzi każdą wiadomość na serwerze: standin trace NUMER.";
    no_mail: "That is no mail: it does not begin with the header of one (From, To, Subject, Date …), so nothing was traced. Save the mail from the mail program as it came, as .eml, and give that file.",
        "To nie jest wiadomość: na początku nie ma jej nagłówka (From, To, Subject, Date…), więc nic nie prześledzono. Zapisz wiadomość z programu pocztowego w oryginale, jako .eml, i podaj ten plik.";
    several: "Several stored mails have this Message-ID and differ in text, sender or date. Choose one:",
        "Kilka zapisanych wiadomości ma ten Message-ID, a różni się treścią, nadawcą lub datą. Wybierz jedną:";
    is_stored: "This mail is stored as mail {n}. What follows is what became of it.", "Ta wiadomość jest zapisana jako wiadomość {n}. Poniżej to, co się z nią stało.";
    why_here: "Why it is where it is", "Dlaczego jest tam, gdzie jest";
    would_why: "Where it would be, and why", "Gdzie by była i dlaczego";
    on_record: "It stands on {record}.", "Jest przy: {record}.";
    on_record_would: "It would stand on {record}.", "Byłaby przy: {record}.";
    on_timeline: "It stands on the timeline of {record}.", "Jest na osi czasu: {record}.";
    on_timeline_would: "It would stand on the timeline of {record}.", "Byłaby na osi czasu: {record}.";
    unasked: "Nobody is asked which one, since review asks about people's mail alone.",
        "Nikt nie jest pytany, której dotyczy, bo sprawdzanie pyta tylko o pocztę od ludzi.";
    no_deal: "It is about no opportunity: {why}.", "Nie dotyczy żadnej szansy: {why}.";
    not_told: "It stands on records of which you may not be told; you are told of the mail alone.",
        "Jest przy rekordach, o których nie możesz się dowiedzieć; tu jest mowa tylko o samej wiadomości.";
    withheld: "Part of it rests on records of which you may not be told, and is left out here. The operator sees all on the server: standin trace.",
        "Część zależy od rekordów, o których nie możesz się dowiedzieć, i jest tu pominięta. Operator zobaczy wszystko na serwerze: standin trace.";
    said_by: "Said by {who} of {of}: {what}, {time}.", "Powiedział(a) {who} o {of}: {what}, {time}.";
    said_undo: "It can be withdrawn on the page of the mail; then the rest decides.", "Można to wycofać na stronie wiadomości; wtedy decyduje reszta.";
    word_private: "it is private", "jest prywatna";
    word_none: "it belongs to no record", "nie należy do żadnego rekordu";
    none_said: "It belongs to no record: somebody said so in review. It stands on none.", "Nie należy do żadnego rekordu: tak zdecydowano przy sprawdzaniu. Nie jest przy żadnym.";
    left_so: "Left so, it is thrown away after {n} days, on {day}.", "Jeśli tak zostanie, usuniemy ją po {n} dniach, {day}.";
    stays_decided: "It is kept all the same: what somebody decided about by hand is not thrown away.",
        "Mimo to zostaje: tego, o czym ktoś zdecydował ręcznie, nie usuwamy.";
    beneath: "What was said more closely, or later, counts before it: it stands above.", "Ważniejsze jest to, co stoi wyżej: powiedziano to dokładniej lub później.";
    run_before: "Before that, the rule “{rule}” had put it on {record}.", "Wcześniej reguła „{rule}” umieściła ją przy: {record}.";
    run_since: "since run {n} of the rules over history no rule says where it belongs, and nothing else does",
        "od przebiegu reguł {n} po zapisanej poczcie żadna reguła nie mówi, gdzie należy, i nic innego też nie";
    chosen_record: "It belongs on the record that you chose.", "Należy do wybranego rekordu.";
    chosen_none: "It belongs to no record.", "Nie należy do żadnego rekordu.";
    chosen_private: "It is private.", "Jest prywatna.";
    chosen_automatic: "A machine wrote it.", "Napisał ją automat.";
    word_regards: "it regards {record}", "dotyczy: {record}";
    word_no_deal: "it regards no opportunity", "nie dotyczy żadnej szansy";
    word_adds: "it stands on {record} as well", "jest też przy: {record}";
    word_removes: "it does not belong on {record}", "nie należy do: {record}";
    word_automatic: "a machine wrote it", "napisał ją automat";
    word_splits: "a thread of its own begins with it", "zaczyna osobny wątek";
    word_joins: "it belongs to the thread of another mail", "należy do wątku innej wiadomości";
    word_seals: "it is confidential", "jest poufna";
    word_opens: "it is not confidential", "nie jest poufna";
    alone: "It is stored. You are told of the mail alone, not of where it stands or why: you read no record on which it stands.",
        "Jest zapisana. Tu jest mowa tylko o samej wiadomości, nie o tym, gdzie i dlaczego jest: nie masz wglądu w żaden rekord, przy którym jest.";
    decided_review: "You decided about it in review, {time}. {what}", "Ty zdecydowałaś lub zdecydowałeś o niej przy sprawdzaniu, {time}. {what}";
    decided_link: "Your decision, which can be taken back there", "Twoja decyzja, którą można tam cofnąć";
    suggested_link: "Decide in review what follows from it", "Zdecyduj na stronie sprawdzania, co z niej wynika";
    unblocked_on: "Without the block it would stand on {record}. Whoever blocked somebody can end that on the page of their blocks; what it hid in mailboxes is read again, and what came from an archive comes with importing that again.",
        "Bez blokady byłaby przy: {record}. Kto zablokował, może to zakończyć na stronie swoich blokad; to, co ukryła w skrzynkach, zostanie przeczytane ponownie, a to, co przyszło z archiwum, przy ponownym imporcie.";
    unblocked_asked: "Without the block it would wait in review. Whoever blocked somebody can end that on the page of their blocks; what it hid in mailboxes is read again, and what came from an archive comes with importing that again.",
        "Bez blokady czekałaby na sprawdzenie. Kto zablokował, może to zakończyć na stronie swoich blokad; to, co ukryła w skrzynkach, zostanie przeczytane ponownie, a to, co przyszło z archiwum, przy ponownym imporcie.";
    unblocked_nowhere: "Without the block it would stand on no record that you may read either.",
        "Bez blokady też nie byłaby przy żadnym rekordzie, w który masz wgląd.";
    change_ask: "To change it: ask whoever answers for the record; it is not yours to change.",
        "Aby to zmienić: poproś osobę, która odpowiada za rekord; nie możesz tego zmienić.";
    change_apply: "To change it: apply the rules to stored mail on the page of rules. The rule that put it here does not say so any more, but stored mail keeps what the rules said when it came. Or put the mail elsewhere on its page.",
        "Aby to zmienić: na stronie reguł zastosuj reguły do zapisanej poczty. Reguła, która ją tu umieściła, już tego nie mówi, ale zapisana poczta zachowuje to, co mówiły reguły przy jej nadejściu. Albo przenieś wiadomość na jej stronie.";
    change_no_rule: "To change it: put the mail elsewhere on its page. Without the rule it would stand here too, by the steps that hold.",
        "Aby to zmienić: przenieś wiadomość na jej stronie. Bez tej reguły też byłaby tutaj, według kroków, które zachodzą.";
    change_no_reply: "To change it: put the mail elsewhere on its page. In a thread of its own it would stand here too, by the steps that hold.",
        "Aby to zmienić: przenieś wiadomość na jej stronie. W osobnym wątku też byłaby tutaj, według kroków, które zachodzą.";
    kept_off: "The addresses on it do not put it anywhere: whoever names something of ours without being a party of it may have written them for that.",
        "Adresy w niej nie umieszczają jej nigdzie: kto wskazuje coś naszego, nie będąc tego stroną, mógł je wpisać właśnie po to.";
    private_why: "It is private: {why}. It stands on no record.", "Jest prywatna: {why}. Nie jest przy żadnym rekordzie.";
    through: "It follows from {record}.", "Wynika z: {record}.";
    asks_verdict: "asks", "pyta";
    not_told_step: "not told", "bez wglądu";
    rule_did: "it did when the mail came, and does not any more", "tak było, gdy przyszła; teraz już nie";
    return_path: "It is {address}.", "To {address}.";
    notices_untold: "What came of it for the absences of others is not told to you: you read no record on which it stands.",
        "O skutkach dla nieobecności innych osób tu nie mowa: nie masz wglądu w żaden rekord, przy którym jest.";
    readers_untold: "Who reads it where it stands is not told to you.", "O tym, kto ją czyta tam, gdzie jest, tu nie mowa.";
    steps_unblocked: "It is blocked before any step is asked; the steps are told as they would be without the block.",
        "Jest zablokowana, zanim dojdzie do kroków; podajemy je tak, jakby blokady nie było.";
    of_mail: "this mail", "tej wiadomości";
    of_thread: "its thread", "jej wątku";
    of_sender: "its sender", "jej nadawcy";
    of_domain: "its sender's domain", "domenie jej nadawcy";
    change_rule: "To change it: put the mail elsewhere on its page; or change the rule or turn it off, and apply the rules to stored mail.",
        "Aby to zmienić: przenieś wiadomość na jej stronie albo zmień lub wyłącz regułę i zastosuj reguły do zapisanej poczty.";
    change_address: "To change it: put the mail elsewhere on its page; another record for the address changes it for all its mail.",
        "Aby to zmienić: przenieś wiadomość na jej stronie; inny rekord dla adresu zmieni to dla całej jego poczty.";
    change_always: "To change it: put the mail on a record on its page, or there all mail of its sender (“always”).",
        "Aby to zmienić: na stronie wiadomości umieść ją przy rekordzie albo umieść tam całą pocztę jej nadawcy („zawsze”).";
    change_reply: "To change it: put the mail elsewhere on its page, or begin a thread of its own with it there.",
        "Aby to zmienić: przenieś wiadomość na jej stronie albo zacznij tam od niej osobny wątek.";
    change_hand: "To change it: put the mail elsewhere on its page; a person's word is stronger than all else.",
        "Aby to zmienić: przenieś wiadomość na jej stronie; słowo człowieka jest silniejsze od wszystkiego.";
    went: "A notice of {name}'s absence was made {time}: {state}.", "Zawiadomienie o nieobecności ({name}) powstało {time}: {state}.";
    was_to_go: "A notice of {name}'s absence was to go; what became of it is not kept any more.",
        "Zawiadomienie o nieobecności ({name}) miało iść; nie przechowujemy już, co się z nim stało.";
    goes_untold: "Whether a notice of {name}'s absence goes is not told to you: nothing on the mail keeps it back, and the rest (whether the sender is known to anybody here, wants none, or was told before) rests on what you may not read.",
        "O tym, czy pójdzie zawiadomienie o nieobecności ({name}), tu nie mowa: w wiadomości nic go nie wstrzymuje, a reszta (czy ktoś tu zna nadawcę, czy nie chce zawiadomień albo już je dostał) zależy od tego, w co nie masz wglądu.";
    by_address: "The one into which it came before, or to which it is addressed, else the first", "Ta, do której już przyszła lub jest zaadresowana, w ostateczności pierwsza";
    only_read: "Computed only from what you may read. Left out, so that what happens can differ: records and other mail that you may not read (every step), what others said of it or of its sender and filed (steps 1 and 2), whom others block, whom absences told.",
        "Policzone tylko z tego, w co masz wgląd. Pominięto, więc może być inaczej: rekordy i inną pocztę bez wglądu (każdy krok), to, co inni powiedzieli o niej lub jej nadawcy i przypisali (kroki 1 i 2), kogo inni blokują i kogo zawiadomiono o nieobecnościach.";
    notices_hidden: "None: blocked mail is never answered.", "Żadne: na zablokowaną pocztę nigdy się nie odpowiada.";
    no_record: "It stands on no record, since nothing says surely on which.", "Nie jest przy żadnym rekordzie, bo nic pewnie nie mówi, przy którym.";
    no_record_would: "It would stand on no record, since nothing says surely on which.", "Nie byłaby przy żadnym rekordzie, bo nic pewnie nie mówi, przy którym.";
    private: "It is private: a person or a rule said so. It stands on no record.",
        "Jest prywatna: tak zdecydował człowiek albo reguła. Nie jest przy żadnym rekordzie.";
    nowhere: "It is stored, stands on no record, and nobody is asked about it: what was asked is settled.",
        "Jest zapisana, nie jest przy żadnym rekordzie i nikt nie jest o nią pytany: sprawę rozstrzygnięto.";
    nowhere_why: "It is stored, stands on no record, and nobody is asked about it: {why}.",
        "Jest zapisana, nie jest przy żadnym rekordzie i nikt nie jest o nią pytany: {why}.";
    unstored: "It concerns no record that you may read: {why}. Where no other record has a part in it either, it would not be stored.",
        "Nie dotyczy żadnego rekordu, w który masz wgląd: {why}. Jeśli i żaden inny nie ma w niej udziału, nie byłaby zapisana.";
    brings_in: "It may stand on a record that you may not read: ask whoever runs Standin before you make a contact or lead, which could be a second one. If none has a part in it, a contact or lead with an address on it, or an account with its domain, brings it in, from your own mailboxes at once, from others after their owners agreed, and from an archive when that is imported again. Or file it by hand from the mail program.",
        "Może być przy rekordzie, w który nie masz wglądu: zanim utworzysz kontakt lub leada, który mógłby się powtórzyć, zapytaj osobę prowadzącą Standin. Jeśli żaden nie ma w niej udziału, wczyta ją kontakt lub lead z adresem, który w niej jest, albo firma z jej domeną: z twoich skrzynek od razu, z innych za zgodą właścicieli, a z archiwum przy ponownym imporcie. Można ją też przypisać ręcznie z programu pocztowego.";
    brings_report: "A report stands where the mail stands that it is about. That mail is not stored, or you may not read it, or it did not go to whom the report names: once it is stored and stands on a record, the report is found again.",
        "Raport jest tam, gdzie wiadomość, której dotyczy. Tamta nie jest zapisana, nie masz do niej wglądu albo nie poszła do wskazanego adresata: gdy będzie zapisana przy rekordzie, raport zostanie znaleziony.";
    brings_nobody: "It names nobody outside by an address, so no contact brings it in. Who wants it on a record files it by hand from the mail program.",
        "Nie ma w niej adresu nikogo spoza firmy, więc żaden kontakt jej nie wczyta. Kto chce ją mieć przy rekordzie, przypisuje ją ręcznie z programu pocztowego.";
    undated: "{at}, when it came: it bears no date that can be read", "{at}, gdy przyszła: sama nie ma czytelnej daty";
    asked_besides: "In review besides: whoever has a copy or owns the records in question, who stands in for them, and admins, whose looking is noted in the audit; but nobody who may not know of a record that has a part in it.",
        "Poza tym przy sprawdzaniu: kto ma kopię lub jest opiekunem możliwych rekordów, kto ich zastępuje, i administratorzy, co notuje dziennik; ale nikt, kto nie może wiedzieć o którymś z tych rekordów.";
    asked_alone: "In review: whoever has a copy or owns the records in question, who stands in for them, and admins, whose looking is noted in the audit; but nobody who may not know of a record that has a part in it.",
        "Przy sprawdzaniu: kto ma kopię lub jest opiekunem możliwych rekordów, kto ich zastępuje, i administratorzy, co notuje dziennik; ale nikt, kto nie może wiedzieć o którymś z tych rekordów.";
    passed_before: "It came before and was passed over there. If it came now:", "Przyszła tam już wcześniej i została pominięta. Gdyby przyszła teraz:";
    hidden_company: "It would not be stored: the company blocked somebody on it.", "Nie byłaby zapisana: firma zablokowała kogoś, kto w niej jest.";
    hidden_own: "It would not be stored from this mailbox: its owner blocked somebody on it.", "Nie byłaby zapisana z tej skrzynki: jej właściciel zablokował kogoś, kto w niej jest.";
    hidden_erased: "It would not be stored: the only person outside on it was erased.", "Nie byłaby zapisana: jedyna osoba spoza firmy w niej została usunięta.";
    hidden_keyword: "It would not be stored: it carries a keyword that means “never”.", "Nie byłaby zapisana: ma słowo kluczowe, które znaczy „nigdy”.";
    block_company: "Blocked: {pattern} stands on the company's list since {time}, put there by {by}. “Blocked senders of the company”, below Access, ends that.",
        "Zablokowane: {pattern} jest na liście firmy od {time}; dodał(a): {by}. Kończy to strona „Zablokowani przez firmę”, w Dostępie.";
    block_own: "Blocked: {pattern} stands on your own list since {time}, for your own mailboxes. “Blocked senders” in your settings ends that.",
        "Zablokowane: {pattern} jest na twojej liście od {time}, dla twoich skrzynek. Kończy to „Zablokowani” w ustawieniach.";
    block_stays: "What was stored before a block, or lies in another mailbox, stays.", "To, co zapisano przed blokadą albo leży w innej skrzynce, zostaje.";
    operator: "the operator", "operator";
    same_id: "The same Message-ID, and something else in it, has:", "Ten sam Message-ID, a inną treść ma:";
    mail_n: "mail {n}", "wiadomość {n}";
    asked_only: "You may not read it otherwise: you are told of it because review asks you, which the audit notes.",
        "Poza tym nie masz w nią wglądu: pokazujemy ją, bo pyta o nią sprawdzanie, co notuje dziennik.";
    place: "{mailbox}, folder {folder}: Standin saw it {seen} {how}; {state}", "{mailbox}, folder {folder}: Standin zobaczył ją {seen} {how}; {state}";
    place_server: "{mailbox}, folder {folder}: the server had it {server}, Standin saw it {seen} {how}; {state}",
        "{mailbox}, folder {folder}: na serwerze od {server}, Standin zobaczył ją {seen} {how}; {state}";
    how_live: "as new mail", "jako nową pocztę";
    how_history: "as history", "jako historię";
    how_renumbered: "when the server renumbered the folder", "gdy serwer przenumerował folder";
    how_archive: "from an archive", "z archiwum";
    how_again: "when it was read again", "przy ponownym czytaniu";
    is_kept: "stored", "zapisana";
    is_pending: "it waits to be read", "czeka na przeczytanie";
    is_gone: "the server shows it there no more", "serwer już jej tam nie pokazuje";
    is_failed: "it could not be stored", "nie udało się jej zapisać";
    is_passed: "passed over, because it concerned no record", "pominięta, bo nie dotyczyła żadnego rekordu";
    is_company: "passed over, because the company blocks somebody on it", "pominięta, bo firma blokuje kogoś, kto w niej jest";
    is_own: "passed over, because the mailbox's owner blocks somebody on it", "pominięta, bo właściciel skrzynki blokuje kogoś, kto w niej jest";
    is_erased: "passed over, because the only person outside on it was erased", "pominięta, bo jedyną osobę spoza firmy w niej usunięto";
    is_keyword: "passed over, because it carries a keyword that means “never”", "pominięta, bo ma słowo kluczowe, które znaczy „nigdy”";
    server_had: "{date}; the server had it {arrived}", "{date}; serwer miał ją {arrived}";
    came_late: "{date}; it came late: the server had it only {arrived}", "{date}; przyszła późno: serwer miał ją dopiero {arrived}";
    says: "What it says", "Co mówi";
    about_ours: "It is about our {mail}.", "Dotyczy naszej: {mail}.";
    about_some: "It is about a mail of ours.", "Dotyczy naszej wiadomości.";
    about_none: "No mail of ours to that address is known that you may read.", "Nie ma naszej wiadomości na ten adres, w którą masz wgląd.";
    away_until: "{address} is away, last day {day}", "{address}: poza biurem, ostatni dzień {day}";
    away_unsure: "{address} is away, last day {day}, which is unsure", "{address}: poza biurem, ostatni dzień {day}, ale to niepewne";
    away_past: "{address} was away; the last day {day} had passed", "{address}: poza biurem był ostatnio {day}, co już minęło";
    away_open: "{address} is away; no end is given", "{address}: poza biurem, bez podanego końca";
    left: "{address} does not work there any more", "{address}: już tam nie pracuje";
    proof: "{address} wants proof that a person writes, before it delivers our mail", "{address}: żąda dowodu, że pisze człowiek, zanim dostarczy naszą wiadomość";
    instead: "Whom to turn to instead: {name}", "Do kogo pisać zamiast tego: {name}";
    keeps_as: "The other side keeps our mail as {number}", "Druga strona prowadzi naszą wiadomość pod numerem {number}";
    says_nothing: "Nothing that can be told: no recipient, no date, no substitute.", "Nic, co dałoby się odczytać: ani adresata, ani daty, ani zastępstwa.";
    how_sure: "How sure", "Pewność";
    sure_key: "How sure: 100 a person said so, 70 and more firm, 40 to 69 likely, below 40 only in question.",
        "Pewność: 100 to słowo człowieka, od 70 pewne, 40–69 prawdopodobne, poniżej 40 tylko możliwe.";
    nobody: "Nobody, as far as you may read.", "Nikt, o ile masz w to wgląd.";
    sealed: "The mail is marked confidential: of these readers those see it who may read what is confidential.",
        "Wiadomość oznaczono jako poufną: widzą ją tylko ci, którzy mogą czytać poufne.";
    in_review_list: "To review", "Do sprawdzania";
    asks: "What is asked", "Co się sprawdza";
    steps_title: "Every step, the strongest evidence first", "Wszystkie kroki, najsilniejsze przesłanki najpierw";
    steps_key: "“Decides” put it where it is; “holds” is so too, but something stronger decided or it adds nothing; “fits” is a rule whose conditions are so, and which did not put it there; “asks” is why a person is asked; “no” is not so. Rules are told as they are now, version {n}.",
        "„Decyduje” umieściło ją tam, gdzie jest; „zachodzi” też jest prawdą, ale decyduje coś silniejszego albo nic to nie dodaje; „pasuje” to reguła, której warunki zachodzą, ale która nie zdecydowała; „pyta” to powód, dla którego pyta się człowieka; „nie” nie zachodzi. Reguły w obecnej wersji {n}.";
    decides: "decides", "decyduje";
    rule_named: "Rule “{name}”", "Reguła „{name}”";
    no_rules: "Rules of the admins", "Reguły administratorów";
    no_rules_why: "there are none", "nie ma żadnych";
    not_failed: "It is a delivery report that it failed, and such mail is not answered.", "To raport o niedoręczeniu, a na taką pocztę się nie odpowiada.";
    not_delayed: "It is a delivery report that it is late, and such mail is not answered.", "To raport o opóźnieniu, a na taką pocztę się nie odpowiada.";
    not_delivered: "It is a delivery report, and such mail is not answered.", "To raport doręczenia, a na taką pocztę się nie odpowiada.";
    not_read: "It is a read receipt, and such mail is not answered.", "To potwierdzenie odczytu, a na taką pocztę się nie odpowiada.";
    not_feedback: "It is an abuse report, and such mail is not answered.", "To zgłoszenie nadużycia, a na taką pocztę się nie odpowiada.";
    not_vacation: "It is an absence notice, and such mail is not answered.", "To zawiadomienie o nieobecności, a na taką pocztę się nie odpowiada.";
    not_left: "It says that somebody no longer works there, and such mail is not answered.", "To wiadomość, że ktoś już tam nie pracuje, a na taką pocztę się nie odpowiada.";
    not_receipt: "It is an automatic acknowledgement, and such mail is not answered.", "To automatyczne potwierdzenie przyjęcia, a na taką pocztę się nie odpowiada.";
    not_challenge: "It asks to prove that one is a person, and such mail is not answered.", "To prośba o dowód, że pisze człowiek, a na taką pocztę się nie odpowiada.";
    not_calendar: "It is a calendar message, and such mail is not answered.", "To wiadomość z kalendarza, a na taką pocztę się nie odpowiada.";
    not_other: "It is a notification, and such mail is not answered.", "To powiadomienie, a na taką pocztę się nie odpowiada.";
    but_nobodys: "but no record that you may read has that number", "ale żaden rekord, w który masz wgląd, nie ma tego numeru";
    but_several: "only suggested, because several records have that number", "tylko propozycja, bo ten numer ma kilka rekordów";
    but_false: "only suggested, because our own server does not confirm that the sender is who it claims to be (R36)",
        "tylko propozycja, bo nasz serwer nie potwierdza, że nadawca jest tym, za kogo się podaje (R36)";
    but_outweighed: "but something stronger decides: a person's word, filing, a true reply or a rule before it",
        "ale decyduje coś silniejszego: słowo człowieka, przypisanie, prawdziwa odpowiedź albo wcześniejsza reguła";
    but_later: "but stored mail keeps what the rules said when it came or were last applied to it, until they are applied to history",
        "ale zapisana poczta zachowuje to, co reguły mówiły, gdy przyszła albo gdy je ostatnio do niej zastosowano, do następnego zastosowania";
    seen_by: "By {record}", "Przez: {record}";
    seen_by_copy: "By a copy in a mailbox of their own", "Przez kopię we własnej skrzynce";
    notices_away: "None: nobody to whom it came was away.", "Żadne: nikt z adresatów nie był nieobecny.";
    notices_away_then: "None: when it came, nobody to whom it came was entered as away. An absence that is entered later answers nothing that was there before (R4).",
        "Żadne: gdy przyszła, żaden z adresatów nie miał wpisanej nieobecności. Nieobecność wpisana później nie odpowiada na to, co już było (R4).";
    run_moved: "Run {n} of the rules over history changed it, {time}.",
        "Zmienił ją przebieg reguł {n} po zapisanej poczcie, {time}.";
    run_stayed: "Run {n} of the rules over history judged it anew, {time}, and left it where it was.",
        "Przebieg reguł {n} po zapisanej poczcie ocenił ją na nowo, {time}, i zostawił tam, gdzie była.";
    run_undo: "Until {until} the page of that run, below Rules, takes the run back whole.",
        "Do {until} można ten przebieg w całości cofnąć na jego stronie, w Regułach.";
    run_done: "That run cannot be taken back any more.", "Tego przebiegu nie można już cofnąć.";
    private_unstored: "It would not be stored, because it is private: {why}. Only keyed hashes and its place would be kept.",
        "Nie byłaby zapisana, bo jest prywatna: {why}. Zostałyby tylko skróty z kluczem i jej miejsce.";
    private_rule: "a rule says so", "tak mówi reguła";
    notices_old: "None: it did not come as new mail; it was imported, or read as history (R6).",
        "Żadne: nie przyszła jako nowa poczta, lecz z importu albo z historii (R6).";
    kind_failed: "delivery report: it failed", "raport doręczenia: niedoręczono";
    kind_delayed: "delivery report: it is late", "raport doręczenia: opóźnienie";
    kind_delivered: "delivery report: it was delivered", "raport doręczenia: doręczono";
    kind_read: "read receipt", "potwierdzenie odczytu";
    kind_feedback: "abuse report", "zgłoszenie nadużycia";
    kind_vacation: "absence notice", "zawiadomienie o nieobecności";
    kind_left: "no longer works there", "już tam nie pracuje";
    kind_receipt: "acknowledgement", "potwierdzenie przyjęcia";
    kind_challenge: "asks to prove that one is a person", "prosi o dowód, że pisze człowiek";
    kind_calendar: "calendar", "kalendarz";
    kind_other: "notification", "powiadomienie";
}
counted {
}
}

impl Words {
    /// Which machine wrote a mail.
    pub fn kind(&self, author: Author) -> &'static str {
        match author {
            Author::DsnFailed => self.kind_failed,
            Author::DsnDelayed => self.kind_delayed,
            Author::DsnDelivered => self.kind_delivered,
            Author::Mdn => self.kind_read,
            Author::FeedbackReport => self.kind_feedback,
            Author::Vacation => self.kind_vacation,
            Author::LeftCompany => self.kind_left,
            Author::Acknowledgement => self.kind_receipt,
            Author::Challenge => self.kind_challenge,
            Author::Calendar => self.kind_calendar,
            Author::Human | Author::Notification => self.kind_other,
        }
    }

    /// That such a machine's mail is not answered.
    pub fn not_answered(&self, author: Author) -> &'static str {
        match author {
            Author::DsnFailed => self.not_failed,
            Author::DsnDelayed => self.not_delayed,
            Author::DsnDelivered => self.not_delivered,
            Author::Mdn => self.not_read,
            Author::FeedbackReport => self.not_feedback,
            Author::Vacation => self.not_vacation,
            Author::LeftCompany => self.not_left,
            Author::Acknowledgement => self.not_receipt,
            Author::Challenge => self.not_challenge,
            Author::Calendar => self.not_calendar,
            Author::Human | Author::Notification => self.not_other,
        }
    }

    /// What somebody decided in review; a record is not named, which they may not read.
    pub fn chosen(&self, choice: Choice) -> &'static str {
        match choice {
            Choice::Record { .. } => self.chosen_record,
            Choice::None => self.chosen_none,
            Choice::Private { .. } => self.chosen_private,
            Choice::Automatic => self.chosen_automatic,
        }
    }

    /// Of what a person spoke.
    pub fn spoken_of(&self, of: &str) -> &'static str {
        match of {
            "thread" => self.of_thread,
            "sender" => self.of_sender,
            "domain" => self.of_domain,
            _ => self.of_mail,
        }
    }

    /// How a mail came to a place.
    pub fn how(&self, arrival: Arrival) -> &'static str {
        match arrival {
            Arrival::Live => self.how_live,
            Arrival::Backlog(Why::Backfill) => self.how_history,
            Arrival::Backlog(Why::Epoch) => self.how_renumbered,
            Arrival::Backlog(Why::Import) => self.how_archive,
            Arrival::Backlog(Why::Refetch) => self.how_again,
        }
    }

    /// What became of it there.
    pub fn became(&self, state: LocationState, hidden: Option<Hidden>) -> &'static str {
        match (state, hidden) {
            (LocationState::Stored, _) => self.is_kept,
            (LocationState::Pending, _) => self.is_pending,
            (LocationState::Gone, _) => self.is_gone,
            (LocationState::Failed, _) => self.is_failed,
            (LocationState::Unmatched, None) => self.is_passed,
            (LocationState::Unmatched, Some(Hidden::Company)) => self.is_company,
            (LocationState::Unmatched, Some(Hidden::Own)) => self.is_own,
            (LocationState::Unmatched, Some(Hidden::Erased)) => self.is_erased,
            (LocationState::Unmatched, Some(Hidden::Keyword)) => self.is_keyword,
        }
    }

    /// Why it would not be stored.
    pub fn hidden(&self, hidden: Hidden) -> &'static str {
        match hidden {
            Hidden::Company => self.hidden_company,
            Hidden::Own => self.hidden_own,
            Hidden::Erased => self.hidden_erased,
            Hidden::Keyword => self.hidden_keyword,
        }
    }

    /// Why what a rule says is not, or not yet, where the mail stands.
    pub fn but(&self, outcome: Outcome) -> Option<&'static str> {
        Some(match outcome {
            Outcome::Stands => return None,
            Outcome::Nobodys => self.but_nobodys,
            Outcome::Several => self.but_several,
            Outcome::False => self.but_false,
            Outcome::Outweighed => self.but_outweighed,
            Outcome::Later => self.but_later,
        })
    }
}
