//! Sentences with moments in them: each is a `<time>` that machines read and that tells the exact moment (U16).

use super::when::When;
use super::words::fill;
use std::fmt;

/// Stands where a moment goes while the rest is escaped; taken out of every value.
const MARK: char = '\u{f8ff}';

/// A sentence as HTML, in which everything but the `<time>`s was escaped. There is no other way to make one, so
/// templates show it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Timed {
    html: String,
    text: String,
}

impl Timed {
    /// A sentence with values, and moments by the text that is shown for each.
    pub fn with(text: &str, values: &[(&str, &str)], moments: &[(&str, &When, &str)]) -> Timed {
        let marks: Vec<String> = (0..moments.len()).map(|n| format!("{MARK}{n}{MARK}")).collect();
        let plain: Vec<(&str, String)> = values.iter().map(|(name, value)| (*name, value.replace(MARK, ""))).collect();
        let mut all: Vec<(&str, &str)> = plain.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend(moments.iter().zip(&marks).map(|((name, ..), mark)| (*name, mark.as_str())));
        let mut said = fill(text, &all);
        let mut html = escaped(&said);
        for ((_, when, shown), mark) in moments.iter().zip(&marks) {
            said = said.replace(mark, shown);
            let (iso, exact, shown) = (escaped(&when.iso), escaped(&when.exact), escaped(shown));
            html = html.replace(mark, &format!("<time datetime=\"{iso}\" title=\"{exact}\">{shown}</time>"));
        }
        Timed { html, text: said }
    }

    /// A sentence with values and one moment, which is shown exactly; of a calendar day the date.
    pub fn exact(text: &str, values: &[(&str, &str)], name: &str, when: &When) -> Timed {
        Timed::with(text, values, &[(name, when, shown(when))])
    }

    /// This before that, as one sentence.
    pub fn and(self, rest: &Timed) -> Timed {
        Timed { html: self.html + &rest.html, text: self.text + &rest.text }
    }

    /// A sentence without a moment.
    pub fn plain(text: &str) -> Timed {
        Timed { html: escaped(text), text: text.to_owned() }
    }

    /// The same sentence without markup, for programs.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// What is shown of a moment that is told exactly.
pub(super) fn shown(when: &When) -> &str {
    if when.iso.contains('T') { &when.exact } else { &when.short }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.html)
    }
}

impl askama::FastWritable for Timed {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(dest.write_str(&self.html)?)
    }
}

impl askama::filters::HtmlSafe for Timed {}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> When {
        When { iso: "2026-11-21T12:00:00Z".into(), exact: "21 Nov 2026, 13:00".into(), short: "13:00".into() }
    }

    #[test]
    fn moments_are_times_and_nothing_else_is_markup() {
        let said =
            Timed::exact("{name} until {time}.", &[("name", "<b>Anna</b> {time} \u{f8ff}0\u{f8ff}")], "time", &noon());
        assert_eq!(
            said.to_string(),
            "&lt;b&gt;Anna&lt;/b&gt; {time} 0 until <time datetime=\"2026-11-21T12:00:00Z\" title=\"21 Nov 2026, \
             13:00\">21 Nov 2026, 13:00</time>."
        );
        assert_eq!(said.into_text(), "<b>Anna</b> {time} 0 until 21 Nov 2026, 13:00.");
        assert_eq!(Timed::plain("a & \"b\"").to_string(), "a &amp; &#34;b&#34;");
    }
}
