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
        denied(r#""Action":"lambda:*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":"true"}}"#),
        [format!("? function-denied {name}")]
    );
}
