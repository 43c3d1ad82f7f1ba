//! The rules about a role and a function.

use gt_audit::account::Fact;

use super::*;

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
        let elsewhere = r#"{"Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:*:function:*LabelingFunction*"},{"Effect":"Allow","Action":["s3:*Object","s3:Abort*"],"Resource":"*"}]}"#;
        inline(a, elsewhere);
    });
    let messages: Vec<_> = report.pairs.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        ["no identity-based policy allows `GtExecution` to invoke it; the name \
             has a token of `more`, which allows it elsewhere"]
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
        // It may grant it, and it may refuse it.
        ["? function-denied signs-groundtruth", "? function-out-of-reach signs-groundtruth"]
    );
}

#[test]
fn a_policy_names_a_function_by_its_name_or_by_a_part_of_it() {
    // The policy grants something else, so that the function stays out of reach, and its severity tells its use.
    let severity = |resource: &str| {
        let text =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":"lambda:GetFunction","Resource":"{resource}"}}}}"#);
        let found = says(move |a| {
            rename_function(a, "signs-pre");
            inline(a, &text);
        });
        let [found] = found.try_into().unwrap();
        found.strip_suffix(" function-out-of-reach signs-pre").unwrap().to_owned()
    };
    for naming in [
        "arn:aws:lambda:us-east-1:111122223333:function:signs-pre",
        "arn:aws:lambda:*:*:function:signs-pre",
        "arn:aws:lambda:us-*:1111????3333:function:signs-pre",
        "arn:aws:lambda:*:*:function:signs-*",
        "arn:*:lambda:*:*:function:*-pre",
        "arn:aws:lambda:*:*:function:signs?pre*",
        "arn:aws:lambda:*:*:function:signs-pre:*",
        "arn:aws:lambda:*:*:function:signs-*:prod",
    ] {
        assert_eq!(severity(naming), "medium", "{naming}");
    }
    for other in [
        "arn:aws:lambda:*:*:function:signs-old",
        "arn:aws:lambda:*:*:function:signs",
        "arn:aws:lambda:*:*:function:pre",
        "arn:aws:lambda:eu-*:*:function:signs-pre",
        "arn:aws:lambda:*:444455556666:function:signs-pre",
        "arn:aws:lambda:*:function:signs-pre",
        "arn:aws:lambda:*:*:signs-pre",
        "arn:aws:lambda:*:*:layer:signs-pre",
        "arn:aws:lambda:*:*:function:*:signs-pre",
        "arn:aws:lambda:*:*:function:signs-old:signs-pre",
        "arn:aws:lambda:*:*:function:*",
        "arn:aws:lambda:*:*:function:?????????",
        "arn:aws:lambda:*:*:function:*:*",
        "arn:aws:lambda:*:*:*",
        "arn:aws:lambda:*",
        "*",
    ] {
        assert_eq!(severity(other), "low", "{other}");
    }
}

#[test]
fn function_denied() {
    let denied = |text: &str| {
        let text = text.to_owned();
        says(move |a| inline(a, &format!(r#"{{"Statement":{{"Effect":"Deny",{text}}}}}"#)))
    };
    let name = "signs-LabelingFunction-pre";
    assert_eq!(
        denied(r#""Action":"lambda:*","Resource":"*""#),
        [format!("medium function-denied {}", name.to_lowercase())]
    );
    assert_eq!(denied(r#""Action":"lambda:*","Resource":"arn:aws:lambda:*:*:function:other""#), Vec::<String>::new());
    assert_eq!(
        denied(r#""Action":"lambda:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":"ann"}}"#),
        [format!("? function-denied {name}")]
    );
}

/// The role of the healthy account's function, which is not the execution role.
fn app(account: &mut Account) -> &mut gt_audit::account::Role {
    known(&mut account.iam.roles).iter_mut().find(|role| role.arn.name() == "app").unwrap()
}

fn allow(account: &mut Account, action: &str, resource: &str) {
    let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}}}"#);
    known(&mut app(account).grants.inline).insert("app".to_owned(), Fact::Known(document(&text)));
}

#[test]
fn function_cannot_read_output() {
    const EXECUTION: &str = "arn:aws:iam::111122223333:role/GtExecution";
    let with = |bucket: &str, change: &dyn Fn(&mut Account)| {
        let output = format!("s3://{bucket}/out");
        says_but(&["job-blocked"], |a| {
            let function = function(a).arn.to_string();
            let post = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn";
            job(a, &[(post, &function), ("OutputConfig.S3OutputPath", &output)]);
            change(a);
        })
    };
    let with_output = |change: &dyn Fn(&mut Account)| with("signs-sagemaker", change);
    let found = ["high function-cannot-read-output signs-labelingfunction-pre"];
    let undecided = ["? function-cannot-read-output signs-LabelingFunction-pre"];
    let silent = Vec::<String>::new();
    assert_eq!(with_output(&|_| {}), found);
    // It reads by itself: all of the job's output.
    let reading = |resource: &'static str| with_output(&move |a| allow(a, "s3:GetObject", resource));
    assert_eq!(reading("arn:aws:s3:::signs-sagemaker/*"), silent);
    assert_eq!(reading("arn:aws:s3:::signs-sagemaker/out/job-0/*"), silent);
    assert_eq!(reading("arn:aws:s3:::signs-sagemaker/out/job-1/*"), found);
    assert_eq!(reading("arn:aws:s3:::signs-sagemaker"), found);
    let by_bucket = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::signs-sagemaker/*"}}"#;
    assert_eq!(with_output(&|a| bucket(a).policy = Fact::Known(Some(document(by_bucket)))), silent);
    // Or it assumes the job's role, which takes both sides, unless the trust policy names the role itself.
    let assuming = |principal: &'static str, resource: Option<&'static str>| {
        with_output(&move |a| {
            let trust = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}},{{"Effect":"Allow","Principal":{{"Service":"sagemaker.amazonaws.com"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"aws:SourceAccount":"111122223333"}}}}}}]}}"#
            );
            role(a).trust = Fact::Known(document(&trust));
            if let Some(resource) = resource {
                allow(a, "sts:AssumeRole", resource);
            }
        })
    };
    assert_eq!(assuming("arn:aws:iam::111122223333:role/app", Some(EXECUTION)), silent);
    assert_eq!(assuming("arn:aws:iam::111122223333:root", Some(EXECUTION)), silent);
    assert_eq!(assuming("arn:aws:iam::111122223333:root", None), found);
    assert_eq!(assuming("arn:aws:iam::111122223333:role/other", Some(EXECUTION)), found);
    assert_eq!(with_output(&|a| allow(a, "sts:AssumeRole", EXECUTION)), found);
    // A function that nobody calls with answers needs none; one without a role cannot run.
    assert_eq!(says(|a| job(a, &[("OutputConfig.S3OutputPath", "s3://signs-sagemaker/out")])), silent);
    assert_eq!(with_output(&|a| function(a).role = "arn:aws:iam::111122223333:role/gone".to_owned()), found);

    // Undecided: the bucket's policy, the trust policy, the function's policies, a bucket of another account.
    let unread = with_output(&|a| app(a).grants.inline = Fact::Unknown(gap("iam:ListRolePolicies")));
    assert!(unread.contains(&undecided[0].to_owned()), "{unread:?}");
    assert!(
        with_output(&|a| bucket(a).policy = Fact::Unknown(gap("s3:GetBucketPolicy")))
            .contains(&undecided[0].to_owned())
    );
    assert!(with_output(&|a| role(a).trust = Fact::Unknown(gap("iam:GetRole"))).contains(&undecided[0].to_owned()));
    assert_eq!(with("groundtruth-elsewhere", &|a| allow(a, "s3:*", "arn:aws:s3:::groundtruth-elsewhere/*")), undecided);
}
