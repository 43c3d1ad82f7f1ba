//! S3: buckets and the tags of objects.

use gt_audit::account::{Bucket, CorsRule, Tags};

use super::{Answer, Asked, Inner, element, escape, known, refusal, wrap};

pub(super) fn answer(aws: &Inner, asked: &Asked) -> Answer {
    match asked.operation.as_str() {
        "ListBuckets" => list_buckets(aws, asked),
        _ => bucket(aws, asked),
    }
}

pub(super) fn region_of(bucket: &Bucket) -> String {
    bucket.region.known().cloned().expect("this AWS knows where its buckets are")
}

fn list_buckets(aws: &Inner, asked: &Asked) -> Answer {
    let most = asked.parameters.get("max-buckets");
    let mut buckets = known(&aws.account.buckets);
    let prefix = asked.parameters.get("prefix").map(String::as_str).unwrap_or_default();
    buckets.retain(|bucket| bucket.arn.resource().starts_with(prefix));
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
    let name = asked.subject.split('/').next().expect("a bucket");
    let Some(bucket) = buckets.iter().find(|bucket| bucket.arn.resource() == name) else {
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
    let here = |body: String| Answer(200, vec![], body);
    let absent = |code: &str| refusal(asked, 404, code, "there is none");
    match asked.operation.as_str() {
        "GetBucketTagging" => match known(&bucket.tags) {
            none if none.is_empty() => absent("NoSuchTagSet"),
            some => here(tagging(&some)),
        },
        "GetObjectTagging" => match object_tags(aws, &asked.subject) {
            Some(some) => here(tagging(&some)),
            None => absent("NoSuchKey"),
        },
        // Every object that is there says where it is.
        "GetObject" => match object_tags(aws, &asked.subject) {
            Some(_) => here(format!("{{\"source-ref\": \"s3://{}\"}}\n", asked.subject)),
            None => absent("NoSuchKey"),
        },
        "GetBucketPolicy" => match known(&bucket.policy) {
            Some(policy) => here(policy.json().to_string()),
            None => absent("NoSuchBucketPolicy"),
        },
        "GetBucketCors" => match known(&bucket.cors) {
            none if none.is_empty() => absent("NoSuchCORSConfiguration"),
            rules => here(wrap("CORSConfiguration", &rules.iter().map(cors_rule).collect::<String>())),
        },
        "GetBucketEncryption" => match known(&bucket.encryption) {
            Some(encryption) => {
                let mut default = vec![("SSEAlgorithm", encryption.algorithm.as_str())];
                default.extend(encryption.key.iter().map(|key| ("KMSMasterKeyID", key.as_str())));
                let default = element("ApplyServerSideEncryptionByDefault", &default);
                let bucket_key = wrap("BucketKeyEnabled", &encryption.bucket_key.to_string());
                here(wrap("ServerSideEncryptionConfiguration", &wrap("Rule", &(default + &bucket_key))))
            }
            None => absent("ServerSideEncryptionConfigurationNotFoundError"),
        },
        // Never set, it has no status.
        "GetBucketAbac" => here(if known(&bucket.abac) {
            element("AbacStatus", &[("Status", "Enabled")])
        } else {
            "<AbacStatus/>".to_owned()
        }),
        other => panic!("S3 has no {other} here"),
    }
}

fn tagging(tags: &Tags) -> String {
    let tags: String = tags.iter().map(|(key, value)| element("Tag", &[("Key", key), ("Value", value)])).collect();
    wrap("Tagging", &wrap("TagSet", &tags))
}

fn cors_rule(rule: &CorsRule) -> String {
    let lists = [
        ("AllowedHeader", &rule.allowed_headers),
        ("AllowedMethod", &rule.allowed_methods),
        ("AllowedOrigin", &rule.allowed_origins),
        ("ExposeHeader", &rule.expose_headers),
    ];
    let mut all: String =
        lists.iter().flat_map(|(name, values)| values.iter().map(|value| wrap(name, &escape(value)))).collect();
    all.extend(rule.max_age_seconds.map(|seconds| wrap("MaxAgeSeconds", &seconds.to_string())));
    wrap("CORSRule", &(wrap("ID", "rule") + &all))
}

/// The tags of an object; objects that nobody mentioned are not there.
fn object_tags(aws: &Inner, object: &str) -> Option<Tags> {
    let (_, tags) = aws.account.objects.iter().find(|(arn, _)| arn.resource() == object)?;
    known(tags)
}
