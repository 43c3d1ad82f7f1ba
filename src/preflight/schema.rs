//! A request held against the API's shapes: every mistake at once, each with its path.
//!
//! Knows a JSON value and the shapes ([`crate::knowledge::request`]); nothing of accounts, nor of what fields have to do
//! with each other ([`super::across`]).

use serde_json::{Map, Value};

use crate::knowledge::request::{Member, Pattern, REQUEST, RESPONSE, Shape, shape};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What `CreateLabelingJob` is asked.
    Request,
    /// What `DescribeLabelingJob` answers. AWS wrote it, so it may have what a newer API knows, and empty texts and nulls
    /// for what is not there.
    Response,
}

/// Something wrong in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Where, as in `HumanTaskConfig.TaskKeywords[1]`; what is missing has the path that it should have.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

/// Every mistake of a request, in the API's order.
#[must_use]
pub fn slips(request: &Value, form: Form) -> Vec<Slip> {
    read(request, form).1
}

/// What of a request has the right types, and every mistake in it. What is left out is among the mistakes, but for what
/// stands for nothing in a response.
pub(super) fn read(request: &Value, form: Form) -> (Value, Vec<Slip>) {
    let mut reading = Reading { form, slips: vec![] };
    let name = match form {
        Form::Request => REQUEST,
        Form::Response => RESPONSE,
    };
    let sound = reading.value("", request, name).unwrap_or_else(|| Value::Object(Map::new()));
    (sound, reading.slips)
}

struct Reading {
    form: Form,
    slips: Vec<Slip>,
}

impl Reading {
    fn slip(&mut self, path: &str, message: String) {
        self.slips.push(Slip { path: path.to_owned(), message });
    }

    /// What of a value has the right types, if the value itself has.
    fn value(&mut self, path: &str, value: &Value, name: &str) -> Option<Value> {
        let (found, expected) = match (shape(name)?, value) {
            (Shape::Structure { members }, Value::Object(object)) => {
                return Some(self.structure(path, object, members));
            }
            (Shape::List { min, max, member }, Value::Array(list)) => {
                self.size(path, list.len(), "element", *min, Some(*max));
                let each = list.iter().enumerate();
                let sound = each.filter_map(|(at, value)| self.value(&format!("{path}[{at}]"), value, member));
                return Some(Value::Array(sound.collect()));
            }
            (Shape::String { min, max, pattern, values }, Value::String(text)) => {
                if !(text.is_empty() && self.form == Form::Response) {
                    let fits = self.size(path, text.chars().count(), "character", *min, *max);
                    self.pattern(path, text, pattern.as_ref().filter(|pattern| fits || !pattern.counts()));
                    self.one_of(path, text, values);
                }
                return Some(value.clone());
            }
            (Shape::Integer { min, max }, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                self.range(path, number, *min, *max);
                return Some(value.clone());
            }
            (Shape::Timestamp, Value::Number(_) | Value::String(_)) => return Some(value.clone()),
            (Shape::Structure { .. }, _) => (kind(value), "an object"),
            (Shape::List { .. }, _) => (kind(value), "a list"),
            (Shape::String { .. }, _) => (kind(value), "a text"),
            (Shape::Integer { .. }, Value::Number(_)) => ("a number with a fraction", "a whole number"),
            (Shape::Integer { .. }, _) => (kind(value), "a whole number"),
            (Shape::Timestamp, _) => (kind(value), "a time"),
        };
        self.slip(path, format!("this is {found}, and {expected} is asked for"));
        None
    }

    fn structure(&mut self, path: &str, object: &Map<String, Value>, members: &[Member]) -> Value {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let mut sound = Map::new();
        for member in members {
            let there = object.get(&member.name).filter(|value| !(value.is_null() && self.form == Form::Response));
            let path = below(&member.name);
            match there {
                Some(value) => {
                    sound.extend(self.value(&path, value, &member.shape).map(|value| (member.name.clone(), value)));
                }
                // What only an answer has says nothing of the job: people leave it out.
                None if member.required && !self.is_of_answers_alone(&path) => {
                    self.slip(&path, format!("`{}` is missing, and required", member.name));
                }
                None => {}
            }
        }
        let known = |name: &str| members.iter().any(|member| member.name == name);
        if self.form == Form::Request {
            for name in object.keys().filter(|name| !known(name)) {
                let meant = near(name, members.iter().map(|member| member.name.as_str()));
                let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                self.slip(&below(name), format!("there is no field `{}` here{meant}", shown(name)));
            }
        }
        Value::Object(sound)
    }

    fn is_of_answers_alone(&self, path: &str) -> bool {
        let asked = match shape(REQUEST) {
            Some(Shape::Structure { members }) => members.as_slice(),
            _ => &[],
        };
        let name = path.split(['.', '[']).next().unwrap_or_default();
        self.form == Form::Response && !asked.iter().any(|member| member.name == name)
    }

    /// Is it neither too long nor too short?
    fn size(&mut self, path: &str, size: usize, unit: &str, min: u64, max: Option<u64>) -> bool {
        let size = size as u64;
        let count = |size: u64| format!("{size} {unit}{}", if size == 1 { "" } else { "s" });
        let message = match max {
            Some(max) if size > max => format!("this has {}, and {max} are the most", count(size)),
            _ if size < min && size == 0 => format!("this is empty, and {} the least", are(&count(min), min)),
            _ if size < min => format!("this has {}, and {} the least", count(size), are(&min.to_string(), min)),
            _ => return true,
        };
        self.slip(path, message);
        false
    }

    fn pattern(&mut self, path: &str, text: &str, pattern: Option<&Pattern>) {
        if let Some(pattern) = pattern.filter(|pattern| !pattern.matches(text)) {
            self.slip(path, format!("`{}` does not match `{}`", shown(text), pattern.as_str()));
        }
    }

    fn one_of(&mut self, path: &str, text: &str, values: &[String]) {
        // What AWS answers may be newer than what is known of it.
        if values.is_empty() || values.iter().any(|value| value == text) || self.form == Form::Response {
            return;
        }
        let hint = match near(text, values.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are {}", values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ")),
        };
        self.slip(path, format!("there is no value `{}` here; {hint}", shown(text)));
    }

    fn range(&mut self, path: &str, number: &serde_json::Number, min: Option<i64>, max: Option<i64>) {
        // What does not fit into 64 bits with a sign is above every limit.
        let value = number.as_i64().unwrap_or(i64::MAX);
        match (min, max) {
            (Some(min), _) if value < min => self.slip(path, format!("{number} is below {min}, the least")),
            (_, Some(max)) if value > max => self.slip(path, format!("{number} is above {max}, the most")),
            _ => {}
        }
    }
}

fn are(what: &str, count: u64) -> String {
    format!("{what} {}", if count == 1 { "is" } else { "are" })
}

/// What a JSON value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The beginning of a text that may be long.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What was probably meant: the same but for case and separators, or one slip away for every three characters.
fn near<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |word: &str| word.to_lowercase().replace(['_', '-', ' '], "");
    let meant = plain(word);
    // A much longer word is near to none, and comparing costs the product of the lengths.
    let known = known.filter(|known| meant.len() < 2 * known.len());
    let (slips, near) = known.map(|known| (strsim::osa_distance(&meant, &plain(known)), known)).min()?;
    (slips <= near.len() / 3).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A request that is good, with this put at a pointer; nothing takes away what is there.
    fn request(pointer: &str, value: Option<Value>) -> Value {
        let mut request = json!({
            "LabelingJobName": "signs", "LabelAttributeName": "sign",
            "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://signs-raw/m.jsonl"}}},
            "OutputConfig": {"S3OutputPath": "s3://signs-labels/", "KmsKeyId": ""},
            "RoleArn": "arn:aws:iam::111122223333:role/GtExecution",
            "HumanTaskConfig": {
                "WorkteamArn": "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/team",
                "UiConfig": {"UiTemplateS3Uri": "s3://signs-raw/t.liquid"},
                "TaskTitle": "Signs", "TaskDescription": "Find the signs", "TaskKeywords": ["signs"],
                "NumberOfHumanWorkersPerDataObject": 1, "TaskTimeLimitInSeconds": 300}});
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = request.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.shift_remove(name),
        };
        request
    }

    #[test]
    fn a_good_request_has_no_slip() {
        assert_eq!(slips(&request("/Tags", Some(json!([]))), Form::Request), []);
    }

    #[test]
    fn each_mistake_is_said_in_its_words() {
        let workers = "/HumanTaskConfig/NumberOfHumanWorkersPerDataObject";
        for (pointer, value, path, message) in [
            ("/RoleArn", None, "RoleArn", "`RoleArn` is missing, and required"),
            ("/RoleArn", Some(json!(null)), "RoleArn", "this is null, and a text is asked for"),
            ("/InputConfig", Some(json!("x")), "InputConfig", "this is a text, and an object is asked for"),
            ("/InputConfig", Some(json!({})), "InputConfig.DataSource", "`DataSource` is missing, and required"),
            (workers, Some(json!("3")), "HumanTaskConfig.*", "this is a text, and a whole number is asked for"),
            (
                workers,
                Some(json!(3.0)),
                "HumanTaskConfig.*",
                "this is a number with a fraction, and a whole number is asked for",
            ),
            (workers, Some(json!(0)), "HumanTaskConfig.*", "0 is below 1, the least"),
            (workers, Some(json!(u64::MAX)), "HumanTaskConfig.*", "18446744073709551615 is above 9, the most"),
            (
                "/HumanTaskConfig/TaskTitle",
                Some(json!("é".repeat(129))),
                "HumanTaskConfig.*",
                "this has 129 characters, and 128 are the most",
            ),
            (
                "/HumanTaskConfig/TaskTitle",
                Some(json!("")),
                "HumanTaskConfig.*",
                "this is empty, and 1 character is the least",
            ),
            (
                "/HumanTaskConfig/TaskKeywords",
                Some(json!(["a", "b-c"])),
                "HumanTaskConfig.TaskKeywords[1]",
                "`b-c` does not match `[A-Za-z0-9]+( [A-Za-z0-9]+)*`",
            ),
            (
                "/HumanTaskConfig/TaskKeywords",
                Some(json!(["a", "b", "c", "d", "e", "f"])),
                "HumanTaskConfig.TaskKeywords",
                "this has 6 elements, and 5 are the most",
            ),
            (
                "/HumanTaskConfig/TaskKeywords",
                Some(json!([])),
                "HumanTaskConfig.TaskKeywords",
                "this is empty, and 1 element is the least",
            ),
            (
                "/LabelingJobName",
                Some(json!("a".repeat(64))),
                "LabelingJobName",
                "this has 64 characters, and 63 are the most",
            ),
            (
                "/InputConfig/DataAttributes",
                Some(json!({"ContentClassifiers": ["FreeofAdultContent"]})),
                "InputConfig.DataAttributes.ContentClassifiers[0]",
                "there is no value `FreeofAdultContent` here; did you mean `FreeOfAdultContent`?",
            ),
            (
                "/InputConfig/DataAttributes",
                Some(json!({"ContentClassifiers": ["x"]})),
                "InputConfig.DataAttributes.ContentClassifiers[0]",
                "there is no value `x` here; there are `FreeOfPersonallyIdentifiableInformation`, `FreeOfAdultContent`",
            ),
            ("/tags", Some(json!([])), "tags", "there is no field `tags` here; did you mean `Tags`?"),
            (
                "/label_category_config_s3_uri",
                Some(json!("")),
                "label_category_config_s3_uri",
                "there is no field `label_category_config_s3_uri` here; did you mean `LabelCategoryConfigS3Uri`?",
            ),
            (
                "/HumanTaskConfig/TaskTimeLimitSeconds",
                Some(json!(1)),
                "HumanTaskConfig.TaskTimeLimitSeconds",
                "there is no field `TaskTimeLimitSeconds` here; did you mean `TaskTimeLimitInSeconds`?",
            ),
            ("/Comment", Some(json!(1)), "Comment", "there is no field `Comment` here"),
        ] {
            let path = path.replace('*', pointer.rsplit_once('/').unwrap().1);
            let slip = Slip { path, message: message.to_owned() };
            assert_eq!(slips(&request(pointer, value), Form::Request), [slip]);
        }
    }

    #[test]
    fn a_response_may_have_what_a_request_may_not() {
        let mut response = request("/LabelingJobStatus", Some(json!("Paused")));
        for (name, value) in [
            ("LabelingJobArn", json!("arn:aws:sagemaker:us-east-1:111122223333:labeling-job/signs")),
            ("LabelCounters", json!({"TotalLabeled": 0, "Hovering": 1})),
            ("CreationTime", json!(1_700_000_000.25)),
            ("LastModifiedTime", json!("2026-11-22T00:00:00Z")),
            ("JobReferenceCode", json!("x")),
            ("LabelCategoryConfigS3Uri", json!("")),
            ("StoppingConditions", json!(null)),
            ("ResponseMetadata", json!({})),
        ] {
            response[name] = value;
        }
        assert_eq!(slips(&response, Form::Response), []);
        response["RoleArn"] = json!(7);
        response.as_object_mut().unwrap().shift_remove("LabelCounters");
        let paths: Vec<String> = slips(&response, Form::Response).into_iter().map(|slip| slip.path).collect();
        assert_eq!(paths, ["RoleArn"]);
    }

    #[test]
    fn what_has_the_right_types_is_kept() {
        let (sound, slips) = read(&request("/RoleArn", Some(json!({}))), Form::Request);
        assert_eq!(slips.len(), 1);
        assert_eq!(sound, request("/RoleArn", None));
        assert_eq!(read(&json!([]), Form::Request).0, json!({}));
    }
}
