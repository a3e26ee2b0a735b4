//! Whether a mail offers to take its reader off a list: a link that unsubscribes, or a form to fill in (R22).
//! Whoever writes to many offers that, and no program with which people write makes either by itself. Asked only
//! of mail that answers nothing and hands nothing on, for there it may be quoted from somebody else's.

use super::charset;
use super::mime::Part;
use super::phrases::of_kind;
use std::sync::LazyLock;

/// Octets of HTML that are read.
const PAGE: usize = 1 << 20;
/// Links of a page that are looked at.
const LINKS: usize = 2_000;
/// Octets of a link's address.
const ADDRESS: usize = 2_000;
/// Octets of a link with the words in it.
const WORDS: usize = 600;

static IN_ADDRESS: LazyLock<Vec<&str>> = LazyLock::new(|| of_kind(include_str!("data/opt-outs.txt"), "link"));
static IN_WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| of_kind(include_str!("data/opt-outs.txt"), "words"));

/// What a mail with these parts and this text offers; nothing where it offers nothing of the kind.
pub(super) fn offered(parts: &[Part<'_>], text: &str) -> Option<String> {
    let pages = parts.iter().filter(|part| part.kind.word == "text/html" && !part.is_attachment());
    let mut pages = pages.map(|part| {
        let bytes = part.encoding.decode(part.body, PAGE);
        charset::decode(&bytes, part.kind.get("charset")).0.to_lowercase()
    });
    pages.find_map(|page| on_page(&page)).or_else(|| in_text(text))
}

fn on_page(page: &str) -> Option<String> {
    let last_input = page.rfind("<input").unwrap_or(0);
    let form = page
        .match_indices("<form")
        .take_while(|(at, _)| *at < last_input)
        .any(|(at, tag)| page.get(at + tag.len()..).unwrap_or("").starts_with(|c: char| c == '>' || c.is_whitespace()));
    if form {
        return Some("a form to fill in".to_owned());
    }
    page.match_indices("href").take(LINKS).find_map(|(at, word)| link(page.get(at + word.len()..).unwrap_or("")))
}

/// A link from behind its `href`.
fn link(rest: &str) -> Option<String> {
    let rest = start(rest, ADDRESS + WORDS).trim_start().strip_prefix('=')?.trim_start();
    let ends = |c: char| c == '>' || c.is_whitespace();
    let (address, behind) = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest.get(1..)?.split_once(quote)?,
        _ => rest.split_at_checked(rest.find(ends)?)?,
    };
    if is_way_out(address) {
        return Some(format!("link: {address}"));
    }
    let (_, inside) = start(behind, WORDS).split_once('>')?;
    let inside = inside.split("</a").next().unwrap_or("");
    let mut words = String::new();
    for piece in inside.split('<') {
        // What stands before the end of a tag is the tag.
        let piece = piece.split_once('>').map_or(if words.is_empty() { piece } else { "" }, |(_, text)| text);
        words.push(' ');
        words.push_str(piece);
    }
    let words = words.replace("&nbsp;", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    IN_WORDS.iter().any(|phrase| words.contains(phrase)).then(|| format!("link: {words}"))
}

/// An address in plain text.
fn in_text(text: &str) -> Option<String> {
    let words = start(text, PAGE).split_whitespace().map(|word| word.trim_matches(['<', '>', '(', ')', '[', ']', '"']));
    let address = |word: &&str| {
        let lower = start(word, 12).to_ascii_lowercase();
        ["http://", "https://", "mailto:", "www."].iter().any(|scheme| lower.starts_with(scheme))
    };
    words.filter(address).take(LINKS).map(|word| start(word, ADDRESS).to_lowercase()).find(|word| is_way_out(word))
}

fn is_way_out(address: &str) -> bool {
    IN_ADDRESS.iter().any(|piece| address.contains(piece))
}

/// The beginning of a text, at most so many octets.
fn start(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::model::mail::{Author, Channel};
    use proptest::prelude::*;

    fn channel(head: &str, kind: &str, body: &str) -> Channel {
        let raw =
            format!("From: Jan <jan@acme.pl>\nTo: anna@firma.pl\n{head}Content-Type: {kind}; charset=utf-8\n\n{body}");
        let mail = parse(raw.as_bytes());
        assert_eq!(mail.author, Author::Human, "{:?}", mail.evidence);
        mail.channel
    }

    #[test]
    fn a_link_that_takes_off_the_list_makes_mass_mail() {
        for body in [
            "<p>Sale!</p><a href=\"https://m.shop.pl/Unsubscribe?u=1\">here</a>",
            "<a class=x href='https://c.shop.pl/x/9'><b>Wypisz</b> się</a>",
            "<A HREF=mailto:list@shop.pl?subject=remove>klik</A>",
            "<a href=\"https://shop.fr/d\">Se d\u{e9}sabonner</a>",
            "<a href = \"https://shop.ru/d\" >\u{41e}\u{442}\u{43f}\u{438}\u{441}\u{430}\u{442}\u{44c}\u{441}\u{44f}</a>",
            "<form action=\"https://shop.pl\"><input name=q></form>",
        ] {
            assert_eq!(channel("", "text/html", body), Channel::Bulk, "{body}");
        }
        let plain = "Sale!\n\nTo stop, visit <https://shop.pl/a/optout/42>.";
        assert_eq!(channel("Subject: Sale\n", "text/plain", plain), Channel::Bulk);
    }

    #[test]
    fn what_people_write_is_no_mass_mail_for_its_links() {
        for body in [
            "Please unsubscribe me from your list, as I wrote in August.",
            "Subscribe to our newsletter: https://acme.pl/newsletter\nhttps://acme.pl/rezygnacja-z-umowy.pdf",
            "How do I opt out of paper invoices? See www.acme.pl/faktury",
            "The form <form> tag in your page is broken.",
        ] {
            assert_eq!(channel("", "text/plain", body), Channel::Direct, "{body}");
        }
        for body in [
            "<p>Please unsubscribe me.</p><a href=\"https://acme.pl\">acme.pl</a>",
            "<a href=\"https://acme.pl/newsletter\">Newsletter</a> <a href=\"https://acme.pl/abmelden\">abmelden</a>",
            "<form>our form</form>",
            "<a href=\"https://acme.pl",
            "<a href=https://acme.pl>wypisz",
        ] {
            assert_eq!(channel("", "text/html", body), Channel::Direct, "{body}");
        }
    }

    #[test]
    fn in_answers_and_forwards_such_a_link_is_quoted() {
        let body = "<p>Is this from you?</p><a href=\"https://m.shop.pl/unsubscribe\">unsubscribe</a>";
        assert_eq!(channel("", "text/html", body), Channel::Bulk);
        for head in ["Subject: Re: Sale\n", "Subject: Fwd: Sale\n", "In-Reply-To: <a@b.pl>\n", "References: <a@b.pl>\n"]
        {
            assert_eq!(channel(head, "text/html", body), Channel::Direct, "{head}");
        }
    }

    proptest! {
        #[test]
        fn any_page_is_looked_at(body in "(<a |href|=|\"|'|>|<|/a|</a|ż|unsub|scribe|<form |<input| |&nbsp;|https://){0,80}") {
            super::on_page(&body);
            super::in_text(&body);
        }
    }

    #[test]
    fn a_hostile_page_takes_no_time() {
        let page = format!("<a href=\"{}", "href=\"<form ".repeat(60_000));
        super::on_page(&page);
    }
}
