//! Under which id a server goes on with a mail of ours, where its answer to the final dot names another than the one
//! we gave (R126).
//!
//! Two forms are known. Exchange and its like write the id in angle brackets: `250 2.6.0 <id@host> Queued mail for
//! delivery`. Amazon's service answers with the left side alone and puts its own domain behind it (its manual, “Message
//! ID”): `250 Ok 0102…-000000`, in the mail `<0102…-000000@eu-west-1.amazonses.com>`, and `email.amazonses.com` for the
//! region us-east-1. Queue numbers of other servers are no ids and tell nothing.

use crate::model::delivery::Outgoing;
use crate::model::id::MsgId;

/// Longest id that is believed.
const LONGEST: usize = 250;

/// The id that the answer `text` of the server `host` gives a mail instead of its own; `None` where it keeps that or
/// names none. What is one of the mail's addresses is an address.
pub fn given_id(text: &str, host: &str, mail: &Outgoing) -> Option<MsgId> {
    let bracketed =
        text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(inside, _)| inside.to_owned());
    let by_amazon = amazon(text, host).into_iter();
    let usable = |id: &String| {
        let plain = id.bytes().all(|b| b.is_ascii_graphic()) && id.len() <= LONGEST;
        let sides = id.split_once('@').is_some_and(|(left, right)| !left.is_empty() && right.contains('.'));
        let address = id.eq_ignore_ascii_case(&mail.envelope_to)
            || mail.envelope_from.as_ref().is_some_and(|from| id.eq_ignore_ascii_case(from.as_str()));
        plain && sides && !address
    };
    let mut found = bracketed.chain(by_amazon).filter(usable).filter_map(MsgId::new);
    found.next().filter(|id| *id != mail.message_id)
}

fn amazon(text: &str, host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let region = host.strip_prefix("email-smtp.")?.strip_suffix(".amazonaws.com")?;
    let region = region.strip_prefix("fips.").unwrap_or(region);
    let left = text.split_whitespace().last().filter(|word| word.len() >= 30 && word.contains('-'))?;
    let domain = if region == "us-east-1" { "email" } else { region };
    Some(format!("{left}@{domain}.amazonses.com"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    fn given(text: &str, host: &str) -> Option<String> {
        let mail = Outgoing {
            envelope_from: None,
            envelope_to: "client@acme.example".into(),
            message_id: MsgId::new("x@firma.pl").unwrap(),
            bytes: Vec::new(),
            expires_at: Timestamp(0),
        };
        given_id(text, host, &mail).map(|id| id.as_str().to_owned())
    }

    #[test]
    fn an_answer_that_names_another_id_is_believed_and_queue_numbers_are_no_ids() {
        let exchange = "250 2.6.0 <AB12@host.prod.example> [InternalId=1, Hostname=h] Queued mail for delivery";
        assert_eq!(given(exchange, "smtp.example"), Some("AB12@host.prod.example".into()));
        assert_eq!(given("250 2.6.0 <x@firma.pl> Queued mail for delivery", "smtp.example"), None, "it kept ours");
        assert_eq!(given("250 2.0.0 <client@acme.example> accepted", "smtp.example"), None, "an address");
        for text in
            ["250 2.0.0 Ok: queued as 4ABC", "250 OK id=1abc-0002-XY", "250 <> <no-at> <@x> <a b@c.d>", "", "<<<@"]
        {
            assert_eq!(given(text, "smtp.example"), None, "{text}");
        }
    }

    #[test]
    fn amazons_service_puts_its_domain_behind_what_it_answers() {
        let text = "250 Ok 0102018f2b3c4d5e-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000";
        let left = "0102018f2b3c4d5e-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000";
        let region = |host: &str| given(text, host);
        assert_eq!(region("email-smtp.eu-west-1.amazonaws.com"), Some(format!("{left}@eu-west-1.amazonses.com")));
        assert_eq!(region("email-smtp.us-east-1.amazonaws.com"), Some(format!("{left}@email.amazonses.com")));
        assert_eq!(region("smtp.example"), None);
        assert_eq!(given("250 Ok", "email-smtp.eu-west-1.amazonaws.com"), None);
    }
}
