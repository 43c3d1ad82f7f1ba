//! Who may pass roles, and to whom; and who can do more with it.

use super::*;

#[test]
fn pass_role_never_matches() {
    let naming = |service: &str| CONSOLE.replace("sagemaker.amazonaws.com", service);
    // The console's capability is incomplete then, too.
    let both = ["medium console-access-incomplete ann", "medium pass-role-never-matches ann"];
    for service in ["", "lambda.amazonaws.com", "SageMaker.amazonaws.com", "sagemaker"] {
        assert_eq!(of_user(&[&naming(service)]), both, "{service}");
    }
    for operator in ["StringLike", "StringEqualsIgnoreCase", "ForAnyValue:StringEquals", "StringEqualsIfExists"] {
        let text = naming("").replace("StringEquals", operator);
        assert_eq!(of_user(&[&text]), both, "{operator}");
    }
    // To every service but this one.
    let but = of_user(&[&naming("sagemaker.amazonaws.com").replace("StringEquals", "StringNotEquals")]);
    assert_eq!(but, [both[0], both[1], "medium pass-role-unrestricted ann"]);
    let message = |policies: &[&str]| {
        let report = report_after(|a| user(a, "ann", policies));
        let found = report.pairs.into_iter().find(|f| f.rule.as_str() == "pass-role-never-matches").unwrap();
        (evidence(&found), found.message)
    };
    let (shown, said) = message(&[&naming("")]);
    assert_eq!(
        said,
        "`iam:PassRole` needs an empty `iam:PassedToService`, which no request has; no role can be \
         passed"
    );
    assert_eq!(shown, ["inline p1 - 2 Pass: wants an empty `iam:PassedToService`"]);
    let (shown, said) = message(&[&naming("lambda.amazonaws.com")]);
    assert_eq!(
        said,
        "roles may be passed by `ann` only to `lambda.amazonaws.com`, not to `sagemaker.amazonaws.com`; no labeling job can be \
         given its role"
    );
    assert_eq!(shown, ["inline p1 - 2 Pass: lets roles be passed only to `lambda.amazonaws.com`"]);
    // A program that makes labeling jobs, without the console.
    let program = allow(r#""Action":"sagemaker:CreateLabelingJob","Resource":"*""#);
    let pass = |condition: &str| {
        allow(&format!(
            r#""Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/GtExecution","Condition":{condition}"#
        ))
    };
    let to_lambda = pass(r#"{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}"#);
    let to_sagemaker = pass(r#"{"StringLike":{"iam:PassedToService":"sagemaker.*"}}"#);
    let to_nobody = pass(r#"{"StringEquals":{"iam:PassedToService":""}}"#);
    let one = ["medium pass-role-never-matches ann"];
    assert_eq!(of_user(&[&program, &to_lambda]), one);
    assert_eq!(of_user(&[&program, &to_lambda, &to_sagemaker]), NOTHING);
    // A literal empty value is a slip, whatever else there is.
    assert_eq!(of_user(&[&program, &to_nobody, &to_sagemaker]), one);
    assert_eq!(of_user(&[&to_nobody, &to_lambda]), NOTHING);
    assert_eq!(of_user(&[&program]), NOTHING);
    // What is granted and taken away is another matter.
    let never = deny(
        r#""Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}"#,
    );
    assert_eq!(of_user(&[&program, &to_lambda, &to_sagemaker, &never]), NOTHING);
    assert_eq!(of_user(&[&program, &to_lambda, &never]), one);
}

#[test]
fn pass_role_unrestricted() {
    let pass = |rest: &str| allow(&format!(r#""Action":"iam:PassRole",{rest}"#));
    let to = |service: &str| format!(r#""Condition":{{"StringLike":{{"iam:PassedToService":"{service}"}}}}"#);
    let role = r#""Resource":"arn:aws:iam::111122223333:role/GtExecution""#;
    let every = r#""Resource":"*""#;
    let sagemaker = to("sagemaker.amazonaws.com");
    let one = ["medium pass-role-unrestricted gtexecution"];
    let of_role = |text: &str| says(|a| inline(a, text));
    for (text, what) in [
        (pass(every), "pass any role to any service"),
        (pass(role), "pass its roles to any service"),
        (pass(&format!("{role},{}", to("*"))), "pass its roles to any service"),
        (pass(&format!("{every},{sagemaker}")), "pass any role"),
        (pass(&format!(r#""Resource":"arn:aws:iam::*:role/*",{sagemaker}"#)), "pass any role"),
        (pass(&format!(r#""NotResource":"arn:aws:iam::111122223333:role/Admin",{sagemaker}"#)), "pass any role"),
        (allow(r#""Action":"iam:*","Resource":"*""#).replace("iam:*", "iam:Pass*"), "pass any role to any service"),
        (
            pass(&format!(r#"{every},"Condition":{{"Bool":{{"aws:MultiFactorAuthPresent":"true"}}}}"#)),
            "pass any role to any service",
        ),
        // Tags of the role do not restrict it (IAM says so).
        (
            pass(&format!(
                r#"{every},"Condition":{{"StringEquals":{{"iam:PassedToService":"sagemaker.amazonaws.com","iam:ResourceTag/a":"b"}}}}"#
            )),
            "pass any role",
        ),
    ] {
        assert_eq!(of_role(&text), one, "{text}");
        let message = finding(|a| inline(a, &text)).message;
        assert!(message.starts_with(&format!("`iam:PassRole` allows `GtExecution` to {what}")), "{message}");
    }
    for text in [
        pass(&format!("{role},{sagemaker}")),
        pass(&format!(r#""Resource":"arn:aws:iam::*:role/service-role/*",{sagemaker}"#)),
        pass(&format!(
            r#"{role},"Condition":{{"ArnLike":{{"iam:AssociatedResourceArn":"arn:aws:sagemaker:*:*:labeling-job/*"}}}}"#
        )),
        allow(r#""Action":"iam:*","Resource":"arn:aws:iam::111122223333:user/*""#),
        allow(r#""Action":"*","Resource":"arn:aws:s3:::x""#),
    ] {
        assert_eq!(of_role(&text), NOTHING, "{text}");
    }
    // What is taken away elsewhere is restricted.
    let with = |text: &str, denied: &str| {
        says(|a| {
            inline(a, text);
            let denied = deny(&format!(r#""Action":"iam:PassRole",{denied}"#));
            known(&mut crate::accounts::role(a).grants.inline).insert("no".to_owned(), Fact::Known(document(&denied)));
        })
    };
    let others = r#""Resource":"*","Condition":{"StringNotEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}"#;
    assert_eq!(with(&pass(role), others), NOTHING);
    assert_eq!(with(&pass(every), others), one);
    let but_one = r#""NotResource":"arn:aws:iam::111122223333:role/GtExecution""#;
    assert_eq!(with(&pass(&format!("{every},{sagemaker}")), but_one), NOTHING);
    assert_eq!(with(&pass(every), but_one), one);
    assert_eq!(with(&pass(every), r#""Resource":"*""#), NOTHING);
    // AWS's policies are AWS's, and an administrator is one.
    let managed = |arn: &'static str| {
        says(move |a| {
            user(a, "ann", &[CONSOLE]);
            attach(a, arn, &allow(r#""Action":"iam:PassRole","Resource":"*""#));
        })
    };
    assert_eq!(managed("arn:aws:iam::aws:policy/AmazonSomething"), NOTHING);
    assert_eq!(managed("arn:aws:iam::111122223333:policy/mine"), ["medium pass-role-unrestricted ann"]);
    let everything = allow(r#""Action":"*","Resource":"*""#);
    assert_eq!(of_user(&[CONSOLE, &everything]), NOTHING);
    assert_eq!(of_user(&[CONSOLE, &everything, &pass(every)]), NOTHING);
    assert_eq!(of_user(&[CONSOLE]), NOTHING);
}

#[test]
fn privilege_escalation() {
    let makes = allow(MAKES_ROLES);
    // It may pass every role to every service, too.
    let both = ["high privilege-escalation ann", "medium pass-role-unrestricted ann"];
    assert_eq!(of_user(&[CONSOLE, &makes]), both);
    let report = report_after(|a| user(a, "ann", &[CONSOLE, &makes]));
    assert_eq!(
        report.pairs[0].message,
        "may become administrator: `iam:CreateRole`, `iam:CreatePolicy`, `iam:AttachRolePolicy` and `iam:PassRole` are \
         allowed on `*`"
    );
    assert_eq!(
        evidence(&report.pairs[0]),
        ["inline p2 - 1 -: allows `iam:CreateRole`, `iam:CreatePolicy`, `iam:AttachRolePolicy` and `iam:PassRole`"]
    );
    // Either of the first two will do.
    let without = |action: &str| makes.replace(&format!(r#""{action}","#), "");
    assert_eq!(of_user(&[CONSOLE, &without("iam:CreatePolicy")])[0], both[0]);
    let no_role = of_user(&[CONSOLE, &without("iam:CreateRole")]);
    assert_eq!(no_role[0], both[0]);
    let only = ["medium pass-role-unrestricted ann"];
    assert_eq!(of_user(&[CONSOLE, &without("iam:CreatePolicy").replace(r#""iam:CreateRole","#, "")]), only);
    let silent = |policies: &[&str]| {
        let said = of_user(policies);
        assert!(!said.iter().any(|line| line.contains("privilege-escalation")), "{said:?} {policies:?}");
    };
    silent(&[CONSOLE, &without("iam:AttachRolePolicy")]);
    silent(&[CONSOLE, &makes.replace(r#","iam:PassRole""#, "")]);
    silent(&[CONSOLE, &makes.replace(r#""Resource":"*""#, r#""Resource":"arn:aws:iam::*:role/gt/*""#)]);
    let to_lambda = r#""Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}"#;
    silent(&[CONSOLE, &makes.replace(r#""Resource":"*""#, to_lambda)]);
    for condition in [
        r#"{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::111122223333:policy/limit"}}"#,
        r#"{"ArnLike":{"iam:PolicyARN":"arn:aws:iam::111122223333:policy/gt-*"}}"#,
    ] {
        let attach =
            format!(r#"{{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"*","Condition":{condition}}}"#);
        let text = without("iam:AttachRolePolicy").replace(r#""Statement":{"#, &format!(r#""Statement":[{attach},{{"#));
        let text = format!("{}]}}", text.strip_suffix('}').unwrap());
        silent(&[CONSOLE, &text]);
    }
    // A role that is kept from it protects only itself; a limit keeps the rest.
    let protected = deny(r#""Action":"iam:*","Resource":"arn:aws:iam::111122223333:role/Admin""#);
    assert_eq!(of_user(&[CONSOLE, &makes, &protected]), both);
    silent(&[CONSOLE, &makes, &deny(r#""Action":"iam:AttachRolePolicy","Resource":"*""#)]);
    let bounded = |text: &'static str| {
        let makes = makes.clone();
        says(move |a| {
            user(a, "ann", &[CONSOLE, &makes]);
            super::bounded(a, text);
        })
    };
    assert_eq!(bounded(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#), both);
    assert_eq!(bounded(r#"{"Statement":{"Effect":"Allow","NotAction":"iam:Attach*","Resource":"*"}}"#), only);
    let guarded = |a: &mut Account| {
        user(a, "ann", &[CONSOLE, &makes]);
        a.organization =
            organization(r#"{"Statement":{"Effect":"Allow","NotAction":"iam:CreateRole","Resource":"*"}}"#);
    };
    assert!(says(guarded).contains(&both[0].to_owned()), "CreatePolicy is left");
    // Who may do everything has nothing to gain.
    silent(&[CONSOLE, &makes, &allow(r#""Action":"*","Resource":"*""#)]);
    let much = allow(r#""Action":["iam:*","s3:*"],"Resource":"*""#);
    assert_eq!(of_user(&[CONSOLE, &much]), both);
}
