//! U+0000 comes in nowhere. Nobody types it, no page of ours sends it, and PostgreSQL refuses it in text: every field of
//! every form would have to be looked at. So U+FFFD stands in its place before anybody reads an address or a form, as in
//! mail (`parse`). Left out, it could join what stands around it to another one (`%%0000`).
//!
//! Documents of the API are refused with it (`api/asking.rs`); in forms with files it is replaced where they are read
//! (`upload`).

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;

/// How it is written in addresses and forms.
const WRITTEN: &str = "%00";
/// How what takes its place is.
const INSTEAD: &str = "%EF%BF%BD";

/// Takes it out of a request.
pub(super) async fn text(mut request: Request, next: Next) -> Response {
    if let Some(uri) = without(request.uri()) {
        *request.uri_mut() = uri;
    }
    if is_form(request.headers()) {
        request = request.map(|body| {
            let mut kept = Kept::default();
            let parts = body.into_data_stream().map(Some).chain(futures::stream::iter([None]));
            Body::from_stream(parts.map(move |part| match part {
                Some(part) => part.map(|part| kept.pass(&part)),
                None => Ok(kept.rest()),
            }))
        });
    }
    next.run(request).await
}

/// The address without it; `None` where it has none.
fn without(uri: &Uri) -> Option<Uri> {
    let text = uri.path_and_query().map(|text| text.as_str()).filter(|text| text.contains(WRITTEN))?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(text.replace(WRITTEN, INSTEAD).parse().ok()?);
    Uri::from_parts(parts).ok()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}

/// A form that comes in pieces: what may be the beginning of one waits for the next piece.
#[derive(Debug, Default)]
struct Kept(&'static str);

impl Kept {
    /// What is sure of it so far.
    fn pass(&mut self, piece: &[u8]) -> Bytes {
        let mut sure = Vec::with_capacity(piece.len());
        for octet in piece {
            match (self.0, octet) {
                ("%0", b'0') => {
                    sure.extend(INSTEAD.bytes());
                    self.0 = "";
                }
                ("%", b'0') => self.0 = "%0",
                (begun, octet) => {
                    sure.extend(begun.bytes());
                    self.0 = "";
                    match octet {
                        b'%' => self.0 = "%",
                        0 => sure.extend(INSTEAD.bytes()),
                        octet => sure.push(*octet),
                    }
                }
            }
        }
        sure.into()
    }

    /// What is left at the end.
    fn rest(&mut self) -> Bytes {
        Bytes::from_static(std::mem::take(&mut self.0).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pieces: &[&[u8]]) -> String {
        let mut kept = Kept::default();
        let mut all: Vec<u8> = pieces.iter().flat_map(|piece| kept.pass(piece)).collect();
        all.extend(kept.rest());
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn in_a_form_it_is_replaced_and_nothing_else() {
        for (given, left) in [
            ("a=1&b=%C5%BC", "a=1&b=%C5%BC"),
            ("a=%00&b=x%00y%00", "a=%EF%BF%BD&b=x%EF%BF%BDy%EF%BF%BD"),
            ("a=\0b", "a=%EF%BF%BDb"),
            ("a=%0", "a=%0"),
            ("a=%", "a=%"),
            ("a=%%%0%01%0a%", "a=%%%0%01%0a%"),
            ("%%0000", "%%EF%BF%BD00"),
            ("%0%000", "%0%EF%BF%BD0"),
        ] {
            assert_eq!(passed(&[given.as_bytes()]), left, "{given:?}");
        }
    }

    #[test]
    fn where_a_form_is_cut_makes_no_difference() {
        for text in ["a=%00&b=%0&c=%C5%BC%00%", "a%00%00b", "x%0"] {
            let whole = passed(&[text.as_bytes()]);
            for cut in 0..text.len() {
                let (one, two) = text.as_bytes().split_at(cut);
                assert_eq!(passed(&[one, two]), whole, "{text} at {cut}");
            }
        }
    }

    #[test]
    fn in_an_address_it_is_replaced() {
        let of = |text: &str| without(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(of("/a%00b?q=%00x"), Some("/a%EF%BF%BDb?q=%EF%BF%BDx".into()));
        assert_eq!(of("/a?q=%%0000"), Some("/a?q=%%EF%BF%BD00".into()));
        assert_eq!(of("http://a.test/?%00"), Some("http://a.test/?%EF%BF%BD".into()));
        assert_eq!(of("/a?q=%0"), None);
    }
}
