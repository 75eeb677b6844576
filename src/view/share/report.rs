//! What a visitor may tell of the lab: a text with the link to this moment in it, and the form of the project's issues with
//! that text. Nothing is sent by the page.

use hellok8s_lab::session::OWN_VERSION;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::settings::Settings;
use crate::view::visit::Visit;

/// Hosts of issues take addresses of about 8,000 characters.
const LONGEST_ADDRESS: usize = 7_000;

/// The text: what only the visitor can say, what is known here, and the link.
pub fn report(visit: &Visit, settings: Settings, link: Option<&str>) -> String {
    let say = |key: Key| settings.say(key)();
    let version = visit.session_version();
    let navigator = browser::window().map(|window| window.navigator());
    let browser =
        navigator.and_then(|navigator| browser::get(&navigator, "userAgent")?.as_string()).unwrap_or_default();
    let size = browser::visible_size().map(|(width, height)| format!(", {width:.0} × {height:.0}")).unwrap_or_default();
    let link = link.unwrap_or_else(|| say(Key::ReportNoLink));
    format!(
        "{}\n\n\n{}\n\n\n{}\n\n\n---\nhellok8s-lab {OWN_VERSION}, Kubernetes {version}{size}\n{browser}\n{link}\n",
        say(Key::ReportWanted),
        say(Key::ReportHappened),
        say(Key::ReportReal),
    )
}

/// The address of the project's form with the text in it, where the page knows of one: `<meta name="issues">`. `short` is the
/// text without the link, for addresses that would be too long with it.
pub fn issue(text: &str, short: &str) -> Option<String> {
    let meta = browser::document()?.query_selector("meta[name=issues]").ok()??;
    let form = meta.get_attribute("content").filter(|form| form.starts_with("https://"))?;
    let between = if form.contains('?') { '&' } else { '?' };
    let with = |text: &str| format!("{form}{between}body={}", String::from(js_sys::encode_uri_component(text)));
    Some(with(text)).filter(|address| address.len() <= LONGEST_ADDRESS).or_else(|| Some(with(short)))
}
