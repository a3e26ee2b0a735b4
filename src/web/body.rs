//! A mail's HTML, made harmless (U20).
//!
//! Three walls, since each may have a hole: ammonia lets through known elements and attributes
//! only; the page has a content policy that loads nothing but pictures in the page itself; the
//! frame around it is a sandbox without scripts, forms, or our origin. Pictures of the mail itself
//! (`cid:`) become `data:` URLs: the sandbox sends no cookie, so they could not be fetched.

use crate::model::address::domain_part;
use crate::parse::Shown;
use ammonia::{Builder, UrlRelative};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

/// The content policy of a body's page. `sandbox` again for whoever opens it outside the frame.
pub(super) const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; \
                                 form-action 'none'; frame-ancestors 'self'; \
                                 sandbox allow-popups allow-popups-to-escape-sandbox";

/// Octets of HTML that are cleaned: 20 000 nested elements of it take half a second.
const LIMIT: usize = 2 << 20;
/// The longest `data:` URL of the sender's own.
const DATA_LIMIT: usize = 1 << 20;

/// A mail's HTML, harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clean {
    /// The elements within `<body>`.
    pub html: String,
    /// Pictures from elsewhere stood in it.
    pub blocked: bool,
    /// It was too long and its end is missing.
    pub cut: bool,
    /// It is built so that reading it would take too long; nothing of it is shown.
    pub tangled: bool,
}

/// Makes `html` harmless; pictures that it names by `cid:` are taken from `pictures`.
/// Takes up to half a second for what is built to be slow: call it off the async threads.
pub(super) fn clean(html: &str, pictures: &[Shown]) -> Clean {
    let mut end = LIMIT.min(html.len());
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    let text = html.get(..end).unwrap_or("");
    if is_tangled(text) {
        return Clean { html: String::new(), blocked: false, cut: false, tangled: true };
    }
    let known: HashMap<String, String> = pictures.iter().map(|p| (p.id.to_ascii_lowercase(), data_url(p))).collect();
    let blocked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&blocked);
    let cleaned = Builder::default()
        .add_tags(["font"])
        .add_tag_attributes("font", ["color"])
        .add_tag_attributes("table", ["bgcolor", "width", "border", "cellpadding", "cellspacing"])
        .add_tag_attributes("td", ["bgcolor", "width", "valign"])
        .add_tag_attributes("th", ["bgcolor", "width", "valign"])
        .url_schemes(["http", "https", "mailto", "tel", "cid", "data"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .attribute_filter(move |element: &str, attribute: &str, value: &str| match (element, attribute) {
            ("img", "src") => {
                let picture = picture(value, &known);
                seen.fetch_or(picture.is_none(), Ordering::Relaxed);
                picture.map(Cow::Owned)
            }
            ("a", "href") => leads_away(value).then(|| Cow::Owned(value.to_owned())),
            // Every other URL (cite, longdesc …) is of no use to a reader.
            (_, "cite" | "href" | "src" | "longdesc" | "background") => None,
            _ => Some(Cow::Owned(value.to_owned())),
        })
        .clean(text)
        .to_string();
    Clean {
        html: with_hosts(&cleaned),
        blocked: blocked.load(Ordering::Relaxed),
        cut: end < html.len(),
        tangled: false,
    }
}

/// Elements may be open in each other this deep. Mail programs stay below 100.
const DEPTH: usize = 400;
/// Elements times the most formatting elements open at once: an HTML reader opens those again
/// after every paragraph, so both together are what its work and its result grow with.
const REOPENED: usize = 1_000_000;

/// Elements that have no content, or that the next of their kind closes: they do not nest.
const FLAT: [&str; 22] = [
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "source", "tbody", "td", "th", "thead", "tr", "wbr",
];
/// Elements that are opened again where they were left open.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Whether cleaning would take more than a moment: the time of the reader grows with the square of
/// the depth (20 000 open elements take half a second, 400 000 would take minutes).
fn is_tangled(html: &str) -> bool {
    let (mut open, mut formatting, mut most, mut elements) = (0_usize, 0_usize, 0_usize, 0_usize);
    for piece in html.split('<').skip(1) {
        let closing = piece.starts_with('/');
        let name = piece.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name.get(..end).unwrap_or("").to_ascii_lowercase();
        if name.is_empty() || (FLAT.contains(&name.as_str()) && closing) {
            continue;
        }
        elements += usize::from(!closing);
        if FLAT.contains(&name.as_str()) {
            continue;
        }
        let formats = usize::from(FORMATTING.contains(&name.as_str()));
        if closing {
            open = open.saturating_sub(1);
            formatting = formatting.saturating_sub(formats);
        } else {
            open += 1;
            formatting += formats;
            most = most.max(formatting);
        }
        if open > DEPTH {
            return true;
        }
    }
    elements.saturating_mul(most) > REOPENED
}

/// The page of a cleaned body; `note` says what was left out.
pub(super) fn document(clean: &Clean, language: &str, note: &str) -> String {
    let note = if note.is_empty() { String::new() } else { format!("<p class=\"note\">{}</p>", escaped(note)) };
    format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>Standin</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
         <body>{note}<div lang=\"\">{}</div></body></html>",
        clean.html
    )
}

/// Mails count on a white page; long words and wide tables must not push the page apart.
const STYLE: &str = ":root{color-scheme:light}body{margin:0;padding:1rem;background:#fff;color:#1b1f24;\
font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}\
pre{white-space:pre-wrap}blockquote{margin:0 0 0 .2rem;padding-left:.8rem;border-left:3px solid #d5dadf;color:#4d565f}\
a{color:#0b6a70}a[data-host]::after{content:\" (\" attr(data-host) \")\";color:#5b6670;font-size:.85em}\
.note{margin:0 0 1rem;padding:.4rem .7rem;background:#eef2f4;color:#3d464e;border-radius:6px;font-size:.85rem}";

fn data_url(picture: &Shown) -> String {
    format!("data:{};base64,{}", picture.content_type, STANDARD.encode(&picture.bytes))
}

/// What an `img` may show: a picture of the mail, or one in the URL itself, never SVG.
fn picture(url: &str, known: &HashMap<String, String>) -> Option<String> {
    let url = url.trim();
    if let Some(id) = strip_scheme(url, "cid:") {
        return known.get(&id.to_ascii_lowercase()).cloned();
    }
    let data = strip_scheme(url, "data:")?;
    let raster = ["image/png;base64,", "image/jpeg;base64,", "image/gif;base64,", "image/webp;base64,"];
    let plain = raster.iter().any(|kind| strip_scheme(data, kind).is_some());
    (plain && url.len() <= DATA_LIMIT).then(|| url.to_owned())
}

fn leads_away(url: &str) -> bool {
    ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| strip_scheme(url.trim(), scheme).is_some())
}

fn strip_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    url.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).and_then(|_| url.get(scheme.len()..))
}

/// Links as ammonia writes them: attributes in double quotes, with quotes inside escaped, so the
/// text of a mail cannot look like one.
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"<a [^<]*?href="(?i:https?)://([^"/?\#]*)"#).ok());

/// Marks every link with the host it leads to, in its plain form: `аcme.com` with a Cyrillic
/// letter shows as `xn--…`.
fn with_hosts(html: &str) -> String {
    let Some(link) = LINK.as_ref() else { return html.to_owned() };
    let marked = link.replace_all(html, |found: &Captures<'_>| {
        let whole = found.get(0).map_or("", |m| m.as_str());
        let authority = found.get(1).map_or("", |m| m.as_str()).replace("&amp;", "&");
        let host = authority.rsplit('@').next().unwrap_or("");
        let host = host.split(':').next().unwrap_or("");
        let plain = domain_part(host).unwrap_or_else(|_| "?".to_owned());
        whole.replacen("<a ", &format!("<a data-host=\"{}\" ", escaped(&plain)), 1)
    });
    marked.into_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        clean(text, &[]).html
    }

    #[test]
    fn nothing_that_runs_loads_or_submits_is_left() {
        let hostile = r##"<script>x</script><style>@import url(//e.example)</style><img src=x onerror=alert(1)>
            <img src="https://track.example/p.gif"><svg onload=alert(1)><image href="https://e.example/x"></svg>
            <a href="javascript:alert(1)">a</a><a href=" jav&#x09;ascript:alert(1)">b</a><a href="data:text/html,x">c</a>
            <form action="https://e.example"><input name=p><button>go</button></form><meta http-equiv=refresh content="0;url=https://e.example">
            <base href="https://e.example/"><iframe src="https://e.example"></iframe><object data=x></object><embed src=x>
            <div hx-get="/x" data-hx-post="/y" onclick="x" style="background:url(https://e.example)" class=c id=main>z</div>
            <link rel=stylesheet href=https://e.example><video src=https://e.example poster=https://e.example></video>
            <math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>
            <img src="data:image/svg+xml;base64,PHN2Zz4="><map><area href="https://e.example"></map>"##;
        let out = clean(hostile, &[]);
        for bad in [
            "script",
            "onerror",
            "onload",
            "onclick",
            "hx-",
            "style",
            "e.example",
            "track.example",
            "form",
            "input",
            "meta",
            "base",
            "iframe",
            "object",
            "embed",
            "svg",
            "video",
            "javascript",
            "class",
            "id=",
            "text/html",
        ] {
            assert!(!out.html.to_lowercase().contains(bad), "{bad} in {}", out.html);
        }
        assert!(out.blocked && out.html.contains('z'));
    }

    #[test]
    fn links_show_their_host_in_its_plain_form() {
        let out = html(r#"<a href="https://bank.example@evil.example:8080/x?a=1&b=2" title="t">bank.example</a>"#);
        assert!(out.contains("data-host=\"evil.example\""), "{out}");
        assert!(html("<a href='http://\u{430}cme.com/'>x</a>").contains("data-host=\"xn--cme-5cd.com\""));
        assert!(html("<a href='mailto:a@b.c'>x</a>").contains("mailto:a@b.c"));
        assert!(
            html("<p title='<a href=\"https://x.example/\"'>&lt;a href=\"https://y.example/\"</p>")
                .matches("data-host")
                .count()
                == 0
        );
    }

    #[test]
    fn pictures_of_the_mail_stand_in_the_page_and_no_other_is_loaded() {
        let logo = Shown { id: "Logo@x".into(), content_type: "image/png".into(), bytes: vec![1, 2, 3] };
        let out = clean("<img src='cid:logo@X' alt=l><img src='cid:none'>", &[logo]);
        assert!(out.html.contains("src=\"data:image/png;base64,AQID\""), "{}", out.html);
        assert_eq!(out.html.matches("src=").count(), 1);
    }

    #[test]
    fn endless_html_is_cut_and_a_bomb_is_not_touched() {
        let out = clean(&"ż".repeat(LIMIT), &[]);
        assert!(out.cut && out.html.len() <= LIMIT);
        assert!(!clean(&("<div>".repeat(200) + &"</div>".repeat(200)).repeat(50), &[]).tangled);
        for bomb in ["<div>".repeat(20_000), "<b><i>".repeat(150) + &"<p>x".repeat(20_000)] {
            assert!(clean(&bomb, &[]).tangled);
        }
    }
}
