//! What an object becomes on its way into the API server's internal types and back: old names are filled in beside the
//! new ones, and what is only a way of writing something else is gone.
//!
//! Models pkg/apis/core/v1/conversion.go. It matters to the template's hash, which is taken of what the API answers.

use serde_json::{Map, Value};

use super::Kind;

/// Annotations that init containers were written in before they had fields.
const INIT_CONTAINER_ANNOTATIONS: [&str; 4] = [
    "pod.beta.kubernetes.io/init-containers",
    "pod.alpha.kubernetes.io/init-containers",
    "pod.beta.kubernetes.io/init-container-statuses",
    "pod.alpha.kubernetes.io/init-container-statuses",
];

/// Converts an object that has its defaults there and back.
pub fn round_trip(kind: Kind, object: &mut Value) {
    let template = match kind {
        Kind::Pod => "",
        Kind::Deployment
        | Kind::ReplicaSet
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::ReplicationController
        | Kind::Job => "/spec/template",
        Kind::CronJob => "/spec/jobTemplate/spec/template",
        Kind::Secret => return convert_secret(object),
        _ => return,
    };
    let Some(template) = object.pointer_mut(template) else { return };
    if let Some(annotations) = template.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.retain(|key, _| !INIT_CONTAINER_ANNOTATIONS.contains(&key.as_str()));
    }
    let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) else { return };
    convert_service_account(spec);
    if kind == Kind::Pod && spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|s| s < 0) {
        spec.insert("terminationGracePeriodSeconds".to_owned(), 1.into());
    }
}

/// The service account has two names in a pod's spec; where both are given, the newer one counts.
fn convert_service_account(spec: &mut Map<String, Value>) {
    let given = |name: &str| spec.get(name).filter(|account| account.as_str().is_some_and(|text| !text.is_empty()));
    if let Some(account) = given("serviceAccountName").or_else(|| given("serviceAccount")).cloned() {
        spec.insert("serviceAccountName".to_owned(), account.clone());
        spec.insert("serviceAccount".to_owned(), account);
    }
}

/// Plain texts become data.
fn convert_secret(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    let Some(Value::Object(texts)) = fields.remove("stringData") else { return };
    let data = fields.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    if let Some(data) = data.as_object_mut() {
        data.extend(texts.into_iter().map(|(key, text)| (key, base64(text.as_str().unwrap_or_default()).into())));
    }
}

/// Models base64.StdEncoding.EncodeToString.
pub fn base64(text: &str) -> String {
    base64_of(text.as_bytes())
}

/// As [`base64`], of bytes.
pub fn base64_of(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = LETTERS.get(bits >> (18 - 6 * at) & 63).copied().unwrap_or(b'=');
            encoded.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    encoded
}

/// The bytes behind base64, as text; what is no UTF-8 is replaced. Blanks and line ends are skipped.
pub fn from_base64(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        for text in ["", "a", "ab", "abc", "hunter2\n", "é{}~?"] {
            assert_eq!(from_base64(&base64(text)), text);
        }
    }

    #[test]
    fn the_service_account_has_both_names() {
        let mut deployment = json!({"spec": {"template": {"spec": {"serviceAccount": "old", "containers": []}}}});
        round_trip(Kind::Deployment, &mut deployment);
        let spec = json!({"serviceAccount": "old", "serviceAccountName": "old", "containers": []});
        assert_eq!(deployment["spec"]["template"]["spec"], spec);
        let mut pod = json!({"spec": {"serviceAccount": "old", "serviceAccountName": "new"}});
        round_trip(Kind::Pod, &mut pod);
        assert_eq!(pod, json!({"spec": {"serviceAccount": "new", "serviceAccountName": "new"}}));
    }

    #[test]
    fn texts_of_a_secret_become_data() {
        let mut secret = json!({"data": {"a": "eA=="}, "stringData": {"b": "hunter2", "c": "", "d": "ab", "e": "abc"}});
        round_trip(Kind::Secret, &mut secret);
        let data = json!({"a": "eA==", "b": "aHVudGVyMg==", "c": "", "d": "YWI=", "e": "YWJj"});
        assert_eq!(secret, json!({"data": data}));
    }

    #[test]
    fn a_negative_grace_period_of_a_pod_is_one_second() {
        let mut pod = json!({"spec": {"terminationGracePeriodSeconds": -5}});
        round_trip(Kind::Pod, &mut pod);
        assert_eq!(pod["spec"]["terminationGracePeriodSeconds"], 1);
    }
}
