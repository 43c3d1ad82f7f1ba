//! S3, Lambda, the tagging index and the Account service.

use gt_audit::account::{Bucket, Function};
use serde_json::{Value, json};

use super::{Answer, Asked, Inner, element, escape, known, refusal};

pub(super) fn answer(aws: &Inner, asked: &Asked) -> Answer {
    match (asked.service, asked.operation.as_str()) {
        ("S3", "ListBuckets") => list_buckets(aws, asked),
        ("S3", _) => bucket(aws, asked),
        ("Lambda", "ListFunctions") => list_functions(aws, asked),
        ("Lambda", _) => function(aws, asked),
        ("Resource Groups Tagging API", "GetResources") => resources(aws, asked),
        ("Account", "ListRegions") => regions(aws, asked),
        other => panic!("{other:?} is not here"),
    }
}

fn region_of(bucket: &Bucket) -> String {
    bucket.region.known().cloned().expect("this AWS knows where its buckets are")
}

fn list_buckets(aws: &Inner, asked: &Asked) -> Answer {
    let most = asked.parameters.get("max-buckets");
    let buckets = known(&aws.account.buckets);
    let (buckets, next) = aws.page(buckets, most, 1000, asked.parameters.get("continuation-token"));
    let buckets: String = buckets
        .iter()
        .map(|bucket| {
            let region = aws.set.misplaced.map_or_else(|| region_of(bucket), str::to_owned);
            let mut leaves = vec![("Name", bucket.arn.resource()), ("CreationDate", "2026-01-02T03:04:05.000Z")];
            // S3 names regions only to who pages.
            if most.is_some() && !aws.set.no_bucket_regions {
                leaves.push(("BucketRegion", &region));
            }
            element("Bucket", &leaves)
        })
        .collect();
    let next =
        next.map(|token| format!("<ContinuationToken>{}</ContinuationToken>", escape(&token))).unwrap_or_default();
    let body = format!("<ListAllMyBucketsResult><Buckets>{buckets}</Buckets>{next}</ListAllMyBucketsResult>");
    Answer(200, vec![], body)
}

fn bucket(aws: &Inner, asked: &Asked) -> Answer {
    let buckets = known(&aws.account.buckets);
    let Some(bucket) = buckets.iter().find(|bucket| bucket.arn.resource() == asked.subject) else {
        return refusal(asked, 404, "NoSuchBucket", "The specified bucket does not exist");
    };
    let region = region_of(bucket);
    if asked.operation == "GetBucketLocation" {
        let old_names = match region.as_str() {
            "us-east-1" => "",
            "eu-west-1" => "EU",
            region => region,
        };
        return Answer(200, vec![], format!("<LocationConstraint>{old_names}</LocationConstraint>"));
    }
    if region != asked.region {
        let Answer(status, mut headers, body) = if aws.set.malformed_authorization {
            refusal(asked, 400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting another")
        } else {
            refusal(
                asked,
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed elsewhere",
            )
        };
        headers.push(("x-amz-bucket-region", region));
        return Answer(status, headers, body);
    }
    match asked.operation.as_str() {
        "GetBucketTagging" => {
            let tags = known(&bucket.tags);
            if tags.is_empty() {
                return refusal(asked, 404, "NoSuchTagSet", "The TagSet does not exist");
            }
            let tags: String =
                tags.iter().map(|(key, value)| element("Tag", &[("Key", key), ("Value", value)])).collect();
            Answer(200, vec![], format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"))
        }
        "GetBucketPolicy" => match known(&bucket.policy) {
            Some(policy) => Answer(200, vec![], policy.json().to_string()),
            None => refusal(asked, 404, "NoSuchBucketPolicy", "The bucket policy does not exist"),
        },
        other => panic!("S3 has no {other} here"),
    }
}

fn functions(aws: &Inner, asked: &Asked) -> Vec<Function> {
    aws.account.regions.get(&asked.region).map(|regional| known(&regional.functions)).unwrap_or_default()
}

fn list_functions(aws: &Inner, asked: &Asked) -> Answer {
    let functions = functions(aws, asked);
    let (functions, next) = aws.page(functions, asked.parameters.get("MaxItems"), 50, asked.parameters.get("Marker"));
    let functions: Vec<Value> = functions
        .iter()
        .map(|function| {
            json!({
                "FunctionName": function.arn.name(), "FunctionArn": function.arn.as_str(), "Role": function.role,
                "Runtime": "python9.99", "Version": "$LATEST",
            })
        })
        .collect();
    Answer(200, vec![], json!({"Functions": functions, "NextMarker": next}).to_string())
}

fn function(aws: &Inner, asked: &Asked) -> Answer {
    let functions = functions(aws, asked);
    let Some(function) = functions.iter().find(|function| function.arn.as_str() == asked.subject) else {
        return refusal(asked, 404, "ResourceNotFoundException", "there is no such function");
    };
    match asked.operation.as_str() {
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
