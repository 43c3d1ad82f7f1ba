//! AWS's access-denied messages, read out of any text that people paste.
//!
//! Knows the sentence in which AWS denies a request (IAM User Guide, `troubleshoot_access-denied`, 2026), the wrappers of
//! command lines, SDKs, Terraform, CloudFormation and `CloudTrail` around it, and what SageMaker, Lambda, KMS, STS and SQS
//! say in their own words. It reads; whether AWS is right is for the evaluation to say. Has never seen an account.
//!
//! A text goes one way: cleaned and squeezed (`text`), its pieces found (`wrapper`, `grammar`, `why`, `record`), put
//! together (`assemble`). The cost grows with the length of the text alone.

mod assemble;
mod cautions;
mod denial;
mod grammar;
mod record;
mod sighting;
mod template;
mod text;
mod why;
mod wrapper;

pub use denial::{Action, ActionFrom, Denial, Lack, Printed, Reading};

/// Reads the messages of a text.
///
/// ```
/// use gt_audit::knowledge::messages::{Kind, Layer};
///
/// let text = "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: iam:PassRole on resource: \
///             arn:aws:iam::111122223333:role/GtExecution because no identity-based policy allows the iam:PassRole action";
/// let reading = gt_audit::message::read(text);
/// let [denial] = reading.denials.as_slice() else { panic!("one message") };
/// assert_eq!((denial.reason, denial.layer), (Some(Kind::NotGranted), Some(Layer::Identity)));
/// assert_eq!(denial.resource_arn().unwrap().name(), "GtExecution");
/// ```
#[must_use]
pub fn read(text: &str) -> Reading {
    read_cleaned(&text::Text::new(text))
}

fn read_cleaned(text: &text::Text) -> Reading {
    Reading { denials: assemble::assemble(text, record::records(text), wrapper::sightings(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that readers looked at, for each byte of the text.
    fn cost(text: &str) -> usize {
        let cleaned = text::Text::new(text);
        let _ = read_cleaned(&cleaned);
        cleaned.examined() / text.len().max(1)
    }

    #[test]
    fn the_cost_grows_with_the_length_alone() {
        let hostile = [
            "is not authorized to perform: s3:a ",
            "not authorized to perform:",
            "not authorized to perform:s3:a on resource: \"arn:aws:s3:::b/",
            "User: ",
            "arn:aws:",
            "An error occurred (",
            "An error occurred (a) when calling the ",
            "operation error S3: ",
            "Could not assume role x",
            "x is disabled. ",
            "download failed: s3://b/k to ",
            "because no ",
            "with an explicit deny in a ",
            "\"errorCode\": \"x\", {",
            "}\"eventName\": \"x\"",
            "{\"errorCode\":\"AccessDenied\",\"eventName\":\"GetObject\"}",
            "AccessDenied:",
            "\\",
            "\\\"",
            "\n",
            "/\n",
            "&",
            "&amp;",
            "<p",
            "│",
            "\"",
            "…",
            "\u{1b}[",
            "Encoded authorization failure message: a",
            "User: arn:aws:iam::1:user/a is not authorized to perform: s3:a on resource: arn:x/\n",
        ];
        for piece in hostile {
            let (short, long) =
                (cost(&piece.repeat(60_000 / piece.len())), cost(&piece.repeat(1_000_000 / piece.len())));
            assert!(long <= short + 2 && long <= 300, "{piece:?}: {short} and {long} a byte");
        }
    }
}
