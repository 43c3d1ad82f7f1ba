//! Policy documents as the services hand them out: percent-encoded by IAM, plain by the others.
//!
//! Knows that a document that cannot be understood spoils itself and nothing else.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::refusal::malformed;
use crate::account::Fact;
use crate::arn::Arn;
use crate::policy::Document;

/// Parses a document. `what` says which of the resource's documents it is, should it be malformed.
pub(super) fn read(action: &str, resource: &Arn, what: &str, text: Option<&str>) -> Fact<Document> {
    let document = match text {
        None => Err("it is missing".to_owned()),
        Some(text) => decode(text).and_then(|text| Document::parse(&text).map_err(|error| error.to_string())),
    };
    document.map_err(|problem| malformed(action, resource.as_str(), &format!("{what}: {problem}"))).into()
}

/// Parses the policy of a resource that might as well have none.
pub(super) fn of_resource(action: &str, resource: &Arn, what: &str, text: Option<&str>) -> Fact<Option<Document>> {
    match read(action, resource, what, text) {
        Fact::Known(document) => Fact::Known(Some(document)),
        Fact::Unknown(gap) => Fact::Unknown(gap),
    }
}

/// A document that begins with a brace is plain already (so some emulators send it, and all services but IAM), and a
/// percent sign in it is its own.
fn decode(text: &str) -> Result<Cow<'_, str>, String> {
    if text.trim_start().starts_with('{') {
        return Ok(Cow::Borrowed(text));
    }
    // IAM encodes as RFC 3986 has it: a plus is a plus.
    percent_decode_str(text).decode_utf8().map_err(|_| "it is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: Option<&str>) -> Fact<Document> {
        let role = Arn::parse("arn:aws:iam::111122223333:role/R").unwrap();
        read("iam:GetRolePolicy", &role, "inline policy `p`", text)
    }

    #[test]
    fn encoded_and_plain_documents_are_read_and_a_plus_stays_a_plus() {
        let plain = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a+b/%41"}}"#;
        let encoded = percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC).to_string();
        let Fact::Known(document) = read_one(Some(&encoded)) else { panic!("it is a policy") };
        assert_eq!(document.json().to_string(), plain);
        assert_eq!(read_one(Some(plain)), read_one(Some(&encoded)));
        assert_eq!(read_one(Some(&format!(" \n{plain}"))), read_one(Some(plain)));
    }

    #[test]
    fn what_is_no_document_says_what_it_was() {
        for (text, says) in [
            (None, "inline policy `p`: it is missing"),
            (
                Some("%7B%22Statement%22"),
                "inline policy `p`: it is not JSON: EOF while parsing an object at line 1 column 12",
            ),
            (Some("%FF"), "inline policy `p`: it is not UTF-8"),
            (Some("{}"), "inline policy `p`: Statement: it is missing at line 1 column 1"),
        ] {
            let gap = read_one(text).known().unwrap_err();
            assert_eq!((gap.code(), gap.message()), ("Malformed", says.to_owned()));
            assert_eq!(
                (gap.action(), gap.resource()),
                ("iam:GetRolePolicy", "arn:aws:iam::111122223333:role/R".to_owned())
            );
        }
    }
}
