//! The rules about an execution role.

use gt_audit::account::{Fact, ManagedPolicy};

use super::*;

/// Both rules about trust hang on the trust policy.
const UNDECIDED_TRUST: [&str; 2] = ["? role-not-assumable GtExecution", "? trust-without-source GtExecution"];

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
        assert_eq!(says(|a| role(a).trust = Fact::Known(document(&text))), UNDECIDED_TRUST);
    }
    let several = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","sagemaker.amazonaws.com"],"AWS":"111122223333"},"Action":["sts:TagSession","sts:AssumeRole"],"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}}"#;
    assert_eq!(trusting(several), Vec::<String>::new());
    let conditional = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}}"#;
    assert_eq!(trusting(conditional), Vec::<String>::new());
    let other_account = conditional.replace("\"111122223333\"", "\"444455556666\"");
    let external_id = conditional.replace("aws:SourceAccount", "sts:ExternalId");
    let source = conditional.replace(
        "\"StringEquals\":{\"aws:SourceAccount\":\"111122223333\"}",
        "\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:sagemaker:us-east-1:111122223333:labeling-job/*\"}",
    );
    for never in [other_account, external_id] {
        assert_eq!(
            says(|a| role(a).trust = Fact::Known(document(&never))),
            ["high role-not-assumable gtexecution"],
            "{never}"
        );
    }
    assert_eq!(says(|a| role(a).trust = Fact::Known(document(&source))), ["? role-not-assumable GtExecution"]);
    assert_eq!(says(|a| role(a).trust = Fact::Unknown(gap("iam:GetRole"))), UNDECIDED_TRUST);
}

#[test]
fn role_cannot_pass_itself() {
    let automated = (
        "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn",
        "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/image-classification",
    );
    let high = ["high role-cannot-pass-itself gtexecution"];
    let says = |change: &dyn Fn(&mut Account)| says_but(&["job-blocked", "pass-role-unrestricted"], change);
    assert_eq!(says(&|a| job(a, &[automated])), high);
    assert_eq!(says(&|a| job(a, &[])), Vec::<String>::new());
    let passing = |rest: &str| {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"iam:PassRole",{rest}}}}}"#);
        says(&|a| {
            job(a, &[automated]);
            inline(a, &text);
        })
    };
    let itself = r#""Resource":"arn:aws:iam::111122223333:role/GtExecution""#;
    let to = |service: &str| {
        passing(&format!(r#"{itself},"Condition":{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}"#))
    };
    assert_eq!(passing(itself), Vec::<String>::new());
    assert_eq!(to("sagemaker.amazonaws.com"), Vec::<String>::new());
    assert_eq!(to("lambda.amazonaws.com"), high);
    assert_eq!(passing(r#""Resource":"arn:aws:iam::111122223333:role/service-role/GtExecution""#), high);
    assert_eq!(
        passing(&format!(r#"{itself},"Condition":{{"StringEquals":{{"aws:SourceVpce":"vpce-1"}}}}"#)),
        ["? role-cannot-pass-itself GtExecution"]
    );
    // A deny is named, and so is what stands above the role.
    let report = report_after(|a| {
        job(a, &[automated]);
        inline(a, r#"{"Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*"}}"#);
    });
    let messages =
        report.pairs.iter().filter(|f| f.rule.as_str() == "role-cannot-pass-itself").map(|f| f.message.as_str());
    assert_eq!(
        messages.collect::<Vec<_>>(),
        [
            "no identity-based policy allows `GtExecution` iam:PassRole; explicit deny in an identity-based policy (statement \
             1 of the inline policy `more`) for it; it denies iam:PassRole on itself; automated data \
             labeling (LabelingJobAlgorithmsConfig) needs it, and labeling job `job-0` uses it"
        ]
    );
}

#[test]
fn role_cannot_stream() {
    const INPUT: &str = "InputConfig.DataSource.SnsDataSource.SnsTopicArn";
    const OUTPUT: &str = "OutputConfig.SnsTopicArn";
    let topic = |account: &str, name: &str| format!("arn:aws:sns:us-east-1:{account}:{name}");
    let streaming = |input: &str, output: &str, policy: Option<&str>| {
        let (input, output) = (topic("111122223333", input), topic("111122223333", output));
        report_after(|a| {
            job(a, &[(INPUT, &input), (OUTPUT, &output)]);
            if let Some(policy) = policy {
                inline(a, policy);
            }
        })
    };
    let messages = |report: gt_audit::report::Report| -> Vec<String> {
        assert!(report.open.iter().all(|open| open.rule.as_str() == "job-blocked"));
        let findings = report.pairs.into_iter().filter(|finding| finding.rule.as_str() != "job-blocked");
        findings.map(|f| format!("{:?} {} {}", f.severity, f.rule.as_str(), f.message)).collect()
    };
    // The managed policy reaches what carries a token.
    assert_eq!(messages(streaming("groundTruth-in", "sagemaker-out", None)), Vec::<String>::new());
    assert_eq!(
        messages(streaming("sagemaker-in", "labels-out", None)),
        [
            "High role-cannot-stream no identity-based policy allows `GtExecution` sns:Publish on the topic; SnsTopicArn \
             `arn:aws:sns:us-east-1:111122223333:labels-out`"
        ]
    );
    // An output topic alone makes no stream.
    let says = |change: &dyn Fn(&mut Account)| says_but(&["job-blocked"], change);
    assert_eq!(says(&|a| job(a, &[(OUTPUT, &topic("111122223333", "labels-out"))])), Vec::<String>::new());
    // The endpoint is the queue, in small letters.
    let subscribing = |endpoint: &str| {
        let condition =
            format!(r#"{{"StringEquals":{{"sns:Protocol":"sqs"}},"StringLike":{{"sns:Endpoint":"{endpoint}"}}}}"#);
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"sns:Subscribe","Resource":"*","Condition":{condition}}}}}"#
        );
        messages(streaming("in", "sagemaker-out", Some(&text)))
    };
    assert_eq!(subscribing("arn:aws:sqs:us-east-1:111122223333:GroundTruth-job-0"), Vec::<String>::new());
    assert_eq!(subscribing("arn:aws:sns:us-east-1:111122223333:GroundTruth-job-0").len(), 1);
    let refused = r#"{"Statement":{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}"#;
    assert_eq!(
        messages(streaming("sagemaker-in", "sagemaker-out", Some(refused))),
        [
            "High role-cannot-stream explicit deny in an identity-based policy (statement 1 of the inline policy `more`) for \
             `GtExecution`; it denies sqs:CreateQueue, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:GetQueueUrl, \
             sqs:ReceiveMessage, sqs:SendMessage and sqs:SetQueueAttributes on the queue; SnsTopicArn \
             `arn:aws:sqs:us-east-1:111122223333:GroundTruth-job-0`"
        ]
    );
    // Another account's topic has its own say.
    let abroad = |name: &str| says(&|a| job(a, &[(INPUT, &topic("444455556666", name))]));
    assert_eq!(abroad("sagemaker-in"), ["? role-cannot-stream GtExecution"]);
    assert_eq!(abroad("in"), ["high role-cannot-stream gtexecution"]);
}

#[test]
fn role_broader_than_needed() {
    let broad = ["low role-broader-than-needed gtexecution"];
    let granting = |rest: &str| {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow",{rest}}}}}"#);
        says_but(&["privilege-escalation", "pass-role-unrestricted"], move |a| inline(a, &text))
    };
    for rest in [
        r#""Action":"*","Resource":"*""#,
        r#""Action":["s3:GetObject","s3:*"],"Resource":"arn:aws:s3:::*""#,
        r#""Action":"s3:*","Resource":["arn:aws:s3:::*","arn:aws:s3:::*/*"]"#,
        r#""Action":"iam:*","NotResource":"arn:aws:iam::*:role/admin""#,
        r#""NotAction":["iam:*","organizations:*"],"Resource":"*""#,
    ] {
        assert_eq!(granting(rest), broad, "{rest}");
    }
    for rest in [
        r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-*""#,
        r#""Action":["s3:Get*","s3:List*"],"Resource":"*""#,
        r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
    ] {
        assert_eq!(granting(rest), Vec::<String>::new(), "{rest}");
    }
    // Whether a policy that could not be read is broad is not known.
    let unread = |a: &mut Account| {
        known(&mut role(a).grants.inline).insert("more".to_owned(), Fact::Unknown(gap("iam:GetRolePolicy")));
    };
    assert!(says(unread).contains(&"? role-broader-than-needed GtExecution".to_owned()));

    let message = |change: &dyn Fn(&mut Account)| {
        let report = report_after(|a| {
            let full = Arn::parse("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess").unwrap();
            let newest = gt_audit::knowledge::managed::newest("AmazonSageMakerFullAccess").unwrap();
            let policy =
                ManagedPolicy { version: newest.version.clone(), document: Fact::Known(newest.document.clone()) };
            known(&mut role(a).grants.attached).push(full.clone());
            a.iam.policies.insert(full, Fact::Known(policy));
            change(a);
        });
        let [finding] = report.pairs.as_slice() else { panic!("{:?}", report.pairs) };
        finding.message.clone()
    };
    assert_eq!(message(&|_| {}), "has `AmazonSageMakerFullAccess`, and no job is known to run under it");
    let jobs = |a: &mut Account| {
        job(
            a,
            &[
                ("InputConfig.DataSource.S3DataSource.ManifestS3Uri", "s3://signs-sagemaker/m.manifest"),
                (
                    "HumanTaskConfig.PreHumanTaskLambdaArn",
                    "arn:aws:lambda:us-east-1:111122223333:function:signs-LabelingFunction-pre",
                ),
            ],
        );
    };
    assert_eq!(
        message(&|a| {
            jobs(a);
            inline(a, r#"{"Statement":{"Effect":"Allow","Action":["sqs:*","sns:*"],"Resource":"*"}}"#);
        }),
        "has `AmazonSageMakerFullAccess` and `more`, which allows `sns:*` and `sqs:*` on everything, but its jobs use only \
         bucket `signs-sagemaker` and function `signs-LabelingFunction-pre`"
    );
}

#[test]
fn trust_without_source() {
    let trusting = |condition: &str| {
        let condition = if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
        let principal = r#"{"Service":"sagemaker.amazonaws.com"}"#;
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"{condition}}}}}"#
        );
        says(move |a| role(a).trust = Fact::Known(document(&text)))
    };
    let low = ["low trust-without-source gtexecution"];
    assert_eq!(trusting(""), low);
    assert_eq!(trusting(r#"{"Bool":{"aws:SecureTransport":"true"}}"#), low);
    assert_eq!(trusting(r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#), Vec::<String>::new());
    // Of which form the ARN is AWS does not say, but that it is of SageMaker in the own account; a stranger's it never is.
    let source =
        |operator: &str, pattern: &str| trusting(&format!(r#"{{"{operator}":{{"aws:SourceArn":"{pattern}"}}}}"#));
    assert_eq!(source("ArnLike", "arn:aws:sagemaker:*:111122223333:*"), Vec::<String>::new());
    assert_eq!(source("ArnLikeIfExists", "arn:aws:sagemaker:*:111122223333:*"), Vec::<String>::new());
    let of_jobs = "arn:aws:sagemaker:*:111122223333:labeling-job/*";
    assert_eq!(source("ArnLike", of_jobs), ["? role-not-assumable GtExecution"]);
    assert_eq!(trusting(r#"{"StringEquals":{"aws:SourceOrgID":"o-acme"}}"#), ["? role-not-assumable GtExecution"]);
    // A resource control policy keeps strangers out for all roles.
    let guarded = |a: &mut Account| {
        let text = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        role(a).trust = Fact::Known(document(text));
        let rcp = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceAccount":"111122223333"},"Bool":{"aws:PrincipalIsAWSService":"true"}}}}"#;
        let Organization::Policies(mut policies) =
            organization(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
        else {
            panic!("policies")
        };
        let mut policy = policies.scps[0][0].clone();
        policy.document = Fact::Known(document(rcp));
        policies.rcps = vec![vec![policy]];
        a.organization = Organization::Policies(policies);
    };
    assert_eq!(says(guarded), Vec::<String>::new());
    assert_eq!(trusting(r#"{"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#), UNDECIDED_TRUST);
}
