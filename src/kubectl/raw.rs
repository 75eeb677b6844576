//! `--raw`: one request to a path of the API server, whose answer is printed as it comes.

use serde_json::{Map, Value, json};

use crate::api::{Definition, Kind};
use crate::apiserver::{DeleteOptions, FieldValidation, Key, Selectors, Status, WriteOptions};
use crate::client::Client;

use super::answer::add_managers;
use super::command::Call;
use super::discovery;
use super::failure::Failure;
use super::field;
use super::flags::DryRun;
use super::output::json;
use super::selection::filenames;

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Reads.
    Get,
    /// Creates what the body holds.
    Post,
    /// Replaces an object by what the body holds.
    Put,
    /// Deletes an object.
    Delete,
}

/// Which objects a path means.
struct Place {
    kind: Kind,
    namespace: Option<String>,
    name: Option<String>,
    subresource: Option<String>,
}

/// Sends the request of `--raw` and prints the answer. Models k8s.io/kubectl/pkg/rawhttp raw, and what the commands hold
/// against it before.
///
/// # Errors
/// When other flags do not go with it, when the file cannot be read, and what the API server says.
pub(super) fn run(call: &mut Call<'_, '_>, method: Method) -> Result<(), Failure> {
    let target = call.flags.text("raw").unwrap_or_default().to_owned();
    check(call, method, &target)?;
    let files = if method == Method::Get { Vec::new() } else { filenames(call) };
    let body = match files.first().map(String::as_str) {
        None => String::new(),
        Some("-") => call.io.read_all().unwrap_or_default(),
        Some(path) => {
            let text = call.world.files.read(path).map(str::to_owned);
            text.ok_or_else(|| Failure::Plain(format!("open {path}: no such file or directory")))?
        }
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    let answer = match method {
        Method::Get => get(call, &words, query)?,
        Method::Post => post(call, &words, &body)?,
        Method::Put => put(call, &words, &body)?,
        Method::Delete => delete(call, &words)?,
    };
    call.io.out(answer);
    Ok(())
}

fn check(call: &Call<'_, '_>, method: Method, target: &str) -> Result<(), Failure> {
    if method == Method::Get {
        let selects = call.flags.switch("watch")
            || call.flags.switch("watch-only")
            || call.flags.text("selector").is_some_and(|text| !text.is_empty());
        if !call.args().is_empty() {
            return Err(Failure::new("arguments may not be passed when --raw is specified"));
        }
        if selects {
            let why = "--raw may not be specified with other flags that filter the server request or alter the output";
            return Err(Failure::new(why));
        }
    } else {
        let files = filenames(call);
        if files.len() > 1 || (method != Method::Delete && files.len() != 1) {
            return Err(Failure::new("--raw can only use a single local file or stdin"));
        }
        if files.iter().any(|file| file.starts_with("http://") || file.starts_with("https://")) {
            return Err(Failure::new("--raw cannot read from a url"));
        }
        if call.flags.switch("recursive") {
            return Err(Failure::new("--raw and --recursive are mutually exclusive"));
        }
        if method == Method::Post && call.flags.text("selector").is_some_and(|text| !text.is_empty()) {
            return Err(Failure::new("--raw and --selector (-l) are mutually exclusive"));
        }
    }
    if call.flags.text("output").is_some_and(|format| !format.is_empty()) {
        return Err(Failure::new("--raw and --output are mutually exclusive"));
    }
    let is_path = target.starts_with('/') || target.contains("://");
    if is_path {
        return Ok(());
    }
    let why = if target.is_empty() { "empty url" } else { "invalid URI for request" };
    Err(Failure::Plain(format!("--raw must be a valid URL path: parse {target:?}: {why}")))
}

fn get(call: &Call<'_, '_>, words: &[&str], query: &str) -> Result<String, Failure> {
    let client = call.world.client();
    if let Some(text) = discovery::answer(client, words, query) {
        return Ok(text);
    }
    let place = place(client, words)?;
    match (&place.name, place.subresource.as_deref()) {
        (Some(name), None | Some("status")) => {
            let key = Key::new(place.namespace.as_deref().unwrap_or_default(), name.as_str());
            let mut value = client.get(place.kind, &key)?.to_value();
            add_managers(client, place.kind, &mut value);
            Ok(line(place.kind, &value))
        }
        (Some(_), Some(other)) => {
            Err(Failure::Plain(format!("the lab's API server has no subresource {other} that a raw path reaches")))
        }
        (None, _) => list(client, &place, query),
    }
}

/// The objects of a path. Models apiserver/pkg/endpoints/handlers ListResource.
fn list(client: &dyn Client, place: &Place, query: &str) -> Result<String, Failure> {
    let parameter = |name: &str| {
        let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        found.map_or_else(String::new, |(_, value)| decoded(value))
    };
    let selectors = Selectors::parse(place.kind, &parameter("labelSelector"), &parameter("fieldSelector"));
    let selectors = selectors.map_err(|why| Failure::from(Status::bad_request(why)))?;
    let objects = client.select(place.kind, place.namespace.as_deref(), &selectors);
    let newest = objects.iter().map(|object| object.metadata().resource_version).max().unwrap_or_default();
    let items = objects.iter().map(|object| {
        let mut value = object.to_value();
        add_managers(client, place.kind, &mut value);
        if let (false, Some(fields)) = (place.kind.is_custom(), value.as_object_mut()) {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        compact(place.kind, &value)
    });
    let items = items.collect::<Vec<_>>().join(",");
    let (kind, version) = (list_kind(client, place.kind), place.kind.api_version());
    let metadata = format!(r#"{{"resourceVersion":"{newest}"}}"#);
    Ok(if place.kind.is_custom() {
        let metadata = format!(r#"{{"continue":"","resourceVersion":"{newest}"}}"#);
        format!("{{\"apiVersion\":\"{version}\",\"items\":[{items}],\"kind\":\"{kind}\",\"metadata\":{metadata}}}\n")
    } else {
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata},\"items\":[{items}]}}\n")
    })
}

fn list_kind(client: &dyn Client, kind: Kind) -> String {
    let named = |known: Definition| (known.kind == kind).then_some(known.list_kind);
    client.definitions().into_iter().find_map(named).unwrap_or_else(|| format!("{}List", kind.as_str()))
}

fn post(call: &mut Call<'_, '_>, words: &[&str], body: &str) -> Result<String, Failure> {
    let place = place(call.world.client(), words)?;
    match (&place.name, place.subresource.as_deref()) {
        (Some(name), Some("eviction")) if place.kind == Kind::Pod => {
            let key = Key::new(place.namespace.as_deref().unwrap_or_default(), name.as_str());
            call.world.client_mut().evict(&key, &DeleteOptions::default(), false)?;
            // In the order of the fields of Go's struct.
            Ok("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"code\":201}\n"
                .to_owned())
        }
        (None, _) => {
            let value = read(place.kind, body)?;
            let options = options(call);
            let namespace = place.namespace.unwrap_or_default();
            let made = call.world.client_mut().create(place.kind, &namespace, value, options);
            written(call, place.kind, made)
        }
        _ => Err(Status::method_not_allowed().into()),
    }
}

fn put(call: &mut Call<'_, '_>, words: &[&str], body: &str) -> Result<String, Failure> {
    let place = place(call.world.client(), words)?;
    let (Some(name), None) = (&place.name, &place.subresource) else { return Err(Status::method_not_allowed().into()) };
    let mut value = read(place.kind, body)?;
    let given = field::text(&value, "/metadata/name");
    if given != name {
        let why = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(Status::bad_request(why).into());
    }
    if let (Some(namespace), "") = (&place.namespace, field::text(&value, "/metadata/namespace")) {
        field::set(&mut value, &["metadata", "namespace"], json!(namespace));
    }
    let options = options(call);
    let replaced = call.world.client_mut().replace(place.kind, value, options);
    written(call, place.kind, replaced)
}

fn delete(call: &mut Call<'_, '_>, words: &[&str]) -> Result<String, Failure> {
    let place = place(call.world.client(), words)?;
    let (Some(name), None) = (&place.name, &place.subresource) else {
        return Err(Failure::new("a raw path deletes one object here; kubectl delete --all deletes several"));
    };
    let key = Key::new(place.namespace.as_deref().unwrap_or_default(), name.as_str());
    let deleted = call.world.client_mut().delete(place.kind, &key, &DeleteOptions::default())?;
    // What is still there is answered as it is, and of what has gone the name.
    if !deleted.gone || place.kind == Kind::Pod {
        return Ok(line(place.kind, &deleted.object.to_value()));
    }
    let mut details = format!("\"name\":{:?}", name);
    if !place.kind.group().is_empty() {
        details.push_str(&format!(",\"group\":{:?}", place.kind.group()));
    }
    let (plural, uid) = (place.kind.plural(), &deleted.object.metadata().uid);
    Ok(format!(
        "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Success\",\"details\":{{{details},\
         \"kind\":{plural:?},\"uid\":{uid:?}}}}}\n"
    ))
}

/// A request that names no validation is warned of unknown fields.
fn options(call: &Call<'_, '_>) -> WriteOptions {
    let manager = call.write_options(DryRun::None).field_manager;
    WriteOptions { field_validation: FieldValidation::Warn, field_manager: manager, ..WriteOptions::default() }
}

fn written(
    call: &mut Call<'_, '_>,
    kind: Kind,
    result: Result<crate::apiserver::Applied, Status>,
) -> Result<String, Failure> {
    let mut value = call.written(result)?.to_value();
    add_managers(call.world.client(), kind, &mut value);
    Ok(line(kind, &value))
}

/// The body as the API server reads it: JSON alone. Models apiserver/pkg/endpoints/handlers/rest.go transformDecodeError.
fn read(kind: Kind, body: &str) -> Result<Value, Failure> {
    let why = match serde_json::from_str::<Value>(body) {
        Ok(value) if value.is_object() => return Ok(value),
        Ok(_) => "json: cannot unmarshal into Go value".to_owned(),
        Err(_) => match body.trim_start().chars().next() {
            None => "unexpected end of JSON input".to_owned(),
            Some('{') => "unexpected end of JSON input".to_owned(),
            Some(first) => format!("invalid character '{first}' looking for beginning of value"),
        },
    };
    let summary = match body.as_bytes() {
        [] => "<empty>".to_owned(),
        [b'{', ..] => body.chars().take(30).collect(),
        bytes => {
            let shown: String = bytes.iter().take(30).map(|byte| format!("{byte:02x}")).collect();
            if bytes.len() > 30 { format!("{shown} ...") } else { shown }
        }
    };
    Err(Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: {why} \
         ({summary})",
        kind.as_str()
    ))
    .into())
}

/// What the words of a path mean.
fn place(client: &dyn Client, words: &[&str]) -> Result<Place, Failure> {
    let (version, rest) = match words {
        ["api", version, rest @ ..] => ((*version).to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return Err(Status::no_such_path().into()),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, plural, rest @ ..] if *plural != "status" && *plural != "finalize" => {
            (Some((*namespace).to_owned()), (*plural, rest))
        }
        [plural, rest @ ..] => (None, (*plural, rest)),
        [] => return Err(Status::no_such_path().into()),
    };
    let (plural, rest) = rest;
    let kind = discovery::kinds_of(client, &version).into_iter().find(|kind| kind.plural() == plural);
    let kind = kind.ok_or_else(Status::no_such_path)?;
    let fits = if kind.is_cluster_scoped() { namespace.is_none() } else { namespace.is_some() || rest.is_empty() };
    if !fits || rest.len() > 2 {
        return Err(Status::no_such_path().into());
    }
    let word = |at: usize| rest.get(at).map(|word| (*word).to_owned());
    Ok(Place { kind, namespace, name: word(0), subresource: word(1) })
}

fn compact(kind: Kind, value: &Value) -> String {
    if kind.is_custom() { json::compact(value) } else { json::compact_typed(kind, value) }
}

fn line(kind: Kind, value: &Value) -> String {
    if kind.is_custom() {
        return compact(kind, value) + "\n";
    }
    // The kind and its version stand before all else.
    let mut rest = value.as_object().cloned().unwrap_or_else(Map::new);
    let head = format!("\"kind\":{:?},\"apiVersion\":{:?}", kind.as_str(), kind.api_version());
    rest.remove("kind");
    rest.remove("apiVersion");
    let text = compact(kind, &Value::Object(rest));
    let body = text.trim_start_matches('{');
    if body == "}" { format!("{{{head}}}\n") } else { format!("{{{head},{body}\n") }
}

/// `%2C` as a comma, and a plus as a blank.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let code = code.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
