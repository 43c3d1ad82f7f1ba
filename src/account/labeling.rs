//! What of an account is Ground Truth's own: labeling jobs, work teams, flow definitions.
//!
//! A job holds what `CreateLabelingJob` was asked, in AWS's own names, as far as permissions depend on it; what else a
//! request has is not kept.

use serde::{Deserialize, Serialize};

use super::Fact;
use crate::arn::Arn;

/// A labeling job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelingJob {
    /// `arn:aws:sagemaker:REGION:ACCOUNT:labeling-job/NAME`.
    pub arn: Arn,
    /// `Initializing`, `InProgress`, `Completed`, `Failed`, `Stopping`, `Stopped`, or what a newer AWS says.
    pub status: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// What was asked for; a list of jobs has no role and no output, so each is described.
    pub request: Fact<LabelingJobRequest>,
}

/// `CreateLabelingJob`'s request, or what `DescribeLabelingJob` says of it. Nothing is required here: what is missing is
/// missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LabelingJobRequest {
    /// Unique in its region, without regard to case.
    pub labeling_job_name: Option<String>,
    /// The execution role.
    pub role_arn: Option<String>,
    /// What is labeled.
    pub input_config: InputConfig,
    /// Where the labels go.
    pub output_config: OutputConfig,
    /// The labels to choose from.
    pub label_category_config_s3_uri: Option<String>,
    /// Automated labeling, where it is wanted.
    pub labeling_job_algorithms_config: Option<AlgorithmsConfig>,
    /// What the workers see, and the functions.
    pub human_task_config: HumanTaskConfig,
}

/// What is labeled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InputConfig {
    /// From where.
    pub data_source: DataSource,
}

/// From where the input comes: a manifest, a stream, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DataSource {
    /// A manifest in S3.
    pub s3_data_source: Option<S3DataSource>,
    /// A topic.
    pub sns_data_source: Option<SnsDataSource>,
}

/// A manifest in S3.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct S3DataSource {
    /// `s3://` or `https://`.
    pub manifest_s3_uri: Option<String>,
}

/// A streaming job's topic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SnsDataSource {
    /// The topic.
    pub sns_topic_arn: Option<String>,
}

/// Where the labels go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OutputConfig {
    /// Everything is written below it.
    pub s3_output_path: Option<String>,
    /// A key's id, ARN or alias; an empty text is none.
    pub kms_key_id: Option<String>,
    /// A streaming job's topic.
    pub sns_topic_arn: Option<String>,
}

/// Automated labeling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AlgorithmsConfig {
    /// The algorithm; AWS's.
    pub labeling_job_algorithm_specification_arn: Option<String>,
    /// The model to begin with.
    pub initial_active_learning_model_arn: Option<String>,
    /// The machines.
    pub labeling_job_resource_config: Option<ResourceConfig>,
}

/// The machines of automated labeling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceConfig {
    /// The key of their volumes; an empty text is none.
    pub volume_kms_key_id: Option<String>,
}

/// What the workers see, and the functions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HumanTaskConfig {
    /// Who works.
    pub workteam_arn: Option<String>,
    /// What they see.
    pub ui_config: UiConfig,
    /// Called before each task; AWS's own, one's own, or none.
    pub pre_human_task_lambda_arn: Option<String>,
    /// Called with the answers.
    pub annotation_consolidation_config: Option<AnnotationConsolidationConfig>,
}

/// What the workers see: a template, or an interface of AWS's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UiConfig {
    /// The template.
    pub ui_template_s3_uri: Option<String>,
    /// The interface.
    pub human_task_ui_arn: Option<String>,
}

/// The function that consolidates the answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AnnotationConsolidationConfig {
    /// AWS's own, or one's own.
    pub annotation_consolidation_lambda_arn: Option<String>,
}
