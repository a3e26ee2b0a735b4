//! The parts of a form that carries a file (RFC 7578): `multipart/form-data`.

/// The value of each part with its name, as octets; `None` where it is no such form.
pub(super) fn parts<'b>(content_type: &str, body: &'b [u8]) -> Option<Vec<(String, &'b [u8])>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?.trim_matches('"');
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let delimiter = format!("\r\n--{boundary}");
    let finder = memchr::memmem::Finder::new(&delimiter);
    // The first delimiter stands at the very beginning, without a line before it.
    let mut rest = body.strip_prefix(delimiter.trim_start().as_bytes())?;
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = finder.find(part)?;
        let (part, after) = part.split_at_checked(end)?;
        let blank = memchr::memmem::find(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(part.get(..blank)?).ok()?;
        let name = head.lines().find_map(name_of);
        found.push((name?, part.get(blank + 4..)?));
        rest = after.get(delimiter.len()..)?;
    }
    Some(found)
}

/// The name in a line such as `Content-Disposition: form-data; name="file"; filename="a.eml"`.
fn name_of(line: &str) -> Option<String> {
    let (field, value) = line.split_once(':')?;
    if !field.eq_ignore_ascii_case("content-disposition") {
        return None;
    }
    let name = value.split(';').find_map(|p| p.trim().strip_prefix("name="))?;
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--xY\r\nContent-Disposition: form-data; name=\"mailbox\"\r\n\r\nanna\r\n--xY\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a;b.eml\"\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: x\r\n\r\n--x\r\n\r\n--xY--\r\n";

    #[test]
    fn a_file_and_a_field_come_out_as_they_went_in() {
        let found = parts("multipart/form-data; boundary=xY", BODY).unwrap();
        assert_eq!(found[0], ("mailbox".to_owned(), &b"anna"[..]));
        assert_eq!(found[1], ("file".to_owned(), &b"Subject: x\r\n\r\n--x\r\n"[..]));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_is_no_such_form_is_none() {
        for (kind, body) in [
            ("text/plain", BODY),
            ("multipart/form-data", BODY),
            ("multipart/form-data; boundary=", BODY),
            ("multipart/form-data; boundary=z", BODY),
            ("multipart/form-data; boundary=xY", &BODY[..BODY.len() - 20]),
            ("multipart/form-data; boundary=xY", b""),
        ] {
            assert_eq!(parts(kind, body), None, "{kind}");
        }
    }
}
