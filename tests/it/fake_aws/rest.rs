//! Lambda, the tagging index and the Account service.

use gt_audit::account::Function;
use serde_json::{Value, json};

use super::s3::region_of;
use super::{Answer, Asked, Inner, known, refusal};

pub(super) fn answer(aws: &Inner, asked: &Asked) -> Answer {
    match (asked.service, asked.operation.as_str()) {
        ("Lambda", "ListFunctions") => list_functions(aws, asked),
        ("Lambda", _) => function(aws, asked),
        ("Resource Groups Tagging API", "GetResources") => resources(aws, asked),
        ("Account", "ListRegions") => regions(aws, asked),
        other => panic!("{other:?} is not here"),
    }
}

fn functions(aws: &Inner, asked: &Asked) -> Vec<Function> {
    aws.account.regions.get(&asked.region).map(|regional| known(&regional.functions)).unwrap_or_default()
}

fn list_functions(aws: &Inner, asked: &Asked) -> Answer {
    let functions = functions(aws, asked);
    let (functions, next) = aws.page(functions, asked.parameters.get("MaxItems"), 50, asked.parameters.get("Marker"));
    let functions: Vec<Value> = functions.iter().map(configuration).collect();
    Answer(200, vec![], json!({"Functions": functions, "NextMarker": next}).to_string())
}

fn configuration(function: &Function) -> Value {
    json!({
        "FunctionName": function.arn.name(), "FunctionArn": function.arn.as_str(), "Role": function.role,
        "Runtime": "python9.99", "Version": "$LATEST",
    })
}

fn function(aws: &Inner, asked: &Asked) -> Answer {
    let functions = functions(aws, asked);
    let Some(function) = functions.iter().find(|function| function.arn.as_str() == asked.subject) else {
        return refusal(asked, 404, "ResourceNotFoundException", "there is no such function");
    };
    match asked.operation.as_str() {
        "GetFunctionConfiguration" => Answer(200, vec![], configuration(function).to_string()),
        "ListTags" => Answer(200, vec![], json!({"Tags": known(&function.tags)}).to_string()),
        "GetPolicy" => match known(&function.policy) {
            Some(policy) => {
                let text = policy.json().to_string();
                Answer(200, vec![], json!({"Policy": text, "RevisionId": "r"}).to_string())
            }
            None => refusal(asked, 404, "ResourceNotFoundException", "The resource you requested does not exist."),
        },
        other => panic!("Lambda has no {other} here"),
    }
}

fn resources(aws: &Inner, asked: &Asked) -> Answer {
    let kinds = asked.parameter("ResourceTypeFilters");
    let mut tagged = vec![];
    if kinds.contains("\"s3\"") {
        for bucket in known(&aws.account.buckets).iter().filter(|bucket| region_of(bucket) == asked.region) {
            tagged.push((bucket.arn.clone(), known(&bucket.tags)));
        }
    }
    if kinds.contains("\"lambda:function\"") {
        tagged.extend(functions(aws, asked).iter().map(|function| (function.arn.clone(), known(&function.tags))));
    }
    tagged.retain(|(_, tags)| !tags.is_empty() && !aws.set.empty_index);
    let (tagged, next) =
        aws.page(tagged, asked.parameters.get("ResourcesPerPage"), 100, asked.parameters.get("PaginationToken"));
    let list: Vec<Value> = tagged
        .iter()
        .map(|(arn, tags)| {
            let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            json!({"ResourceARN": arn.as_str(), "Tags": tags})
        })
        .collect();
    // The index says with an empty token that there is no more.
    Answer(
        200,
        vec![],
        json!({"PaginationToken": next.unwrap_or_default(), "ResourceTagMappingList": list}).to_string(),
    )
}

fn regions(aws: &Inner, asked: &Asked) -> Answer {
    let regions: Vec<_> = aws.account.regions.keys().cloned().collect();
    let (regions, next) = aws.page(regions, asked.parameters.get("MaxResults"), 50, asked.parameters.get("NextToken"));
    let regions: Vec<Value> =
        regions.iter().map(|region| json!({"RegionName": region, "RegionOptStatus": "ENABLED_BY_DEFAULT"})).collect();
    Answer(200, vec![], json!({"Regions": regions, "NextToken": next}).to_string())
}
