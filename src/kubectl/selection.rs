//! Which objects a command line means: `pods web`, `deploy/web rs/web-1`, `-l app=web`, `-f file`.

use serde_json::Value;

use crate::api::{Kind, KubernetesVersion, Object};
use crate::apiserver::{Key, Selectors};
use crate::client::Client;

use super::command::Call;
use super::failure::Failure;
use super::field;
use super::flags::DryRun;
use super::manifest_file;
use super::resource_type::{also_meant, parse_type, parse_types, without_categories};

/// What the builder may do. Models k8s.io/cli-runtime/pkg/resource Builder's options.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    /// A type without names means all of its objects.
    pub types_alone: bool,
    /// The objects of files are not looked up.
    pub files_as_they_are: bool,
}

/// One object that is meant.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Kind.
    pub kind: Kind,
    /// Namespace and name.
    pub key: Key,
    /// The object; absent when only the file was read.
    pub object: Option<Object>,
    /// What the file says, when only that was read.
    pub manifest: Option<Value>,
    /// The file.
    pub source: Option<String>,
}

/// All objects that are meant, and what went wrong for others.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    /// Found.
    pub items: Vec<Item>,
    /// Not found.
    pub failures: Vec<Failure>,
    /// Whether the line can only mean one object, so that it is printed without a list around it.
    pub single: bool,
}

impl Item {
    /// An item that has been looked up.
    pub fn of(object: Object) -> Self {
        let key = Key::of(object.metadata());
        Self { kind: object.kind(), key, object: Some(object), manifest: None, source: None }
    }

    /// The object, or what the file says.
    pub fn value(&self) -> Option<Value> {
        self.object.as_ref().map(Object::to_value).or_else(|| self.manifest.clone())
    }
}

/// Files in `-f`, or the folder in `-k`. [`manifest_file::read`] knows which.
pub(super) fn filenames(call: &Call<'_, '_>) -> Vec<String> {
    let folder = call.flags.text("kustomize").filter(|folder| !folder.is_empty());
    let files = call.flags.texts("filename");
    folder.map_or_else(|| files.to_vec(), |folder| vec![folder.to_owned()])
}

/// Finds what the line's arguments, selectors and files mean. Models k8s.io/cli-runtime/pkg/resource Builder.Do.
///
/// # Errors
/// When the arguments do not fit together; objects that are not there are among [`Selection::failures`].
pub(super) fn select(call: &mut Call<'_, '_>, args: &[String], rules: Rules) -> Result<Selection, Failure> {
    let files = filenames(call);
    let is_local = call.flags.switch("local");
    if is_local && call.flags.dry_run()? == DryRun::Server {
        return Err(Failure::new("cannot specify --local and --dry-run=server - did you mean --dry-run=client?"));
    }
    if is_local && (files.is_empty() || !args.is_empty()) {
        return Err(Failure::new(
            "error: you must specify resources by --filename when --local is set.\nExample resource specifications \
             include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'",
        ));
    }
    let rules = Rules { files_as_they_are: rules.files_as_they_are || is_local, ..rules };
    if !files.is_empty() {
        if !args.is_empty() {
            return Err(Failure::new(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
            ));
        }
        return from_files(call, &files, rules);
    }
    let crossed = several_types(call.world.client(), args);
    let args = crossed.as_deref().unwrap_or(args);
    if args.iter().any(|arg| arg.contains('/')) {
        return by_type_and_name(call, args);
    }
    let Some((types, names)) = args.split_first() else {
        return Err(nothing_given(call));
    };
    let kinds = parse_types(call.world.client(), types)?;
    for warning in also_meant(call.world.client(), types) {
        call.warn(&warning);
    }
    deprecation(call, &kinds);
    let labels = label_selector(call).map(str::to_owned);
    let fields = call.flags.text("field-selector").map(str::trim).filter(|text| !text.is_empty());
    let fields = fields.map(str::to_owned);
    let all = call.flags.switch("all");
    if names.is_empty() {
        if labels.is_none() && fields.is_none() && !all && !rules.types_alone {
            return Err(Failure::new("resource(s) were provided, but no name was specified"));
        }
        return list(call, &kinds, labels.as_deref(), fields.as_deref());
    }
    if labels.is_some_and(|labels| !labels.is_empty()) || fields.is_some_and(|fields| !fields.is_empty()) || all {
        return Err(Failure::new("name cannot be provided when a selector is specified"));
    }
    if call.flags.switch("all-namespaces") {
        return Err(Failure::new("a resource cannot be retrieved by name across all namespaces"));
    }
    let [kind] = kinds.as_slice() else {
        return Err(Failure::new("you must specify only one resource"));
    };
    let namespace = call.namespace();
    let mut selection = Selection { single: names.len() == 1, ..Selection::default() };
    for name in names {
        look_up(call, *kind, &namespace, name, &mut selection);
    }
    Ok(selection)
}

/// `-l`, where it selects objects: that of `expose` is the Service's own.
pub(super) fn label_selector<'c>(call: &'c Call<'_, '_>) -> Option<&'c str> {
    // Models cli-runtime's LabelSelectorParam: blanks are no selector.
    let text = call.flags.text("selector").map(str::trim).filter(|text| !text.is_empty());
    text.filter(|_| call.command.path != "expose")
}

/// `a,b c d` means `a/c a/d b/c b/d`. Models cli-runtime's normalizeMultipleResourcesArgs.
fn several_types(client: &dyn Client, args: &[String]) -> Option<Vec<String>> {
    let (types, names) = args.split_first()?;
    let types = without_categories(client, types);
    if types.len() < 2 || names.is_empty() || args.iter().any(|arg| arg.contains('/')) {
        return None;
    }
    let pairs = types.iter().flat_map(|one| names.iter().map(move |name| format!("{one}/{name}")));
    Some(pairs.collect())
}

/// Models resource.missingResourceError.
pub(super) fn nothing_given(call: &Call<'_, '_>) -> Failure {
    if label_selector(call).is_some() || call.flags.is_set("field-selector") || call.flags.switch("all") {
        return Failure::new("at least one resource must be specified to use a selector");
    }
    Failure::new(
        "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   \
         '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
    )
}

fn look_up(call: &Call<'_, '_>, kind: Kind, namespace: &str, name: &str, selection: &mut Selection) {
    let namespace = if kind.is_cluster_scoped() { "" } else { namespace };
    match call.world.client().get(kind, &Key::new(namespace, name)) {
        Ok(object) => selection.items.push(Item::of(object)),
        Err(status) => selection.failures.push(status.into()),
    }
}

fn by_type_and_name(call: &mut Call<'_, '_>, args: &[String]) -> Result<Selection, Failure> {
    if args.iter().any(|arg| !arg.contains('/')) {
        return Err(Failure::new(
            "there is no need to specify a resource type as a separate argument when passing arguments in \
             resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
             resource/<resource_name>'",
        ));
    }
    if label_selector(call).is_some_and(|labels| !labels.is_empty()) || call.flags.switch("all") {
        return Err(Failure::new("selectors and the all flag cannot be used when passing resource/name arguments"));
    }
    let mut selection = Selection { single: args.len() == 1, ..Selection::default() };
    let namespace = call.namespace();
    for arg in args {
        let (kind, name) = type_and_name(call.world.client(), arg)?;
        deprecation(call, &[kind]);
        look_up(call, kind, &namespace, name, &mut selection);
    }
    Ok(selection)
}

/// What the API server says about requests for a kind that is deprecated.
fn deprecation(call: &mut Call<'_, '_>, kinds: &[Kind]) {
    if kinds.contains(&Kind::Endpoints) && call.world.client().version() == KubernetesVersion::V1_36 {
        call.warn("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
    }
}

/// Reads `deploy/web`.
///
/// # Errors
/// When it is not of that form, or there is no such type.
pub(super) fn type_and_name<'a>(client: &dyn Client, arg: &'a str) -> Result<(Kind, &'a str), Failure> {
    let mut parts = arg.split('/');
    let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if parts.next().is_some() {
        return Err(Failure::new("arguments in resource/name form may not have more than one slash"));
    }
    if kind.is_empty() || name.is_empty() || kind.contains(',') {
        return Err(Failure::new("arguments in resource/name form must have a single resource and name"));
    }
    Ok((parse_type(client, kind)?, name))
}

fn list(call: &Call<'_, '_>, kinds: &[Kind], labels: Option<&str>, fields: Option<&str>) -> Result<Selection, Failure> {
    let namespace = (!call.flags.switch("all-namespaces")).then(|| call.namespace());
    let mut selection = Selection::default();
    for kind in kinds {
        let namespace = if kind.is_cluster_scoped() { None } else { namespace.as_deref() };
        match Selectors::parse(*kind, labels.unwrap_or_default(), fields.unwrap_or_default()) {
            Ok(selectors) => {
                let objects = call.world.client().select(*kind, namespace, &selectors);
                selection.items.extend(objects.into_iter().map(Item::of));
            }
            Err(why) => selection.failures.push(cannot_find(*kind, labels, fields, &why)),
        }
    }
    Ok(selection)
}

/// The server's complaint about a selector. Models cli-runtime's Selector.Visit.
pub(super) fn cannot_find(kind: Kind, labels: Option<&str>, fields: Option<&str>, why: &str) -> Failure {
    Failure::from(crate::apiserver::Status::bad_request(format!(
        "Unable to find {:?} that match label selector {:?}, field selector {:?}: {why}",
        format!("{}, Resource={}", group_version(kind), kind.plural()),
        labels.unwrap_or_default(),
        fields.unwrap_or_default(),
    )))
}

fn group_version(kind: Kind) -> String {
    if kind.group().is_empty() { format!("/{}", kind.api_version()) } else { kind.api_version().to_owned() }
}

fn from_files(call: &mut Call<'_, '_>, files: &[String], rules: Rules) -> Result<Selection, Failure> {
    let manifests = manifest_file::read(call, files)?;
    let mut selection = Selection { single: manifests.len() == 1, ..Selection::default() };
    for manifest in manifests {
        let manifest = match manifest {
            Ok(manifest) => manifest,
            Err(failure) => {
                selection.failures.push(failure);
                continue;
            }
        };
        let source = Some(manifest.source);
        let item = Item { kind: manifest.kind, key: manifest.key, object: None, manifest: None, source };
        if rules.files_as_they_are {
            selection.items.push(Item { manifest: Some(manifest.value), ..item });
            continue;
        }
        match call.world.client().get(item.kind, &item.key) {
            Ok(object) => selection.items.push(Item { object: Some(object), ..item }),
            Err(status) => selection.failures.push(status.into()),
        }
    }
    Ok(selection)
}

/// The template's containers of a workload, for `logs`, `exec` and `port-forward`: the pods behind any object.
///
/// # Errors
/// When the object has no pods.
pub(super) fn pod_labels(object: &Object) -> Result<crate::api::LabelSelector, Failure> {
    let selector = match object {
        Object::Deployment(deployment) => deployment.spec.selector.clone(),
        Object::ReplicaSet(replica_set) => replica_set.spec.selector.clone(),
        Object::Service(service) if !service.spec.selector.is_empty() => {
            crate::api::LabelSelector { match_labels: service.spec.selector.clone(), ..Default::default() }
        }
        Object::Service(service) => {
            return Err(Failure::Plain(format!(
                "invalid service '{}': Service is defined without a selector",
                service.metadata.name
            )));
        }
        other => {
            let value = other.to_value();
            let labels = field::string_map(&value, "/spec/selector/matchLabels");
            if labels.is_empty() {
                // Models polymorphichelpers' attachablePodForObject and SelectorsForObject.
                let package = crate::api::schema::of_kind(other.kind()).package;
                let go_type = format!("*{package}.{}", other.kind().as_str());
                return Err(Failure::Plain(format!(
                    "cannot attach to {go_type}: selector for {go_type} not implemented"
                )));
            }
            crate::api::LabelSelector { match_labels: labels, ..Default::default() }
        }
    };
    Ok(selector)
}
