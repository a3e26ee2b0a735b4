//! Files that pages load: part of the program, named by their content, so browsers may keep them.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const KEEP: &str = "public, max-age=31536000, immutable";

struct Asset {
    url: String,
    content_type: &'static str,
    bytes: &'static [u8],
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
        let hash: String = hex::encode(Sha256::digest(bytes)).chars().take(12).collect();
        Asset { url: format!("/assets/{stem}-{hash}.{extension}"), content_type, bytes }
    }
}

static CSS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("standin", "css", "text/css; charset=utf-8", include_bytes!("assets/standin.css")));
static JS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("app", "js", "text/javascript; charset=utf-8", include_bytes!("assets/app.js")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_bytes!("assets/icon.svg")));

/// URL of the style sheet.
pub(super) fn css() -> &'static str {
    &CSS.url
}

/// URL of the script.
pub(super) fn js() -> &'static str {
    &JS.url
}

/// URL of the icon.
pub(super) fn icon_url() -> &'static str {
    &ICON.url
}

/// `GET /assets/{name}`.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let wanted = [&*CSS, &*JS, &*ICON].into_iter().find(|asset| asset.url.strip_prefix("/assets/") == Some(&name));
    match wanted {
        Some(asset) => {
            ([(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, KEEP)], asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /favicon.ico`, which browsers ask for on their own.
pub(super) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, ICON.content_type), (header::CACHE_CONTROL, "public, max-age=86400")], ICON.bytes)
        .into_response()
}
