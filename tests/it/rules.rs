//! Each rule: what makes it speak, what must not, what leaves it undecided. Only that rule may speak.

use gt_audit::account::{Account, Fact};
use gt_audit::arn::Arn;
use gt_audit::finding::Severity;
use gt_audit::labeling::Use;

use crate::accounts::*;

/// What the report says: `severity rule resource` for each finding, `? rule subject` for what is undecided.
fn says(change: impl FnOnce(&mut Account)) -> Vec<String> {
    let report = report_after(change);
    let name = |arn: Option<&Arn>| arn.map_or("", Arn::name).to_owned();
    let findings = report.findings.iter().map(|f| {
        let resource = f.resource.as_ref().or(f.resources.first());
        format!("{:?} {} {}", f.severity, f.rule, name(resource)).to_lowercase()
    });
    let undecided =
        report.undecided.iter().map(|u| format!("? {} {}", u.rule, u.subject.rsplit([':', '/']).next().unwrap()));
    findings.chain(undecided).collect()
}

#[test]
fn a_healthy_account_has_an_empty_report() {
    let report = report_after(|_| {});
    assert_eq!(report.findings, []);
    assert_eq!(report.undecided, []);
    assert_eq!(report.gaps, []);
    assert_eq!(report.summary.exit_code, 0);
    assert_eq!(report.execution_roles.len(), 1);
    assert_eq!(report.execution_roles[0].why, ["carries AmazonSageMakerGroundTruthExecution"]);
}

#[test]
fn bucket_out_of_reach() {
    let near_miss = |a: &mut Account| rename_bucket(a, "signs-ground-truth");
    let plain = |a: &mut Account| rename_bucket(a, "signs-raw");
    assert_eq!(says(near_miss), ["medium bucket-out-of-reach signs-ground-truth"]);
    assert_eq!(says(plain), ["low bucket-out-of-reach signs-raw"]);

    // Granted by another policy, whole or in part; granted by the bucket itself; everything granted.
    for granted in
        ["arn:aws:s3:::signs-ground-truth/*", "arn:aws:s3:::signs-ground-truth/images/*", "arn:aws:s3:::signs*", "*"]
    {
        let says = says(|a| {
            near_miss(a);
            inline(a, &format!(r#"{{"Statement":{{"Effect":"Allow","Action":"s3:*Object","Resource":"{granted}"}}}}"#));
        });
        assert_eq!(says, Vec::<String>::new(), "{granted}");
    }
    let by_bucket = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/GtExecution"},"Action":"s3:*","Resource":"arn:aws:s3:::signs-ground-truth/*"}}"#;
    let open = |text: &str| {
        says(|a| {
            near_miss(a);
            bucket(a).policy = Fact::Known(Some(document(text)));
        })
    };
    assert_eq!(open(by_bucket), Vec::<String>::new());
    // A grant to the account only delegates, one to another role is none.
    for other in ["arn:aws:iam::111122223333:root", "111122223333", "arn:aws:iam::111122223333:role/Other"] {
        let text = by_bucket.replace("arn:aws:iam::111122223333:role/GtExecution", other);
        assert_eq!(open(&text), ["medium bucket-out-of-reach signs-ground-truth"], "{other}");
    }

    // All but something else is this bucket too. A negated tag rule opens what has no tag at all: nobody knows what.
    let conditional = |rest: &str| {
        says(|a| {
            near_miss(a);
            inline(a, &format!(r#"{{"Statement":{{"Effect":"Allow",{rest}}}}}"#));
        })
    };
    assert_eq!(conditional(r#""Action":"s3:*","NotResource":"arn:aws:s3:::secret/*""#), Vec::<String>::new());
    assert_eq!(
        conditional(r#""Action":"s3:*","NotResource":"arn:aws:s3:::signs-*""#),
        ["medium bucket-out-of-reach signs-ground-truth"]
    );
    assert_eq!(
        conditional(
            r#""Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"s3:ExistingObjectTag/class":"secret"}}"#
        ),
        ["? bucket-out-of-reach signs-ground-truth"]
    );
    assert_eq!(
        conditional(
            r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::signs-ground-truth/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"x"}}"#
        ),
        Vec::<String>::new()
    );
    assert_eq!(conditional(r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-${aws:PrincipalAccount}/*""#).len(), 1);
    assert_eq!(says(|a| rename_bucket(a, "message-maker-prod")), ["low bucket-out-of-reach message-maker-prod"]);
    // An explicit deny is no matter of names either.
    assert_eq!(
        says(|a| {
            near_miss(a);
            inline(a, r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#);
        }),
        Vec::<String>::new()
    );

    // A boundary that takes the token's grant away is no matter of names.
    assert_eq!(
        says(|a| {
            let boundary = Arn::iam("aws", "111122223333", "policy/boundary");
            role(a).boundary = Fact::Known(Some(boundary.clone()));
            let nothing = document(r#"{"Statement":{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}}"#);
            let policy = gt_audit::account::ManagedPolicy { version: "v1".to_owned(), document: Fact::Known(nothing) };
            a.iam.policies.insert(boundary, Fact::Known(policy));
        }),
        Vec::<String>::new()
    );

    // Undecided: a grant under a condition that is not read, a bucket policy that is unknown, tags that would rank it.
    let conditional = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}}"#;
    assert_eq!(
        says(|a| {
            near_miss(a);
            inline(a, conditional);
        }),
        ["? bucket-out-of-reach signs-ground-truth"]
    );
    assert_eq!(
        says(|a| {
            near_miss(a);
            bucket(a).policy = Fact::Unknown(gap("s3:GetBucketPolicy"));
        }),
        ["? bucket-out-of-reach signs-ground-truth"]
    );
    assert_eq!(
        says(|a| {
            plain(a);
            bucket(a).tags = Fact::Unknown(gap("s3:GetBucketTagging"));
        }),
        ["? bucket-out-of-reach signs-raw", "? bucket-tag-grants-nothing signs-raw"]
    );
}

#[test]
fn bucket_tag_grants_nothing() {
    let tagged = |key: &'static str, value: &'static str| {
        move |a: &mut Account| {
            rename_bucket(a, "signs-raw");
            known(&mut bucket(a).tags).insert(key.to_owned(), value.to_owned());
        }
    };
    for (key, value) in [("SageMaker", "true"), ("sagemaker", "yes"), ("Ground-Truth", "")] {
        assert_eq!(
            says(tagged(key, value)),
            ["medium bucket-out-of-reach signs-raw", "medium bucket-tag-grants-nothing signs-raw"],
            "{key}={value}"
        );
    }
    assert_eq!(says(tagged("team", "vision")), ["low bucket-out-of-reach signs-raw"]);
    // A value shows what is meant, and promises nothing; a tag that AWS sets shows nothing.
    assert_eq!(says(tagged("purpose", "Ground Truth")), ["medium bucket-out-of-reach signs-raw"]);
    assert_eq!(says(tagged("aws:cloudformation:stack-name", "sagemaker-x")), ["low bucket-out-of-reach signs-raw"]);
    // The tag does no harm where the role reaches the bucket: the healthy account's bucket has it too.
    assert_eq!(
        says(|a| {
            tagged("SageMaker", "true")(a);
            inline(a, r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::signs-raw/*"}}"#);
        }),
        Vec::<String>::new()
    );
    assert_eq!(
        says(|a| {
            tagged("SageMaker", "true")(a);
            bucket(a).policy = Fact::Unknown(gap("s3:GetBucketPolicy"));
        }),
        ["? bucket-out-of-reach signs-raw", "? bucket-tag-grants-nothing signs-raw"]
    );
}

#[test]
fn function_out_of_reach() {
    for (name, severity) in [
        ("signs-LabellingFunction", "medium"),
        ("signs-groundtruth", "medium"),
        ("signs-GTRecipe", "medium"),
        ("signs-pre", "low"),
    ] {
        let expected = format!("{severity} function-out-of-reach {}", name.to_lowercase());
        assert_eq!(says(|a| rename_function(a, name)), [expected]);
    }
    let granting = |resource: &str| {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"lambda:Invoke*","Resource":"{resource}"}}}}"#);
        says(move |a| {
            rename_function(a, "signs-pre");
            inline(a, &text);
        })
    };
    assert_eq!(granting("arn:aws:lambda:us-east-1:111122223333:function:signs-pre"), Vec::<String>::new());
    // A copy scoped to another region has the tokens, and not for this function.
    let report = report_after(|a| {
        without(a);
        let elsewhere = r#"{"Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:*:function:*LabelingFunction*"},{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        inline(a, elsewhere);
    });
    let messages: Vec<_> = report.findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`signs-LabelingFunction-pre` carries a token of `more`, which grants it elsewhere, and no other policy lets \
          `GtExecution` invoke it"
        ]
    );
    // A statement for versions and aliases alone does not match the unqualified function, which a job may never name.
    assert_eq!(
        granting("arn:aws:lambda:us-east-1:111122223333:function:signs-pre:*"),
        ["? function-out-of-reach signs-pre"]
    );
    assert_eq!(
        granting("arn:aws:lambda:us-east-1:111122223333:function:signs-old:*"),
        ["low function-out-of-reach signs-pre"]
    );
    assert_eq!(
        says(|a| {
            rename_function(a, "signs-groundtruth");
            function(a).policy = Fact::Unknown(gap("lambda:GetPolicy"));
        }),
        ["? function-out-of-reach signs-groundtruth"]
    );
}

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

#[test]
fn managed_policy_changed() {
    let changed = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        move |a: &mut Account| {
            let policy = known(a.iam.policies.values_mut().next().unwrap());
            let text = serde_json::to_string(known(&mut policy.document)).unwrap();
            assert!(text.contains(&from));
            policy.document = Fact::Known(document(&text.replace(&from, &to)));
        }
    };
    let report = report_after(changed("*GtRecipe*", "*GtRecipes*"));
    let messages: Vec<_> = report.findings.iter().map(|f| (f.severity, f.message.as_str())).collect();
    assert_eq!(
        messages,
        [(
            Severity::Info,
            "`AmazonSageMakerGroundTruthExecution` v3 has a text this build does not know: function token `GtRecipes` is \
             new and function token `GtRecipe` is gone"
        )]
    );
    assert_eq!(says(changed("sns:Publish", "sns:publish")), Vec::<String>::new());
    // Without the text it is not even known whether the role is an execution role.
    assert_eq!(
        says(|a| known(a.iam.policies.values_mut().next().unwrap()).document =
            Fact::Unknown(gap("iam:GetPolicyVersion"))),
        [
            "? bucket-out-of-reach GtExecution",
            "? bucket-tag-grants-nothing signs-sagemaker",
            "? function-out-of-reach GtExecution",
            "? managed-policy-changed AmazonSageMakerGroundTruthExecution",
            "? role-not-assumable GtExecution",
        ],
    );
}

fn without(account: &mut Account) {
    known(&mut role(account).grants.attached).clear();
}

#[test]
fn an_execution_role_is_known_by_its_policies_and_its_trust() {
    let gt = Arn::parse("arn:aws:iam::aws:policy/AmazonSageMakerGroundTruthExecution").unwrap();
    let why = |change: fn(&mut Account)| {
        let report = report_after(change);
        report.execution_roles.into_iter().flat_map(|role| role.why).collect::<Vec<_>>()
    };
    assert_eq!(why(without), Vec::<String>::new());
    assert_eq!(
        why(|a| {
            without(a);
            inline(
                a,
                r#"{"Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::x/*"}}"#,
            );
        }),
        ["SageMaker may assume it and it may read and write S3 objects"]
    );
    assert_eq!(
        why(|a| {
            without(a);
            inline(a, r#"{"Statement":{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::x/*"}}"#);
        }),
        Vec::<String>::new()
    );
    // A copy of the managed policy, in another order and without its Sids.
    let mut account = healthy().account;
    let copy = known(&mut known(account.iam.policies.get_mut(&gt).unwrap()).document).clone();
    let mut json = copy.json().clone();
    json["Statement"].as_array_mut().unwrap().reverse();
    let text = json.to_string().replace("\"Sid\"", "\"Note\"");
    let report = report_after(|a| {
        without(a);
        inline(a, &text);
    });
    assert_eq!(report.execution_roles[0].why, ["carries `more`, a copy of AmazonSageMakerGroundTruthExecution"]);
}

#[test]
fn what_nothing_shows_to_be_used_is_one_finding_for_each_role() {
    let more = |a: &mut Account| {
        let template = bucket(a).clone();
        let buckets = known(&mut a.buckets);
        for name in ["c", "b", "d"] {
            let mut bucket = template.clone();
            bucket.arn = Arn::bucket("aws", name);
            known(&mut bucket.tags).clear();
            buckets.push(bucket);
        }
    };
    let report = report_after(more);
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(finding.usage, Some(Use::Other));
    assert_eq!(finding.resource, None);
    assert_eq!(finding.resources.iter().map(Arn::name).collect::<Vec<_>>(), ["b", "c", "d"]);
    let mut snapshot = healthy();
    more(&mut snapshot.account);
    let all = gt_audit::audit::audit(&snapshot, gt_audit::audit::Options { all: true, ..OPTIONS });
    assert_eq!(
        all.findings.iter().filter_map(|f| f.resource.as_ref()).map(Arn::name).collect::<Vec<_>>(),
        ["b", "c", "d"]
    );
}
