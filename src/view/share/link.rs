//! A session in an address: deflated by the browser's own streams, so that the page carries no compressor.

use hellok8s_lab::session::{LONGEST_LINK, LONGEST_TEXT, SessionError, base64url};
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::view::browser;

/// Stands before the data in the fragment: whatever else a fragment says is not ours.
const MARK: &str = "#s=";

/// The page's address with this session in its fragment; nothing where the browser cannot deflate.
pub async fn make(text: &str) -> Option<String> {
    let bytes = through("CompressionStream", text.as_bytes(), usize::MAX).await.ok()?;
    let location = browser::window()?.location();
    let page = format!("{}{}", location.origin().ok()?, location.pathname().ok()?);
    Some(format!("{page}{MARK}{}", base64url::encode(&bytes)))
}

/// The data in the page's address.
pub fn present() -> Option<String> {
    let hash = browser::window()?.location().hash().ok()?;
    Some(hash.strip_prefix(MARK)?.to_owned())
}

/// The text that a link's data holds.
pub async fn read(data: &str) -> Result<String, SessionError> {
    if data.len() > LONGEST_LINK {
        return Err(SessionError::TooLong);
    }
    let broken = || SessionError::Broken("base64url".to_owned());
    let bytes = base64url::decode(data).ok_or_else(broken)?;
    let text = through("DecompressionStream", &bytes, LONGEST_TEXT).await?;
    String::from_utf8(text).map_err(|_| SessionError::Broken("UTF-8".to_owned()))
}

/// Sends bytes through a stream of the browser's; no more than `most` come out.
async fn through(class: &str, bytes: &[u8], most: usize) -> Result<Vec<u8>, SessionError> {
    let broken = || SessionError::Broken(class.to_owned());
    let reader = begin(class, bytes).ok_or_else(broken)?;
    let mut all = Vec::new();
    loop {
        let read = call(&reader, "read", &Array::new()).ok_or_else(broken)?;
        let step = JsFuture::from(Promise::from(read)).await.map_err(|_| broken())?;
        if browser::get(&step, "done").is_some_and(|done| done.is_truthy()) {
            return Ok(all);
        }
        let chunk: Uint8Array =
            browser::get(&step, "value").and_then(|value| value.dyn_into().ok()).ok_or_else(broken)?;
        all.extend(chunk.to_vec());
        if all.len() > most {
            call(&reader, "cancel", &Array::new()).into_iter().for_each(forget);
            return Err(SessionError::TooLong);
        }
    }
}

/// Writes the bytes into a new stream and gives the reader of what comes out.
fn begin(class: &str, bytes: &[u8]) -> Option<JsValue> {
    let class: Function = browser::get(&js_sys::global(), class)?.dyn_into().ok()?;
    let stream = Reflect::construct(&class, &Array::of1(&"deflate-raw".into())).ok()?;
    let writer = call(&browser::get(&stream, "writable")?, "getWriter", &Array::new())?;
    let reader = call(&browser::get(&stream, "readable")?, "getReader", &Array::new())?;
    forget(call(&writer, "write", &Array::of1(&Uint8Array::from(bytes)))?);
    forget(call(&writer, "close", &Array::new())?);
    Some(reader)
}

/// The reader tells what goes wrong: a promise of the writer's that nobody waits for would be reported as an error.
fn forget(promise: JsValue) {
    spawn_local(async move {
        let _ = JsFuture::from(Promise::from(promise)).await;
    });
}

fn call(object: &JsValue, name: &str, arguments: &Array) -> Option<JsValue> {
    let function: Function = browser::get(object, name)?.dyn_into().ok()?;
    function.apply(object, arguments).ok()
}

/// Takes the data out of the page's address: what it shows is another's no longer.
pub fn forget_present() {
    if present().is_none() {
        return;
    }
    let Some(window) = browser::window() else { return };
    let location = window.location();
    let (Ok(path), Ok(query)) = (location.pathname(), location.search()) else { return };
    if let Ok(history) = window.history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{path}{query}")));
    }
}
