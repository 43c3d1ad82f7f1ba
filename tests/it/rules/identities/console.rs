//! What is lacking in the console.

use super::*;

#[test]
fn console_access_incomplete() {
    let without = |action: &str| {
        assert!(CONSOLE.contains(action), "{action}");
        CONSOLE.replace(&format!(r#""{action}","#), "")
    };
    let one = ["medium console-access-incomplete ann"];
    assert_eq!(of_user(&[CONSOLE]), NOTHING);
    for action in
        ["iam:ListRoles", "kms:DescribeKey", "s3:GetBucketCors", "s3:ListAllMyBuckets", "secretsmanager:CreateSecret"]
    {
        assert_eq!(of_user(&[&without(action)]), one, "{action}");
    }
    // Without its key a list shows nothing of keys; and some object is enough.
    assert_eq!(of_user(&[&without("kms:ListAliases")]), NOTHING);
    let some = allow(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::signs-sagemaker/${aws:username}/*""#);
    assert_eq!(of_user(&[&without("s3:GetObject"), &some]), NOTHING);
    let sometimes =
        allow(r#""Action":"iam:ListRoles","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#);
    assert_eq!(of_user(&[&without("iam:ListRoles"), &sometimes]), NOTHING);
    let never =
        allow(r#""Action":"iam:ListRoles","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#);
    assert_eq!(of_user(&[&without("iam:ListRoles"), &never]), one);

    let cognito = allow(r#""Action":["cognito-idp:AdminCreateUser","cognito-idp:CreateUserPool"],"Resource":"*""#);
    let found = finding(|a| user(a, "ann", &[&without("iam:ListRoles"), &cognito]));
    assert_eq!(
        found.message,
        "lacks 19 actions of what people do in the console; \
         no policy allows `cognito-idp:AdminAddUserToGroup`, \
         `cognito-idp:AdminDeleteUser`, `cognito-idp:AdminDisableUser`, `cognito-idp:AdminEnableUser` and 14 more for setting \
         up a private workforce with Cognito; `iam:ListRoles` for choosing an execution role"
    );
    assert_eq!(
        evidence(&found),
        [
            "inline p1 - 1 -: allows `sagemaker:CreateWorkforce`, `sagemaker:CreateWorkteam`, `sagemaker:DescribeWorkforce`, \
             `sagemaker:ListWorkforces` and 2 more",
            "inline p1 - 2 Pass: allows `iam:PassRole`",
            "inline p2 - 1 -: allows `cognito-idp:AdminCreateUser` and `cognito-idp:CreateUserPool`",
        ]
    );
    let [fix] = found.fixes.as_slice() else { panic!("{:?}", found.fixes) };
    assert!(fix.summary.starts_with("allow `ann` ") && fix.summary.contains("iam:ListRoles on `*`"), "{}", fix.summary);
    let vendor = allow(r#""Action":"aws-marketplace:Subscribe","Resource":"*""#);
    let found = finding(|a| user(a, "ann", &[CONSOLE, &vendor]));
    assert_eq!(
        found.message,
        "lacks 2 actions of what people do in the console; no policy allows `aws-marketplace:ViewSubscriptions` for choosing a \
         vendor's work team that is already subscribed to; `aws-marketplace:Unsubscribe` for subscribing to a vendor's work \
         team"
    );
    // What is refused is no better for being granted.
    let refused = deny(r#""Action":"iam:ListRoles","Resource":"*""#);
    let found = finding(|a| user(a, "ann", &[CONSOLE, &refused]));
    assert_eq!(evidence(&found).last().unwrap(), "inline p2 - 1 -: denies `iam:ListRoles`");
    assert_eq!(
        found.fixes[0].summary,
        "narrow or remove statement 1 of the inline policy `p2`, which denies iam:ListRoles; no Allow can override a Deny, and its owner must decide"
    );
    let limit = r#"{"Statement":{"Effect":"Allow","NotAction":"iam:ListRoles","Resource":"*"}}"#;
    assert_eq!(
        says(|a| {
            user(a, "ann", &[CONSOLE]);
            bounded(a, limit);
        }),
        one
    );
    // Who has a role made chooses none.
    let made = allow(MAKES_ROLES);
    assert!(!of_user(&[&without("iam:ListRoles"), &made]).contains(&one[0].to_owned()));
}

#[test]
fn the_console_is_for_people_who_may_create_labeling_jobs() {
    let incomplete = CONSOLE.replace(r#""iam:ListRoles","#, "");
    // Who looks on, and who writes programs.
    assert_eq!(of_user(&[&incomplete.replace("sagemaker:*", "sagemaker:List*")]), NOTHING);
    assert_eq!(of_user(&[&incomplete.replace(r#""groundtruthlabeling:*","#, "")]), NOTHING);
    let no_jobs = deny(r#""Action":"sagemaker:CreateLabelingJob","Resource":"*""#);
    assert_eq!(of_user(&[&incomplete, &no_jobs]), NOTHING);
    // A role is for people, where somebody may assume it.
    let trusting = |principal: &'static str| {
        let incomplete = incomplete.clone();
        let trust =
            format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#);
        says(move |a| {
            let app = known(&mut a.iam.roles).iter_mut().find(|role| role.arn.name() == "app").unwrap();
            app.trust = Fact::Known(document(&trust));
            known(&mut app.grants.inline).insert("p1".to_owned(), Fact::Known(document(&incomplete)));
        })
    };
    assert_eq!(trusting(r#"{"AWS":"111122223333"}"#), ["medium console-access-incomplete app"]);
    assert_eq!(trusting(r#"{"Service":"ec2.amazonaws.com"}"#), NOTHING);
}
