//! SageMaker: the labeling jobs of a region, those made lately and those that still run, and beside them flow definitions
//! and work teams.
//!
//! Knows that a list of jobs has neither role nor output, so that each is described, and that SageMaker is not in every
//! region nor in every emulator: there its jobs are one gap, and soon, and nothing else is asked. Has never heard of what a
//! job needs.

mod lists;
mod workforce;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_sagemaker::operation::describe_labeling_job::DescribeLabelingJobOutput;
use aws_sdk_sagemaker::operation::list_labeling_jobs::builders::ListLabelingJobsFluentBuilder;
use aws_sdk_sagemaker::types::{
    HumanTaskConfig as Task, LabelingJobAlgorithmsConfig as Algorithms, LabelingJobStatus, LabelingJobSummary, SortBy,
    SortOrder,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures_util::future::join3;

use super::aws::Aws;
use super::calls::{DESCRIBE_LABELING_JOB, LIST_LABELING_JOBS};
use super::gate::{Page, each, pages};
use super::refusal::{arn, malformed};
use super::regions;
use crate::account::{
    AlgorithmsConfig, AnnotationConsolidationConfig, DataSource, Fact, HumanTaskConfig, InputConfig, LabelingJob,
    LabelingJobRequest, OutputConfig, Regional, ResourceConfig, S3DataSource, SnsDataSource, UiConfig, Unknown,
};
use crate::arn::Arn;
use lists::{MOST, all};

/// How far back jobs are listed, unless the user says otherwise.
const DAYS: u32 = 90;
/// How many jobs of a region are described, unless the user says otherwise.
const DESCRIBED: usize = 500;

const DAY: Duration = Duration::from_hours(24);

/// The states in which a job is listed however old it is: what stops it now is of interest now.
const RUNNING: [LabelingJobStatus; 3] =
    [LabelingJobStatus::InProgress, LabelingJobStatus::Initializing, LabelingJobStatus::Stopping];

/// A job as the list has it, and what is needed to ask for more.
struct Listed {
    name: String,
    created: DateTime,
    job: LabelingJob,
}

/// What SageMaker has in a region, and a gap when there are more jobs than are to be described: the newest are kept.
pub(super) async fn region(aws: &Aws, region: &str) -> (Regional, Option<Unknown>) {
    let ((labeling_jobs, too_many), flow_definitions, workteams) =
        join3(labeling_jobs(aws, region), workforce::flow_definitions(aws, region), workforce::workteams(aws, region))
            .await;
    (Regional { labeling_jobs, flow_definitions, workteams, ..Regional::not_asked() }, too_many)
}

/// The jobs that are listed, by ARN, each described.
async fn labeling_jobs(aws: &Aws, region: &str) -> (Fact<Vec<LabelingJob>>, Option<Unknown>) {
    let all = all(aws, region, "labeling-job");
    let mut listed = match list(aws, region, &all).await {
        Ok(listed) => listed,
        Err(gap) => return (Fact::Unknown(gap), None),
    };
    listed.sort_by_key(|listed| std::cmp::Reverse(listed.created));
    let most = aws.max_jobs.unwrap_or(DESCRIBED);
    if most == 0 {
        // Only their names were asked for; of the requests each says so itself.
        let mut jobs: Vec<_> = listed.into_iter().map(|listed| listed.job).collect();
        jobs.sort_by(|a, b| a.arn.cmp(&b.arn));
        return (Fact::Known(jobs), None);
    }
    let too_many = (listed.len() > most).then(|| too_many(&all, listed.len(), most));
    listed.truncate(most);

    let described = each(listed, async |listed| describe(aws, region, listed).await).await;
    let mut jobs: Vec<_> = described.into_iter().flatten().collect();
    jobs.sort_by(|a, b| a.arn.cmp(&b.arn));
    (Fact::Known(jobs), too_many)
}

/// Each job once: what was made lately, and what is older and has not come to its end.
async fn list(aws: &Aws, region: &str, all: &str) -> Result<Vec<Listed>, Unknown> {
    let age = DAY.saturating_mul(aws.jobs_since.unwrap_or(DAYS));
    let since = aws.gate.started().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::UNIX_EPOCH);
    // AWS does not say whether its bounds are among what they bound, so that they overlap.
    let before = DateTime::from(since + Duration::from_secs(1));
    let since = DateTime::from(since);

    let mut summaries = listed(aws, region, all, |request| request.creation_time_after(since)).await?;
    let older = each(RUNNING, async |status| {
        listed(aws, region, all, |request| request.creation_time_before(before).status_equals(status.clone())).await
    });
    for older in older.await {
        summaries.extend(older?);
    }
    let mut jobs = BTreeMap::new();
    for summary in summaries {
        let listed = read(summary)?;
        jobs.entry(listed.job.arn.clone()).or_insert(listed);
    }
    Ok(jobs.into_values().collect())
}

async fn listed(
    aws: &Aws,
    region: &str,
    all: &str,
    which: impl Fn(ListLabelingJobsFluentBuilder) -> ListLabelingJobsFluentBuilder,
) -> Result<Vec<LabelingJobSummary>, Unknown> {
    let sagemaker = aws.sagemaker(region);
    pages(&LIST_LABELING_JOBS, async |token| {
        let newest_first = which(sagemaker.list_labeling_jobs())
            .sort_by(SortBy::CreationTime)
            .sort_order(SortOrder::Descending)
            .max_results(MOST)
            .set_next_token(token);
        let request = newest_first.send();
        let page = aws.gate.ask(&LIST_LABELING_JOBS, region, all, request).await?;
        Ok(Page::new(page.labeling_job_summary_list, page.next_token))
    })
    .await
}

fn read(summary: LabelingJobSummary) -> Result<Listed, Unknown> {
    let arn = arn(LIST_LABELING_JOBS.action, summary.labeling_job_arn.as_deref())?;
    let time = summary.creation_time.and_then(|time| Some((time, time.fmt(Format::DateTime).ok()?)));
    let (created, text) =
        time.ok_or_else(|| malformed(LIST_LABELING_JOBS.action, arn.as_str(), "it does not say when it was made"))?;
    Ok(Listed {
        name: summary.labeling_job_name.unwrap_or_default(),
        created,
        job: LabelingJob {
            status: status(summary.labeling_job_status),
            created: text,
            failure: summary.failure_reason,
            request: Fact::Unknown(Unknown::not_asked(DESCRIBE_LABELING_JOB.action, arn.as_str())),
            arn,
        },
    })
}

/// What the job was asked for; nothing when it is gone by now.
async fn describe(aws: &Aws, region: &str, Listed { name, job, .. }: Listed) -> Option<LabelingJob> {
    let request = aws.sagemaker(region).describe_labeling_job().labeling_job_name(name).send();
    match aws.gate.ask(&DESCRIBE_LABELING_JOB, region, job.arn.as_str(), request).await {
        Ok(mut answer) => Some(LabelingJob {
            status: status(answer.labeling_job_status.take()),
            failure: answer.failure_reason.take(),
            request: Fact::Known(requested(answer)),
            ..job
        }),
        Err(gone) if gone.is("ResourceNotFound") => None,
        Err(refused) => Some(LabelingJob { request: Fact::Unknown(refused.into()), ..job }),
    }
}

/// The labeling jobs of this name or ARN, in the regions that may have one; each is described and nothing is listed.
///
/// # Errors
///
/// When a region does not say whether it has one.
pub async fn labeling_job(aws: &Aws, named: &str) -> Result<Vec<LabelingJob>, Unknown> {
    let of = |region: &str, name: &str| {
        Arn::of(aws.partition(), "sagemaker", region, &aws.account, &format!("labeling-job/{name}"))
    };
    let places: Vec<Arn> = match Arn::parse(named) {
        Ok(arn) if arn.account() != aws.account => vec![],
        Ok(arn) => vec![arn],
        Err(_) => regions::audited(aws, &mut vec![]).await.iter().map(|region| of(region, named)).collect(),
    };
    let answers = each(places, async |arn| {
        let region = arn.region();
        let request = aws.sagemaker(region).describe_labeling_job().labeling_job_name(arn.name()).send();
        match aws.gate.ask(&DESCRIBE_LABELING_JOB, region, arn.as_str(), request).await {
            Ok(mut answer) => Ok(Some(LabelingJob {
                status: status(answer.labeling_job_status.take()),
                created: answer.creation_time.and_then(|time| time.fmt(Format::DateTime).ok()).unwrap_or_default(),
                failure: answer.failure_reason.take(),
                request: Fact::Known(requested(answer)),
                arn,
            })),
            Err(none) if none.is("ResourceNotFound") => Ok(None),
            Err(refused) => Err(Unknown::from(refused)),
        }
    });
    let answers = answers.await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(answers.into_iter().flatten().collect())
}

fn status(status: Option<LabelingJobStatus>) -> String {
    status.map(|status| status.as_str().to_owned()).unwrap_or_default()
}

fn requested(job: DescribeLabelingJobOutput) -> LabelingJobRequest {
    let source = job.input_config.and_then(|input| input.data_source);
    let (s3, sns) = source.map_or((None, None), |source| (source.s3_data_source, source.sns_data_source));
    LabelingJobRequest {
        labeling_job_name: job.labeling_job_name,
        role_arn: job.role_arn,
        input_config: InputConfig {
            data_source: DataSource {
                s3_data_source: s3.map(|s3| S3DataSource { manifest_s3_uri: s3.manifest_s3_uri }),
                sns_data_source: sns.map(|sns| SnsDataSource { sns_topic_arn: sns.sns_topic_arn }),
            },
        },
        output_config: job.output_config.map_or_else(OutputConfig::default, |output| OutputConfig {
            s3_output_path: output.s3_output_path,
            kms_key_id: output.kms_key_id,
            sns_topic_arn: output.sns_topic_arn,
        }),
        label_category_config_s3_uri: job.label_category_config_s3_uri,
        labeling_job_algorithms_config: job.labeling_job_algorithms_config.map(algorithms),
        human_task_config: job.human_task_config.map(task).unwrap_or_default(),
    }
}

fn algorithms(config: Algorithms) -> AlgorithmsConfig {
    AlgorithmsConfig {
        labeling_job_algorithm_specification_arn: config.labeling_job_algorithm_specification_arn,
        initial_active_learning_model_arn: config.initial_active_learning_model_arn,
        labeling_job_resource_config: config
            .labeling_job_resource_config
            .map(|machines| ResourceConfig { volume_kms_key_id: machines.volume_kms_key_id }),
    }
}

fn task(config: Task) -> HumanTaskConfig {
    HumanTaskConfig {
        workteam_arn: config.workteam_arn,
        ui_config: config.ui_config.map_or_else(UiConfig::default, |ui| UiConfig {
            ui_template_s3_uri: ui.ui_template_s3_uri,
            human_task_ui_arn: ui.human_task_ui_arn,
        }),
        pre_human_task_lambda_arn: config.pre_human_task_lambda_arn,
        annotation_consolidation_config: config.annotation_consolidation_config.map(|config| {
            AnnotationConsolidationConfig {
                annotation_consolidation_lambda_arn: config.annotation_consolidation_lambda_arn,
            }
        }),
    }
}

/// Some jobs are left out, and the reader must not take what is there for all.
fn too_many(all: &str, listed: usize, most: usize) -> Unknown {
    Unknown::refused(
        DESCRIBE_LABELING_JOB.action,
        all,
        "TooMany",
        format!("of {listed} jobs the newest {most} were read: `--max-jobs {listed}` reads all"),
    )
}
