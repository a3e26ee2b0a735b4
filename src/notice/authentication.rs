//! Is the sender who they say (R36), and is that known at all (R37)?
//!
//! Only results under the configured authserv-id are read, and of those only the topmost: what
//! lies below may have come with the mail (RFC 8601 §5, §7.1). Foreign results are ignored.

use super::fields::without_comments;
use crate::model::address::organisation;
use crate::model::mail::Mail;

/// What our own server says of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authentication {
    /// The author's domain stands behind it.
    Passed,
    /// It does not: somebody checked, and the author's domain denies it, or another domain vouched.
    Failed,
    /// Nobody can say: the author's domain publishes nothing to check against, or the check itself
    /// broke (RFC 8601 §2.7: `none`, `neutral`, `temperror`, `permerror`).
    Unproven,
    /// Our server said nothing.
    NotStamped,
}

/// One `method=result` of an Authentication-Results field with its properties.
struct Outcome {
    method: String,
    result: String,
    properties: Vec<(String, String)>,
}

/// Reads what the server named `authserv_id` says. An empty name: it does not stamp.
pub(super) fn authentication(mail: &Mail, authserv_id: &str) -> Authentication {
    let authserv_id = authserv_id.trim();
    if authserv_id.is_empty() {
        return Authentication::NotStamped;
    }
    let Some(author) = mail.from.first().map(|party| party.address.organisation()) else {
        return Authentication::Failed;
    };
    let fields = mail.headers.all("authentication-results").map(without_comments);
    let mut ours = fields.filter_map(|field| {
        let (server, rest) = field.split_once(';').unwrap_or((&field, ""));
        let server = server.split_whitespace().next().unwrap_or("").trim_matches('"');
        server.eq_ignore_ascii_case(authserv_id).then(|| outcomes(rest))
    });
    match ours.next() {
        None => Authentication::NotStamped,
        Some(results) if passes(&results, author) => Authentication::Passed,
        Some(results) if says_nothing(&results, author) => Authentication::Unproven,
        Some(_) => Authentication::Failed,
    }
}

/// Whether the results leave open who the author is: DMARC does not deny it, and SPF of the author's
/// own domain came to no verdict. A pass of another domain is a verdict: somebody sent in its name.
fn says_nothing(results: &[Outcome], author: &str) -> bool {
    results.iter().all(|outcome| match outcome.method.as_str() {
        "dmarc" => !matches!(outcome.result.as_str(), "pass" | "fail"),
        "dkim" => outcome.result != "pass",
        "spf" => {
            matches!(outcome.result.as_str(), "none" | "neutral" | "temperror" | "permerror")
                && aligned(outcome, &["smtp.mailfrom", "smtp.from"], false, author)
        }
        _ => true,
    })
}

/// Whether one of the named properties is of the author's organisation. None of them there: only where they
/// are not `required`.
fn aligned(outcome: &Outcome, names: &[&str], required: bool, author: &str) -> bool {
    let mut domains = outcome.properties.iter().filter(|(name, _)| names.contains(&name.as_str())).peekable();
    if domains.peek().is_none() {
        return !required;
    }
    domains.any(|(_, value)| organisation(domain_of(value)) == author)
}

fn passes(results: &[Outcome], author: &str) -> bool {
    let named = |method: &'static str| results.iter().filter(move |outcome| outcome.method == method);
    if named("dmarc").any(|outcome| outcome.result == "fail") {
        return false;
    }
    let aligned = |outcome: &Outcome, names: &[&str], required: bool| aligned(outcome, names, required, author);
    let pass = |outcome: &&Outcome| outcome.result == "pass";
    named("dmarc").filter(pass).any(|outcome| aligned(outcome, &["header.from"], false))
        || named("spf").filter(pass).any(|outcome| aligned(outcome, &["smtp.mailfrom", "smtp.from"], true))
        || named("dkim").filter(pass).any(|outcome| aligned(outcome, &["header.d", "header.i"], true))
}

fn domain_of(value: &str) -> &str {
    value.rsplit_once('@').map_or(value, |(_, domain)| domain)
}

fn outcomes(rest: &str) -> Vec<Outcome> {
    rest.split(';').filter_map(outcome).collect()
}

fn outcome(text: &str) -> Option<Outcome> {
    let mut pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
    let (method, result) = pairs.next()?;
    let method = method.split('/').next().unwrap_or("").to_ascii_lowercase();
    let properties =
        pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim_matches('"').to_ascii_lowercase()));
    Some(Outcome { method, result: result.to_ascii_lowercase(), properties: properties.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::address::Address;
    use crate::model::mail::{Header, Headers, Party};

    fn read(fields: &[&str]) -> Authentication {
        let header = |value: &&str| Header { name: "authentication-results".into(), value: (*value).to_owned() };
        let mail = Mail {
            from: vec![Party { name: None, address: Address::parse("jan@sales.acme-pumps.com").unwrap() }],
            headers: Headers(fields.iter().map(header).collect()),
            ..Mail::default()
        };
        authentication(&mail, "mx.firma.pl")
    }

    #[test]
    fn an_aligned_pass_is_a_pass() {
        for field in [
            "mx.firma.pl; dmarc=pass header.from=acme-pumps.com",
            "MX.firma.pl 1; spf=none; dmarc=pass (p=none) header.from=sales.acme-pumps.com",
            "mx.firma.pl; spf=pass smtp.mailfrom=jan@acme-pumps.com; dkim=none",
            "mx.firma.pl; dkim=fail header.d=other.net; dkim=pass header.i=@mail.acme-pumps.com header.s=k1",
        ] {
            assert_eq!(read(&[field]), Authentication::Passed, "{field}");
        }
    }

    #[test]
    fn anything_less_is_a_failure() {
        for field in [
            "mx.firma.pl; dmarc=fail header.from=acme-pumps.com; spf=pass smtp.mailfrom=acme-pumps.com",
            "mx.firma.pl; spf=pass smtp.mailfrom=other.net; dkim=pass header.d=other.net",
            "mx.firma.pl; dmarc=pass header.from=other.net",
            "mx.firma.pl; spf=pass",
            "mx.firma.pl; spf=fail smtp.mailfrom=acme-pumps.com",
            "mx.firma.pl; spf=softfail smtp.mailfrom=jan@acme-pumps.com; dkim=none; dmarc=none",
            "mx.firma.pl; spf=none smtp.mailfrom=other.net; dkim=none; dmarc=none",
            "mx.firma.pl; spf=none smtp.mailfrom=acme-pumps.com; dkim=pass header.d=other.net",
            "mx.firma.pl; spf=temperror smtp.mailfrom=acme-pumps.com; dmarc=fail header.from=acme-pumps.com",
        ] {
            assert_eq!(read(&[field]), Authentication::Failed, "{field}");
        }
    }

    #[test]
    fn where_nothing_could_be_checked_nothing_is_proved_either_way() {
        for field in [
            "mx.firma.pl; none",
            "mx.firma.pl",
            "mx.firma.pl; spf=none smtp.mailfrom=jan@acme-pumps.com; dkim=none; dmarc=none header.from=acme-pumps.com",
            "mx.firma.pl; spf=temperror smtp.mailfrom=acme-pumps.com; dkim=temperror header.d=acme-pumps.com",
            "mx.firma.pl; spf=neutral smtp.mailfrom=acme-pumps.com; dkim=fail header.d=acme-pumps.com; dmarc=temperror",
            "mx.firma.pl; dkim=permerror header.d=acme-pumps.com; dmarc=permerror",
        ] {
            assert_eq!(read(&[field]), Authentication::Unproven, "{field}");
        }
    }

    #[test]
    fn foreign_results_are_not_believed_and_only_the_topmost_of_ours_counts() {
        assert_eq!(read(&["mx.evil.net; dmarc=pass"]), Authentication::NotStamped);
        assert_eq!(read(&[]), Authentication::NotStamped);
        let top_fails = ["mx.firma.pl; dmarc=fail", "mx.firma.pl; dmarc=pass"];
        assert_eq!(read(&top_fails), Authentication::Failed);
        let foreign_first = ["mx.evil.net; dmarc=fail", "mx.firma.pl; dmarc=pass"];
        assert_eq!(read(&foreign_first), Authentication::Passed);
    }
}
