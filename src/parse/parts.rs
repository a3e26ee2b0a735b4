//! Parts of a mail on demand: its HTML, and one attachment's content. [`super::parse`] decodes
//! neither, since most mail is never opened.
//!
//! Attachments are numbered as `Mail::attachments` lists them.

use super::mime::{self, Part};
use super::{body, charset, header};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Encoded octets of HTML that are read.
const HTML_LIMIT: usize = 4 << 20;
/// Encoded octets of one picture that is shown inside the HTML.
const PICTURE_LIMIT: usize = 3 << 20;
/// Encoded octets of all of them.
const PICTURES_LIMIT: usize = 12 << 20;

/// Attached mails that are read.
const ATTACHED_LIMIT: usize = 20;

/// A picture that HTML shows by its Content-ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The id without angle brackets, as `cid:` URLs name it.
    pub id: String,
    /// `image/png` and the like, lower case.
    pub content_type: String,
    /// Its octets.
    pub bytes: Vec<u8>,
}

/// The HTML of a mail, where it has any: as it stands, hostile.
pub fn html_body(raw: &[u8]) -> Option<String> {
    guarded(|| {
        let block = header::split_mail(raw);
        let parts = mime::walk(&block, &mut Vec::new());
        let mut found = String::new();
        for part in parts.iter().filter(|part| part.kind.word == "text/html" && !part.is_attachment()) {
            // A named page beside the text is a file; a named one alone is the text.
            if (part.name().is_some() && !found.is_empty()) || found.len() >= HTML_LIMIT {
                continue;
            }
            let bytes = part.encoding.decode(part.body, HTML_LIMIT);
            found.push_str(&charset::decode(&bytes, part.kind.get("charset")).0);
        }
        (!found.trim().is_empty()).then_some(found)
    })
}

/// An attachment: its name as a person would see it (may be empty), its type, its octets.
pub fn attachment(raw: &[u8], index: usize) -> Option<(String, String, Vec<u8>)> {
    guarded(|| {
        let block = header::split_mail(raw);
        let parts = mime::walk(&block, &mut Vec::new());
        let part = body::listed(&parts).into_iter().nth(index)?;
        Some((body::file_name(part), part.kind.word.clone(), part.encoding.decode(part.body, usize::MAX).into_owned()))
    })
}

/// The mails that are attached to one: parts that are a mail, and files named `.eml`. At most 20.
pub fn attached(raw: &[u8]) -> Vec<Vec<u8>> {
    let found = guarded(|| {
        let block = header::split_mail(raw);
        let parts = mime::walk(&block, &mut Vec::new());
        let is_mail = |part: &&Part<'_>| {
            let named = || part.name().is_some_and(|name| name.to_lowercase().ends_with(".eml"));
            matches!(part.kind.word.as_str(), "message/rfc822" | "message/global") || named()
        };
        let bytes = parts.iter().filter(is_mail).map(|part| part.encoding.decode(part.body, usize::MAX).into_owned());
        Some(bytes.filter(|bytes| super::is_mail(bytes)).take(ATTACHED_LIMIT).collect())
    });
    found.unwrap_or_default()
}

/// The pictures that the HTML may show by Content-ID. SVG is none: it is a document with scripts.
pub fn shown(raw: &[u8]) -> Vec<Shown> {
    let found = guarded(|| {
        let block = header::split_mail(raw);
        let parts = mime::walk(&block, &mut Vec::new());
        let mut room = PICTURES_LIMIT;
        let mut found = Vec::new();
        for part in &parts {
            let Some(id) = picture_id(part) else { continue };
            if part.body.len() > PICTURE_LIMIT.min(room) {
                continue;
            }
            room -= part.body.len();
            let bytes = part.encoding.decode(part.body, PICTURE_LIMIT).into_owned();
            found.push(Shown { id, content_type: part.kind.word.clone(), bytes });
        }
        Some(found)
    });
    found.unwrap_or_default()
}

fn picture_id(part: &Part<'_>) -> Option<String> {
    let raster = ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&part.kind.word.as_str());
    let id = String::from_utf8_lossy(part.id.filter(|_| raster)?).trim().trim_matches(['<', '>']).to_owned();
    (!id.is_empty()).then_some(id)
}

/// Any bytes are mail: what the reading of them breaks is told as absence.
fn guarded<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attached_mails_are_found_however_they_are_attached() {
        let inner = "From: jan@acme.test\r\nSubject: inner\r\n\r\nHello\r\n";
        let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, inner);
        let raw = format!(
            "From: anna@firma.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n\
             --b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n\
             --b\r\nContent-Type: application/octet-stream; name=\"x.EML\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{code}\r\n\
             --b\r\nContent-Type: text/plain; name=\"note.eml\"\r\n\r\nno mail at all\r\n--b--\r\n"
        );
        let found = attached(raw.as_bytes());
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|mail| super::super::parse(mail).subject == "inner"));
        assert!(attached(inner.as_bytes()).is_empty());
    }
    use proptest::prelude::*;

    const MAIL: &[u8] = b"From: a@x.org\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\
Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\n\
plain\n--a\nContent-Type: text/html; charset=iso-8859-2\nContent-Transfer-Encoding: quoted-printable\n\n\
<p>za=BF=F3=B3=E6 <img src=3D\"cid:logo@x\">\n--a--\n--r\nContent-Type: image/png\nContent-ID: <logo@x>\n\
Content-Transfer-Encoding: base64\n\niVBORw0=\n--r--\n--m\nContent-Type: application/pdf\n\
Content-Disposition: attachment; filename=\"../oferta.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--m--\n";

    #[test]
    fn the_html_is_decoded_and_its_pictures_found() {
        assert!(html_body(MAIL).unwrap().contains("zażółć"));
        let shown = shown(MAIL);
        assert_eq!((shown[0].id.as_str(), shown[0].bytes.as_slice()), ("logo@x", &b"\x89PNG\r"[..]));
        assert_eq!(html_body(b"Subject: x\n\nplain"), None);
    }

    #[test]
    fn attachments_are_numbered_as_they_are_listed() {
        let listed = super::super::parse(MAIL).attachments;
        assert_eq!(listed.len(), 2);
        for (index, known) in listed.iter().enumerate() {
            let (name, content_type, bytes) = attachment(MAIL, index).unwrap();
            assert_eq!((&name, &content_type, bytes.len() as u64), (&known.name, &known.content_type, known.size));
        }
        assert!(listed.iter().any(|known| known.name == "oferta.pdf"));
        assert_eq!(attachment(MAIL, 2), None);
    }

    proptest! {
        #[test]
        fn any_bytes_have_parts_or_none(raw in proptest::collection::vec(any::<u8>(), 0..1_000), index in 0usize..3) {
            html_body(&raw);
            shown(&raw);
            attachment(&raw, index);
        }
    }
}
