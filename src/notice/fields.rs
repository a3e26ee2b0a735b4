//! Reading header values: comments, keywords, lists.
//!
//! Values arrive unfolded. What cannot be read is left to the rule, which takes it as a veto
//! (docs/rules.md: any doubt is a veto).

/// A value without RFC 5322 comments, trimmed; quoted strings are kept as they are. An unclosed
/// comment runs to the end.
pub(super) fn without_comments(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if depth > 0 => {
                chars.next();
            }
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                out.push(c);
            }
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            _ => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// The keyword of a field: comments and parameters (from `;`) cut off, lower case.
pub(super) fn keyword(value: &str) -> String {
    let plain = without_comments(value);
    plain.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// The members of a list separated by commas, semicolons or white space, lower case.
pub(super) fn members(value: &str) -> impl Iterator<Item = String> + '_ {
    value
        .split(|c: char| c == ',' || c == ';' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_parameters_are_cut() {
        assert_eq!(keyword("(typed by hand) No ; x-note=1"), "no");
        assert_eq!(keyword("auto-replied (vacation)"), "auto-replied");
        assert_eq!(keyword("(open auto-replied"), "");
        assert_eq!(keyword("(a \\) b (nested)) no"), "no");
        assert_eq!(keyword("\"(no)\""), "\"(no)\"");
        assert_eq!(keyword(""), "");
    }

    #[test]
    fn members_of_a_list_are_words() {
        assert_eq!(members("DR, OOF,AutoReply").collect::<Vec<_>>(), ["dr", "oof", "autoreply"]);
    }
}
