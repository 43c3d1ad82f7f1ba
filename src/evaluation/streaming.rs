//! What a streaming job needs of its topics and its queue.

use super::evaluator::Evaluator;
use super::job_check::{JobCheck, Topic};
use super::outcome::Evaluation;
use crate::labeling::ExecutionRole;
use crate::labeling::needs::{self, INPUT_TOPIC, Need, QUEUE_ACTIONS, What};
use crate::labeling::uses::Job;

impl<'a> Evaluator<'a> {
    /// What a streaming job needs beside what its fields say: to leave the topic, and its own queue.
    pub(super) fn queue(&self, role: &ExecutionRole<'a>, job: &Job<'a>) -> Vec<JobCheck> {
        let topics = job.needs.iter().filter_map(|need| match &need.what {
            What::Subscribe(topic) => Some(topic),
            _ => None,
        });
        let mut evaluations: Vec<Evaluation> =
            topics.map(|topic| self.about(role, "sns:Unsubscribe", topic, vec![])).collect();
        if evaluations.is_empty() {
            return vec![];
        }
        if let Some(queue) = needs::queue(&job.job.arn) {
            evaluations.extend(QUEUE_ACTIONS.iter().map(|action| self.about(role, action, &queue, vec![])));
        }
        let check = |mut evaluation: Evaluation| {
            evaluation.requirement.field = INPUT_TOPIC;
            JobCheck::new(Topic::Streaming, evaluation, "")
        };
        evaluations.into_iter().map(check).collect()
    }

    /// All that a streaming job needs of its topics and its queue; nothing of other jobs.
    #[must_use]
    pub fn streaming(&self, role: &ExecutionRole<'a>, job: &Job<'a>) -> Vec<Evaluation> {
        let queue = self.queue(role, job);
        if queue.is_empty() {
            return vec![];
        }
        let of_topics = |need: &&Need<'_>| matches!(need.what, What::Subscribe(_) | What::Publish(_));
        let topics = job.needs.iter().filter(of_topics).flat_map(|need| self.permissions(role, job, need));
        topics.chain(queue).map(|check| check.evaluation).collect()
    }
}
