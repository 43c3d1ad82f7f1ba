//! The rules about a role and a bucket.

use gt_audit::account::{Account, CorsRule, Fact, ManagedPolicy, Unknown};
use gt_audit::arn::Arn;

use super::*;

/// Whether it is out of reach or reached in part hangs on the same.
const UNDECIDED: [&str; 2] =
    ["? bucket-out-of-reach signs-ground-truth", "? bucket-reached-in-part signs-ground-truth"];
/// Whether the tags show it to be used is not known, which leaves its rank open and the finding as it is.
const UNKNOWN_TAGS: [&str; 2] = ["low bucket-out-of-reach signs-raw", "? bucket-tag-grants-nothing signs-raw"];

#[test]
fn a_policy_names_a_bucket_by_its_name_or_by_a_part_of_it() {
    // The policy grants something else, so that the bucket stays out of reach, and its severity tells its use.
    let severity = |resource: &str| {
        let text =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":"s3:GetBucketTagging","Resource":"{resource}"}}}}"#);
        let found = says(move |a| {
            rename_bucket(a, "signs-raw");
            inline(a, &text);
        });
        let [found] = found.try_into().unwrap();
        found.strip_suffix(" bucket-out-of-reach signs-raw").unwrap().to_owned()
    };
    for naming in ["signs-raw", "signs-*", "si?ns-raw/images/*", "s*-raw/*", "signs-raw*", "s*w", "s*/raw"] {
        assert_eq!(severity(&format!("arn:aws:s3:::{naming}")), "medium", "{naming}");
    }
    for other in ["signs-old", "signs", "si*x/raw", "*", "*raw*", "?????????", "*/signs-raw", "x:signs-raw"] {
        assert_eq!(severity(&format!("arn:aws:s3:::{other}")), "low", "{other}");
    }
    assert_eq!(severity("arn:aws:s3:*:*:signs-raw"), "medium");
    assert_eq!(severity("arn:aws:s3:*:signs-raw"), "low");
}

#[test]
fn bucket_out_of_reach() {
    let near_miss = |a: &mut Account| rename_bucket(a, "signs-ground-truth");
    let plain = |a: &mut Account| rename_bucket(a, "signs-raw");
    assert_eq!(says(near_miss), ["medium bucket-out-of-reach signs-ground-truth"]);
    assert_eq!(says(plain), ["low bucket-out-of-reach signs-raw"]);

    // Granted by another policy, whole or in part; granted by the bucket itself; everything granted.
    for granted in ["arn:aws:s3:::signs-ground-truth/*", "arn:aws:s3:::signs*", "*"] {
        let says = says(|a| {
            near_miss(a);
            let actions = r#"["s3:*Object","s3:Abort*"]"#;
            inline(a, &format!(r#"{{"Statement":{{"Effect":"Allow","Action":{actions},"Resource":"{granted}"}}}}"#));
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
    assert_eq!(
        conditional(r#""Action":["s3:*Object","s3:Abort*"],"NotResource":"arn:aws:s3:::secret/*""#),
        Vec::<String>::new()
    );
    assert_eq!(
        conditional(r#""Action":["s3:*Object","s3:Abort*"],"NotResource":"arn:aws:s3:::signs-*""#),
        ["medium bucket-out-of-reach signs-ground-truth"]
    );
    assert_eq!(
        conditional(
            r#""Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"s3:ExistingObjectTag/class":"secret"}}"#
        ),
        UNDECIDED
    );
    // Meant for the bucket, under a condition: another rule's business.
    assert_eq!(
        conditional(
            r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::signs-ground-truth/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"x"}}"#
        ),
        ["medium bucket-reached-in-part signs-ground-truth"]
    );
    assert_eq!(
        conditional(r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-${aws:PrincipalAccount}/*""#),
        ["medium bucket-out-of-reach signs-ground-truth"]
    );
    assert_eq!(says(|a| rename_bucket(a, "message-maker-prod")), ["low bucket-out-of-reach message-maker-prod"]);
    // What is refused and granted by nothing needs both mends.
    assert_eq!(
        says(|a| {
            near_miss(a);
            inline(a, r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#);
        }),
        ["medium bucket-denied signs-ground-truth", "medium bucket-out-of-reach signs-ground-truth"]
    );

    // Undecided: a grant under a condition that is not read, a bucket policy that is unknown, tags that would rank it.
    let conditional = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":"ann"}}}}"#;
    assert_eq!(
        says(|a| {
            near_miss(a);
            inline(a, conditional);
        }),
        UNDECIDED
    );
    assert_eq!(
        says(|a| {
            near_miss(a);
            bucket(a).policy = Fact::Unknown(gap("s3:GetBucketPolicy"));
        }),
        [&["? bucket-denied signs-ground-truth"], &UNDECIDED[..]].concat()
    );
    assert_eq!(
        says(|a| {
            plain(a);
            bucket(a).tags = Fact::Unknown(gap("s3:GetBucketTagging"));
        }),
        UNKNOWN_TAGS
    );
}

#[test]
fn bucket_reached_in_part() {
    let granted = |text: &str| {
        says(|a| {
            rename_bucket(a, "signs-raw");
            inline(a, &format!(r#"{{"Statement":{{"Effect":"Allow",{text}}}}}"#));
        })
    };
    let part = ["medium bucket-reached-in-part signs-raw"];
    // A prefix; reading alone; all but one action.
    assert_eq!(granted(r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-raw/images/*""#), part);
    assert_eq!(granted(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::signs-raw/*""#), part);
    assert_eq!(granted(r#""Action":"s3:*Object","Resource":"arn:aws:s3:::signs-raw/*""#), part);
    assert_eq!(granted(r#""Action":"s3:GetObject","Resource":"*""#), ["low bucket-reached-in-part signs-raw"]);
    assert_eq!(granted(r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-raw/*""#), Vec::<String>::new());
    assert_eq!(
        granted(r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-raw""#),
        ["medium bucket-out-of-reach signs-raw"]
    );

    // What is needed is what a job names: here the prefix that is granted, and there another.
    let images = |output: &'static str| {
        says(move |a| {
            rename_bucket(a, "signs-raw");
            inline(
                a,
                r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::signs-raw/images/*"}}"#,
            );
            job(
                a,
                &[
                    ("InputConfig.DataSource.S3DataSource.ManifestS3Uri", "s3://signs-raw/images/m.manifest"),
                    ("OutputConfig.S3OutputPath", output),
                ],
            );
        })
    };
    assert_eq!(images("s3://signs-raw/images/out/"), Vec::<String>::new());
    assert!(images("s3://signs-raw/labels/").contains(&"high bucket-reached-in-part signs-raw".to_owned()));
    assert!(images("s3://signs-raw/image").contains(&"high bucket-reached-in-part signs-raw".to_owned()));
    // Keys with a token are reached without any grant for the bucket.
    assert_eq!(images("s3://signs-raw/sagemaker/out"), Vec::<String>::new());
    assert_eq!(
        granted(r#""Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":"ann"}}"#),
        ["? bucket-out-of-reach signs-raw", "? bucket-reached-in-part signs-raw"]
    );
}

#[test]
fn bucket_denied() {
    let denied = ["medium bucket-denied signs-sagemaker"];
    let policy = |text: &str| {
        let text = format!(r#"{{"Statement":{{"Effect":"Deny","Principal":"*",{text}}}}}"#);
        says(|a| bucket(a).policy = Fact::Known(Some(document(&text))))
    };
    assert_eq!(policy(r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::signs-sagemaker/*""#), denied);
    let tls = r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-sagemaker/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#;
    assert_eq!(policy(tls), Vec::<String>::new());
    let vpc = r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-sagemaker/*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#;
    assert_eq!(policy(vpc), denied);
    let ours = vpc.replace("vpce-1", "vpce-08408e335ebf95b40");
    assert_eq!(policy(&ours), Vec::<String>::new());
    // A part of the bucket, and nobody is known to use it: reached in part.
    assert_eq!(
        policy(r#""Action":"s3:*","Resource":"arn:aws:s3:::signs-sagemaker/secret/*""#),
        ["medium bucket-reached-in-part signs-sagemaker"]
    );
    assert_eq!(
        says(|a| bucket(a).policy = Fact::Unknown(gap("s3:GetBucketPolicy"))),
        ["? bucket-denied signs-sagemaker"]
    );

    // What a boundary does not allow is no matter of names either.
    assert_eq!(
        says(|a| {
            let boundary = Arn::iam("aws", "111122223333", "policy/boundary");
            role(a).boundary = Fact::Known(Some(boundary.clone()));
            let functions = document(r#"{"Statement":{"Effect":"Allow","Action":"lambda:*","Resource":"*"}}"#);
            let policy = ManagedPolicy { version: "v1".to_owned(), document: Fact::Known(functions) };
            a.iam.policies.insert(boundary, Fact::Known(policy));
        }),
        denied
    );
    // Nor what the organization does not.
    let organization = |text: &'static str| says(move |a| a.organization = organization(text));
    assert_eq!(organization(r#"{"Statement":{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}}"#), denied);
    assert_eq!(organization(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#), Vec::<String>::new());
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
        [
            "? bucket-denied signs-raw",
            "? bucket-out-of-reach signs-raw",
            "? bucket-reached-in-part signs-raw",
            "? bucket-tag-grants-nothing signs-raw"
        ]
    );
}

const MANIFEST: &str = "InputConfig.DataSource.S3DataSource.ManifestS3Uri";
const OUTPUT: &str = "OutputConfig.S3OutputPath";
const PRE: &str = "HumanTaskConfig.PreHumanTaskLambdaArn";

/// The fields of a job that reads and writes the healthy account's bucket, for a task of AWS's own.
fn task(name: &str) -> Vec<(&'static str, String)> {
    let pre = format!("arn:aws:lambda:us-east-1:432418664414:function:PRE-{name}");
    vec![(MANIFEST, "s3://signs-sagemaker/m.manifest".to_owned()), (PRE, pre)]
}

fn run(account: &mut Account, fields: &[(&'static str, String)]) {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(path, text)| (*path, text.as_str())).collect();
    job(account, &fields);
}

#[test]
fn bucket_without_cors() {
    let found = ["medium bucket-without-cors signs-sagemaker"];
    let silent = Vec::<String>::new();
    let none = |a: &mut Account| known(&mut bucket(a).cors).clear();
    let with = |cors: &dyn Fn(&mut Account), fields: &[(&'static str, String)]| {
        says_but(&["job-blocked"], |a| {
            cors(a);
            run(a, fields);
        })
    };
    // Images need it, and text does not; what a workflow of one's own shows nobody knows.
    for (name, expected) in [("BoundingBox", true), ("VideoMultiClass", true), ("TextMultiClass", false)] {
        assert_eq!(with(&none, &task(name)), if expected { found.to_vec() } else { vec![] }, "{name}");
        assert_eq!(with(&|_| {}, &task(name)), silent, "{name}");
    }
    let own = [
        (MANIFEST, "s3://signs-sagemaker/m.manifest".to_owned()),
        (PRE, "arn:aws:lambda:us-east-1:111122223333:function:signs-LabelingFunction-pre".to_owned()),
    ];
    assert_eq!(with(&none, &own), found);
    // An output bucket is only read again where frames and point clouds are shown, and they need more of it.
    let writing = |name: &str| {
        let mut fields = task(name);
        fields[0] = (MANIFEST, "s3://elsewhere-sagemaker/m.manifest".to_owned());
        fields.push((OUTPUT, "s3://signs-sagemaker/out/".to_owned()));
        fields
    };
    assert_eq!(with(&none, &writing("BoundingBox")), silent);
    assert_eq!(with(&|_| {}, &writing("3DPointCloudObjectTracking")), found);
    let frames = |a: &mut Account| {
        let rule = &mut known(&mut bucket(a).cors)[0];
        rule.allowed_methods = ["GET", "HEAD", "PUT"].map(str::to_owned).into();
        rule.allowed_headers = vec!["*".to_owned()];
    };
    assert_eq!(with(&frames, &writing("VideoObjectDetection")), silent);
    assert_eq!(with(&frames, &task("VideoObjectDetection")), silent);
    let change = |change: fn(&mut CorsRule)| {
        let report = report_after(|a| {
            change(&mut known(&mut bucket(a).cors)[0]);
            run(a, &task("BoundingBox"));
        });
        report.pairs.iter().map(|f| f.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        change(|rule| rule.expose_headers.clear()),
        ["its CORS rules lack the exposed header `Access-Control-Allow-Origin`; workers of \
             labeling job `job-0` see images from it"]
    );

    // What nothing uses is judged by what it is meant for.
    assert_eq!(says(none), found);
    assert_eq!(
        says(|a| {
            none(a);
            rename_bucket(a, "plain");
        }),
        ["low bucket-out-of-reach plain"]
    );
    let nobody = |a: &mut Account| {
        none(a);
        known(&mut role(a).grants.attached).clear();
    };
    assert_eq!(says(nobody), silent);

    // Undecided: the rules, and what a job that could not be read may show.
    let unread = |a: &mut Account| bucket(a).cors = Fact::Unknown(gap("s3:GetBucketCORS"));
    assert_eq!(with(&unread, &task("BoundingBox")), ["? bucket-without-cors signs-sagemaker"]);
    assert_eq!(with(&unread, &task("TextMultiClass")), silent);
    assert_eq!(says(unread), ["? bucket-without-cors signs-sagemaker"]);
    assert_eq!(says(|a| bucket(a).cors = Fact::Unknown(Unknown::not_asked("s3:GetBucketCORS", "*"))), silent);
    let hidden = says(|a| {
        none(a);
        job(a, &[]);
        known(&mut a.regions.get_mut("us-east-1").unwrap().labeling_jobs)[0].request =
            Fact::Unknown(gap("sagemaker:DescribeLabelingJob"));
    });
    // What it is worth is certain, whatever the job may show.
    assert!(hidden.contains(&"medium bucket-without-cors signs-sagemaker".to_owned()), "{hidden:?}");
}

#[test]
fn bucket_in_other_region() {
    let fields = [(OUTPUT, "s3://signs-sagemaker/out/".to_owned())];
    let with = |region: Fact<String>| {
        says(|a| {
            bucket(a).region = region;
            run(a, &fields);
        })
    };
    assert_eq!(with(Fact::Known("us-east-1".to_owned())), Vec::<String>::new());
    assert_eq!(with(Fact::Known("eu-west-1".to_owned())), ["high bucket-in-other-region signs-sagemaker"]);
    assert_eq!(with(Fact::Unknown(gap("s3:GetBucketLocation"))), ["? bucket-in-other-region signs-sagemaker"]);
    // Without a job that names it, a bucket may be wherever it is.
    assert_eq!(says(|a| bucket(a).region = Fact::Known("eu-west-1".to_owned())), Vec::<String>::new());
}

#[test]
fn roles_that_a_policy_of_a_resource_distinguishes_are_judged_each_by_itself() {
    let mut snapshot = healthy();
    let account = &mut snapshot.account;
    let mut second = role(account).clone();
    second.arn = Arn::parse("arn:aws:iam::111122223333:role/Second").unwrap();
    let first = role(account).arn.clone();
    known(&mut account.iam.roles).push(second.clone());
    rename_bucket(account, "signs-ground-truth");
    // Its own policy lets the first of them in.
    let statement = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{first}"}},"Action":["s3:GetObject","s3:PutObject","s3:AbortMultipartUpload"],"Resource":"arn:aws:s3:::signs-ground-truth/*"}}}}"#
    );
    bucket(account).policy = Fact::Known(Some(gt_audit::policy::Document::parse(&statement).unwrap()));
    let report = gt_audit::audit::audit(&snapshot, OPTIONS);
    let out_of_reach = report.pairs.iter().filter(|finding| finding.rule.as_str() == "bucket-out-of-reach");
    assert_eq!(out_of_reach.map(|finding| finding.principal.as_ref()).collect::<Vec<_>>(), [Some(&second.arn)]);
}
