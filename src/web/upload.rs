//! Forms that carry files (`multipart/form-data`, RFC 7578), read part by part by axum's `Multipart`.
//!
//! How many octets a form may have is its route's `DefaultBodyLimit`; how many parts, [`MOST`]: each part costs more
//! memory than it has octets.

use super::doing::Fields;
use super::refusal::Refusal;
use super::words::Words;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::extract::{Form, FromRequest, Request};
use axum::http::{StatusCode, header};

/// Parts of a form. No page of ours has as many fields, and nobody attaches as many files.
const MOST: usize = 1_000;

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name, where it is a file; empty where none was chosen.
    pub file: Option<String>,
    /// Its media type, where that is told.
    pub media_type: Option<String>,
    /// Its value, as octets.
    pub value: Bytes,
}

impl Part {
    /// Its value as a text, as other forms bring it (`plain`).
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).replace('\0', "\u{fffd}")
    }
}

/// Why a form could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no form with files.
    NoForm,
    /// It broke off, or is not written as such forms are.
    Broken,
    /// It has more octets than its route takes, or more than [`MOST`] parts.
    TooLarge,
}

impl Fault {
    /// The page for it; `large` says how much there may be.
    pub fn refusal(self, w: &'static Words, large: &str) -> Refusal {
        match self {
            Fault::NoForm => Refusal::NotFound,
            Fault::Broken => Refusal::Declined(w.broken_form.to_owned()),
            Fault::TooLarge => Refusal::Declined(large.to_owned()),
        }
    }
}

impl From<MultipartRejection> for Fault {
    fn from(_: MultipartRejection) -> Fault {
        Fault::NoForm
    }
}

impl From<MultipartError> for Fault {
    fn from(error: MultipartError) -> Fault {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Fault::TooLarge } else { Fault::Broken }
    }
}

/// The parts of the form that a request carries, in their order.
///
/// # Errors
/// If it carries none, or not a whole one.
pub(super) async fn parts(request: Request) -> Result<Vec<Part>, Fault> {
    let mut form = Multipart::from_request(request, &()).await?;
    let mut found = Vec::new();
    while let Some(field) = form.next_field().await? {
        if found.len() == MOST {
            return Err(Fault::TooLarge);
        }
        found.push(part(field).await?);
    }
    Ok(found)
}

/// Browsers write a quote in a name as `%22` (RFC 7578 leaves that to the living HTML standard). No text holds U+0000
/// (`plain`); a file may.
async fn part(field: Field<'_>) -> Result<Part, Fault> {
    let told = |text: &str| text.replace("%22", "\"").replace('\0', "\u{fffd}");
    let name = field.name().map(told).ok_or(Fault::Broken)?;
    let file = field.file_name().map(told);
    let media_type = field.content_type().map(str::to_owned);
    Ok(Part { name, file, media_type, value: field.bytes().await? })
}

/// The fields of a form that may carry files, and its files: those that were chosen. A form without files may also come
/// as browsers send those (`application/x-www-form-urlencoded`).
///
/// # Errors
/// If it carries neither, or not a whole one.
pub(super) async fn fields_and_files(request: Request) -> Result<(Fields, Vec<Part>), Fault> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
        return match form {
            Ok(Form(fields)) => Ok((Fields(fields), Vec::new())),
            Err(no) if no.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Fault::TooLarge),
            Err(_) => Err(Fault::Broken),
        };
    }
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    for part in parts(request).await? {
        match &part.file {
            // A field for files that was left empty comes as a file without a name.
            Some(name) if name.is_empty() => {}
            Some(_) => files.push(part),
            None => fields.push((part.name.clone(), part.text())),
        }
    }
    Ok((Fields(fields), files))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::extract::DefaultBodyLimit;
    use tower::{Layer, ServiceExt, service_fn};

    const KIND: &str = "multipart/form-data; boundary=xY";
    const BODY: &[u8] = b"--xY\r\nContent-Disposition: form-data; name=\"mailbox\"\r\n\r\nanna\r\n--xY\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a;b.eml\"\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: x\r\n\r\n--x\r\n\r\n--xY--\r\n";

    fn request(kind: &str, body: &[u8]) -> Request {
        Request::post("/").header(header::CONTENT_TYPE, kind).body(Body::from(body.to_vec())).unwrap()
    }

    /// A form of one field and so many files of so many octets.
    fn with_files(count: usize, size: usize) -> Vec<u8> {
        let mut body = b"--xY\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\nja\r\n".to_vec();
        for n in 0..count {
            body.extend(
                format!("--xY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{n}\"\r\n\r\n").bytes(),
            );
            body.extend(std::iter::repeat_n(b'\n', size));
            body.extend(b"\r\n");
        }
        body.extend(b"--xY--\r\n");
        body
    }

    #[tokio::test]
    async fn a_file_and_a_field_come_out_as_they_went_in() {
        let found = parts(request(KIND, BODY)).await.unwrap();
        let field = Part { name: "mailbox".into(), file: None, media_type: None, value: Bytes::from_static(b"anna") };
        let file = Part {
            name: "file".into(),
            file: Some("a;b.eml".into()),
            media_type: Some("message/rfc822".into()),
            value: Bytes::from_static(b"Subject: x\r\n\r\n--x\r\n"),
        };
        assert_eq!(found, [field, file]);
    }

    #[tokio::test]
    async fn names_of_files_come_as_browsers_write_them() {
        let body = "--xY\r\nContent-Disposition: form-data; name=\"f\"; filename=\"Żółć %22a%22 ../..\\x.csv\"\r\n\r\nx\r\n--xY--\r\n";
        let found = parts(request(KIND, body.as_bytes())).await.unwrap();
        assert_eq!(found[0].file.as_deref(), Some("Żółć \"a\" ../..\\x.csv"));
    }

    #[tokio::test]
    async fn what_is_no_such_form_is_told_from_one_that_broke_off() {
        for kind in ["text/plain", "multipart/form-data", "multipart/mixed; boundary=xY", "", "\u{1}"] {
            let mut asked = request("text/plain", BODY);
            if let Ok(kind) = kind.parse() {
                asked.headers_mut().insert(header::CONTENT_TYPE, kind);
            }
            assert_eq!(parts(asked).await, Err(Fault::NoForm), "{kind}");
        }
        for (kind, body) in [
            ("multipart/form-data; boundary=z", BODY),
            (KIND, &BODY[..BODY.len() - 20]),
            (KIND, &BODY[..30]),
            (KIND, b""),
            (KIND, b"--xY\r\n\r\nno name\r\n--xY--\r\n"),
            (KIND, b"--xY\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nx\r\n--xY--\r\n"),
        ] {
            assert_eq!(parts(request(kind, body)).await, Err(Fault::Broken), "{kind}: {body:?}");
        }
    }

    #[tokio::test]
    async fn every_cut_of_a_form_is_an_answer() {
        for end in 0..BODY.len() - 2 {
            let found = parts(request(KIND, &BODY[..end])).await;
            assert!(matches!(found, Err(Fault::Broken)) || end > BODY.len() - 4, "{end}: {found:?}");
        }
    }

    #[tokio::test]
    async fn octets_and_parts_are_limited() {
        let limited = DefaultBodyLimit::max(10_000).layer(service_fn(async |request| {
            Ok::<_, std::convert::Infallible>(parts(request).await.map(|f| f.len()))
        }));
        let ask = async |body: Vec<u8>| limited.oneshot(request(KIND, &body)).await.unwrap();
        assert_eq!(ask(with_files(1, 5_000)).await, Ok(2));
        assert_eq!(ask(with_files(1, 10_000)).await, Err(Fault::TooLarge));
        assert_eq!(ask(with_files(20, 500)).await, Err(Fault::TooLarge));
        assert_eq!(parts(request(KIND, &with_files(MOST - 1, 1))).await.unwrap().len(), MOST);
        assert_eq!(parts(request(KIND, &with_files(MOST, 1))).await, Err(Fault::TooLarge));
    }

    #[tokio::test]
    async fn a_form_for_files_may_come_without_any() {
        let (fields, files) = fields_and_files(request(KIND, &with_files(2, 3))).await.unwrap();
        assert_eq!((fields.get("to"), files.len()), ("ja", 2));
        let empty = b"--xY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--xY--\r\n";
        assert_eq!(fields_and_files(request(KIND, empty)).await.unwrap().1, []);
        let kind = "application/x-www-form-urlencoded; charset=UTF-8";
        // Longer than an address may be.
        let long = format!("to=ja&body={}", "x".repeat(100_000));
        let (fields, files) = fields_and_files(request(kind, long.as_bytes())).await.unwrap();
        assert_eq!((fields.get("body").len(), files.len()), (100_000, 0));
        let large = format!("to={}", "x".repeat(3_000_000));
        assert_eq!(fields_and_files(request(kind, large.as_bytes())).await.unwrap_err(), Fault::TooLarge);
        assert_eq!(fields_and_files(request("text/plain", b"x")).await.unwrap_err(), Fault::NoForm);
    }
}
