//! The rules about an execution role.

use gt_audit::account::Fact;

use super::*;

#[test]
fn role_not_assumable() {
    let trusting = |text: &'static str| says(move |a| role(a).trust = Fact::Known(document(text)));
    let lambda =
        r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let refused = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:*"},{"Effect":"Deny","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let tagging = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:TagSession"}}"#;
    for text in [lambda, refused, tagging] {
        assert_eq!(trusting(text), ["high role-not-assumable gtexecution"], "{text}");
    }
    // Whether everybody includes services is not documented, in whatever spelling.
    for everybody in [r#""*""#, r#"{"AWS":"*"}"#] {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{everybody},"Action":"sts:AssumeRole"}}}}"#);
        assert_eq!(says(|a| role(a).trust = Fact::Known(document(&text))), ["? role-not-assumable GtExecution"]);
    }
    let several = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","sagemaker.amazonaws.com"],"AWS":"111122223333"},"Action":["sts:TagSession","sts:AssumeRole"]}}"#;
    assert_eq!(trusting(several), Vec::<String>::new());
    let conditional = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}}"#;
    assert_eq!(trusting(conditional), Vec::<String>::new());
    let other_account = conditional.replace("\"111122223333\"", "\"444455556666\"");
    let external_id = conditional.replace("aws:SourceAccount", "sts:ExternalId");
    let source = conditional.replace("aws:SourceAccount", "aws:SourceArn");
    for never in [other_account, external_id] {
        assert_eq!(
            says(|a| role(a).trust = Fact::Known(document(&never))),
            ["high role-not-assumable gtexecution"],
            "{never}"
        );
    }
    assert_eq!(says(|a| role(a).trust = Fact::Known(document(&source))), ["? role-not-assumable GtExecution"]);
    assert_eq!(says(|a| role(a).trust = Fact::Unknown(gap("iam:GetRole"))), ["? role-not-assumable GtExecution"]);
}
