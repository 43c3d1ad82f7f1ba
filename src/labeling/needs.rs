//! What a labeling job needs of its role, field by field and action by action.
//!
//! Source: SageMaker Developer Guide, `sms-security-permission-execution-role`, `sms-security-kms-permissions`,
//! `sms-custom-templates-step3-lambda-permissions`, `sms-create-labeling-job-api` (2026-11). Knows requests; has never
//! heard of a role.

use crate::account::LabelingJobRequest;
use crate::arn::Arn;
use crate::knowledge::builtin::{self, Builtin};
use crate::uri::S3Uri;

/// One thing that a field of the request makes the role do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need<'a> {
    /// The field, by its path in the request.
    pub field: &'static str,
    /// What the field says.
    pub value: &'a str,
    /// What must be possible with it.
    pub what: What,
}

/// What must be possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// To read this very object.
    Read(S3Uri),
    /// To write every object below this, and read it again.
    Write(S3Uri),
    /// To invoke this function of one's own.
    Invoke(Arn),
    /// To subscribe to this topic.
    Subscribe(Arn),
    /// To publish to this topic.
    Publish(Arn),
    /// To pass this role, which is the job's own, to SageMaker.
    PassItself(Arn),
    /// To use this key for the output: its id, ARN or alias.
    UseKey(String),
    /// To grant the use of this key, of the machines' volumes.
    GrantKey(String),
    /// The field is wrong in itself: why, and the right value where it is known.
    Wrong(String, Option<String>),
}

/// The fields of a request that name something: the role.
pub const ROLE: &str = "RoleArn";
/// The manifest.
pub const MANIFEST: &str = "InputConfig.DataSource.S3DataSource.ManifestS3Uri";
/// A streaming job's input topic.
pub const INPUT_TOPIC: &str = "InputConfig.DataSource.SnsDataSource.SnsTopicArn";
/// Where the labels go.
pub const OUTPUT: &str = "OutputConfig.S3OutputPath";
/// A streaming job's output topic.
pub const OUTPUT_TOPIC: &str = "OutputConfig.SnsTopicArn";
/// The key of the output.
pub const OUTPUT_KEY: &str = "OutputConfig.KmsKeyId";
/// The labels to choose from.
pub const LABEL_CATEGORIES: &str = "LabelCategoryConfigS3Uri";
/// What the workers see.
pub const TEMPLATE: &str = "HumanTaskConfig.UiConfig.UiTemplateS3Uri";
/// An interface of AWS's own.
pub const INTERFACE: &str = "HumanTaskConfig.UiConfig.HumanTaskUiArn";
/// The work team.
pub const TEAM: &str = "HumanTaskConfig.WorkteamArn";
/// The function before each task.
pub const PRE_FUNCTION: &str = "HumanTaskConfig.PreHumanTaskLambdaArn";
/// The function after it.
pub const POST_FUNCTION: &str = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn";
/// Automated labeling.
pub const ALGORITHM: &str = "LabelingJobAlgorithmsConfig";
/// The algorithm of automated labeling.
pub const ALGORITHM_SPECIFICATION: &str = "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn";
/// The model that automated labeling begins with.
pub const MODEL: &str = "LabelingJobAlgorithmsConfig.InitialActiveLearningModelArn";
/// The key of automated labeling's volumes.
pub const VOLUME_KEY: &str = "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId";

/// What a streaming job does with its queue (AmazonSageMakerGroundTruthExecution v3, statement `StreamingQueue`).
pub const QUEUE_ACTIONS: [&str; 7] = [
    "sqs:CreateQueue",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "sqs:SetQueueAttributes",
];

/// The queue that a streaming job makes for itself (`sms-streaming-how-it-works-sqs`).
#[must_use]
pub fn queue(job: &Arn) -> Option<Arn> {
    let (partition, region, account) = (job.partition(), job.region(), job.account());
    let name = job.name().to_lowercase();
    Arn::parse(format!("arn:{partition}:sqs:{region}:{account}:GroundTruth-{name}")).ok()
}

/// Everything that a request needs of its role, in the order of its fields. `region`: where the job runs. AWS's own
/// functions and interfaces need nothing when they are rightly addressed.
#[must_use]
pub fn needs<'a>(request: &'a LabelingJobRequest, region: &str) -> Vec<Need<'a>> {
    let source = &request.input_config.data_source;
    let output = &request.output_config;
    let task = &request.human_task_config;
    let consolidation = task.annotation_consolidation_config.as_ref();
    let automated = request.labeling_job_algorithms_config.as_ref();
    let machines = automated.and_then(|config| config.labeling_job_resource_config.as_ref());
    let mut needs = vec![];
    let mut need = |field, value: Option<&'a String>, what: &dyn Fn(&str) -> Option<What>| {
        // DescribeLabelingJob says an empty text where there is none.
        let value = value.map(String::as_str).filter(|value| !value.is_empty());
        needs.extend(value.and_then(|value| Some(Need { field, value, what: what(value)? })));
    };
    need(MANIFEST, source.s3_data_source.as_ref().and_then(|s3| s3.manifest_s3_uri.as_ref()), &|uri| {
        Some(in_s3(uri, What::Read))
    });
    need(INPUT_TOPIC, source.sns_data_source.as_ref().and_then(|sns| sns.sns_topic_arn.as_ref()), &|topic| {
        Some(named(topic, What::Subscribe))
    });
    need(OUTPUT, output.s3_output_path.as_ref(), &|uri| Some(in_s3(uri, What::Write)));
    need(OUTPUT_KEY, output.kms_key_id.as_ref(), &|key| Some(What::UseKey(key.to_owned())));
    need(OUTPUT_TOPIC, output.sns_topic_arn.as_ref(), &|topic| Some(named(topic, What::Publish)));
    need(LABEL_CATEGORIES, request.label_category_config_s3_uri.as_ref(), &|uri| Some(in_s3(uri, What::Read)));
    need(ALGORITHM, automated.and(request.role_arn.as_ref()), &|role| Some(named(role, What::PassItself)));
    let algorithm = automated.and_then(|config| config.labeling_job_algorithm_specification_arn.as_ref());
    need(ALGORITHM_SPECIFICATION, algorithm, &|arn| of_aws(arn, region, builtin::algorithm, builtin::right_algorithm));
    let model = automated.and_then(|config| config.initial_active_learning_model_arn.as_ref());
    need(MODEL, model, &|arn| match Arn::parse(arn) {
        Ok(model) if model.region() != region => {
            Some(What::Wrong(format!("it is in `{}`, and the job runs in `{region}`", model.region()), None))
        }
        Ok(_) => None,
        Err(error) => Some(What::Wrong(error.to_string(), None)),
    });
    need(VOLUME_KEY, machines.and_then(|machines| machines.volume_kms_key_id.as_ref()), &|key| {
        Some(What::GrantKey(key.to_owned()))
    });
    need(TEMPLATE, task.ui_config.ui_template_s3_uri.as_ref(), &|uri| Some(in_s3(uri, What::Read)));
    need(INTERFACE, task.ui_config.human_task_ui_arn.as_ref(), &|arn| {
        of_aws(arn, region, builtin::interface, |arn, _| builtin::right_interface(arn))
    });
    let function = |function: &str| match Arn::parse(function) {
        Ok(arn) if builtin::function(&arn, region) == Builtin::No => Some(What::Invoke(arn)),
        _ => of_aws(function, region, builtin::function, builtin::right_function),
    };
    need(PRE_FUNCTION, task.pre_human_task_lambda_arn.as_ref(), &function);
    need(
        POST_FUNCTION,
        consolidation.and_then(|config| config.annotation_consolidation_lambda_arn.as_ref()),
        &function,
    );
    needs
}

/// What is wrong with an ARN of AWS's own, if something is.
fn of_aws(
    text: &str,
    region: &str,
    check: fn(&Arn, &str) -> Builtin,
    right: fn(&Arn, &str) -> Option<String>,
) -> Option<What> {
    match Arn::parse(text) {
        Ok(arn) => match check(&arn, region) {
            Builtin::Wrong(why) => Some(What::Wrong(why, right(&arn, region))),
            Builtin::Right | Builtin::No => None,
        },
        Err(error) => Some(What::Wrong(error.to_string(), None)),
    }
}

fn in_s3(uri: &str, what: fn(S3Uri) -> What) -> What {
    S3Uri::parse(uri).map_or_else(|error| What::Wrong(error.to_string(), None), what)
}

fn named(arn: &str, what: fn(Arn) -> What) -> What {
    Arn::parse(arn).map_or_else(|error| What::Wrong(error.to_string(), None), what)
}
