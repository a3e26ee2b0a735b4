//! The texts of the page on which integrators read what the API takes and gives. What each address does is
//! described in the document itself, in English, as it is for programs.

use super::{Counted, Language};

texts! {
plain {
    title: "API", "API";
    means: "What programs can do here, with a token from My settings. Everything below {base}; the same as a document for tools: {document}.",
        "Co mogą tu robić programy, z tokenem z Moich ustawień. Wszystko poniżej {base}; to samo jako dokument dla narzędzi: {document}.";
    english: "The descriptions are in English, since they are the document itself.",
        "Opisy są po angielsku, bo pochodzą z samego dokumentu.";
    schemas: "What is sent and answered", "Co się wysyła i otrzymuje";
    scope: "Scope of the token: {scope}", "Zakres tokenu: {scope}";
    takes: "Takes", "Przyjmuje";
    gives: "Gives", "Zwraca";
    name: "Name", "Nazwa";
    kind: "Type", "Typ";
    place: "Where", "Gdzie";
    about: "Meaning", "Znaczenie";
    needed: "needed", "wymagane";
    body: "body", "treść";
}
counted {
    many: ["{n} request", "{n} requests"], ["{n} żądanie", "{n} żądania", "{n} żądań"];
}
}
