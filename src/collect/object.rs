//! S3: one object, whole. Only a manifest is ever read, and only where that was asked for.

use std::fs::File;
use std::io::{self, Seek, Write};

use super::aws::Aws;
use super::calls::GET_OBJECT;
use super::refusal::malformed;
use super::s3::in_its_region;
use crate::account::Unknown;
use crate::arn::Arn;

/// An object in a bucket of a region, else of the home region, in a file that no other user sees and that is gone when it is closed. So memory does not grow with it.
///
/// # Errors
///
/// When it could not be read, or not kept.
pub async fn object(aws: &Aws, object: &Arn, region: Option<&str>) -> Result<File, Unknown> {
    let named = object.as_str();
    let region = region.unwrap_or(&aws.home);
    let Some((bucket, key)) = object.resource().split_once('/') else {
        return Err(malformed(GET_OBJECT.action, named, "it is no object"));
    };
    let answer = in_its_region(aws, &GET_OBJECT, object, region, |s3| s3.get_object().bucket(bucket).key(key).send());
    let mut body = answer.await?.body;
    let broken_off = |why: String| Unknown::refused(GET_OBJECT.action, named, "BrokenOff", why);
    let unkept = |error: io::Error| broken_off(format!("it could not be kept in a temporary file: {error}"));
    let mut file = tempfile::tempfile().map_err(unkept)?;
    let mut next = async || {
        let chunk = async { Ok(body.try_next().await) };
        aws.gate.until_the_end(&GET_OBJECT, chunk).await?.map_err(|error| broken_off(error.to_string()))
    };
    while let Some(chunk) = next().await? {
        file.write_all(&chunk).map_err(unkept)?;
    }
    file.rewind().map_err(unkept)?;
    Ok(file)
}
