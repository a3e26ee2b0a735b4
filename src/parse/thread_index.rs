//! `Thread-Index`, by which one vendor's programs name a conversation beside ids (R125): base64 of a byte
//! that is 1, five of time, sixteen that name the conversation, and five more for each reply.

use crate::model::fold::fold;
use crate::model::mail::Mail;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Octets before those of the replies.
const FIRST: usize = 22;

/// What names the conversation of a mail: its sixteen octets and the folded `Thread-Topic`. `None` where
/// either is missing, broken or too short: alone neither says anything.
pub fn conversation(mail: &Mail) -> Option<Vec<u8>> {
    let text: String = mail.headers.first("thread-index")?.chars().filter(|c| !c.is_whitespace()).take(4_000).collect();
    let bytes = STANDARD.decode(text).ok()?;
    let guid = bytes.get(6..FIRST)?;
    let whole = (bytes.len() - FIRST).is_multiple_of(5);
    let topic = fold(&super::words::decode(mail.headers.first("thread-topic")?));
    let named = bytes.first() == Some(&1) && whole && !topic.trim().is_empty();
    named.then(|| guid.iter().copied().chain(topic.trim().bytes()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(index: &str, topic: &str) -> Option<Vec<u8>> {
        conversation(&super::super::parse(format!("Thread-Index: {index}\nThread-Topic: {topic}\n\nx").as_bytes()))
    }

    #[test]
    fn a_reply_names_the_conversation_of_what_it_answers() {
        let mut bytes = vec![1, 2, 3, 4, 5, 6];
        bytes.extend([7; 16]);
        let first = of(&STANDARD.encode(&bytes), "Oferta na żaluzje");
        bytes.extend([1; 5]);
        assert_eq!(of(&STANDARD.encode(&bytes), "oferta na zaluzje"), first);
        assert!(first.is_some());
        assert_ne!(of(&STANDARD.encode(&bytes), "Something else"), first, "another topic");
        assert_eq!(of(&STANDARD.encode(&bytes), ""), None, "no topic");
        bytes.pop();
        assert_eq!(of(&STANDARD.encode(&bytes), "Oferta"), None, "cut off");
        assert_eq!(of("AQ==", "Oferta"), None, "short");
        assert_eq!(of("not base64!", "Oferta"), None);
        bytes.splice(0..1, [2]);
        bytes.push(1);
        assert_eq!(of(&STANDARD.encode(&bytes), "Oferta"), None, "another version");
    }
}
