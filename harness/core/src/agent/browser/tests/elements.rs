//! Images, media, styles, fonts and frames.

use super::stage::{APP, Stage, page};
use super::told::{ANYONE, assert_told, body, scene, via};
use crate::agent::browser::Engine;
use crate::case::scenario::{CrossOrigin, Mechanism, RequestPlan};
use crate::server::Asset;

const SVG: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>"#;

fn anonymous(mechanism: Mechanism) -> RequestPlan {
    RequestPlan {
        crossorigin: Some(CrossOrigin::Anonymous),
        ..via(mechanism)
    }
}

fn at_home(request: RequestPlan) -> RequestPlan {
    let url = format!("{APP}/scenario/resource");
    RequestPlan { url, ..request }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_tells_its_size_and_whether_its_pixels_can_be_read() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let svg = |headers: &[(&str, &str)]| {
        let content_type = ("Content-Type", "image/svg+xml");
        body(SVG, &[&[content_type], headers].concat())
    };
    let facts = ["pixels", "width", "timing"];
    let shared = ("Timing-Allow-Origin", "*");
    let scenes = vec![
        scene(
            via(Mechanism::Image),
            svg(&[]),
            &facts,
            "opaque | load | pixels=tainted timing=limited width=7 | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Image),
            svg(&[ANYONE, shared]),
            &facts,
            "cors | load | pixels=readable timing=full width=7 | GET:resource",
        ),
        scene(
            at_home(via(Mechanism::Image)),
            svg(&[]),
            &facts,
            "basic | load | pixels=readable timing=full width=7 | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Image),
            svg(&[]),
            &["width"],
            "blocked error | error | width=0 | GET:resource",
        ),
        scene(
            via(Mechanism::Image),
            body(b"no image", &[("Content-Type", "text/plain")]),
            &[],
            "blocked error | error |  | GET:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preload_tells_that_it_has_loaded_or_failed() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let scenes = vec![
        scene(
            via(Mechanism::Preload),
            body(b"ok", &[]),
            &["timing"],
            "opaque | load | timing=limited | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Preload),
            body(b"ok", &[ANYONE]),
            &[],
            "cors | load |  | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Preload),
            body(b"ok", &[]),
            &[],
            "blocked error | error |  | GET:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_film_and_track_are_told_apart() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let asset = |asset: Asset, headers: &[(&str, &str)]| {
        let content_type = ("Content-Type", asset.content_type());
        body(asset.content(), &[&[content_type], headers].concat())
    };
    let track = |headers: &[(&str, &str)]| {
        let content_type = ("Content-Type", "text/vtt");
        let content = b"WEBVTT\n\n00:00.000 --> 00:01.000\none\n\n00:01.000 --> 00:02.000\ntwo\n";
        body(content, &[&[content_type], headers].concat())
    };
    let scenes = vec![
        scene(
            via(Mechanism::Audio),
            asset(Asset::Wav, &[]),
            &[],
            "opaque | load |  | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Audio),
            asset(Asset::Wav, &[ANYONE]),
            &[],
            "cors | load |  | GET:resource",
        ),
        scene(
            via(Mechanism::Video),
            asset(Asset::Webm, &[]),
            &["pixels"],
            "opaque | load | pixels=tainted | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Video),
            asset(Asset::Webm, &[ANYONE]),
            &["pixels"],
            "cors | load | pixels=readable | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Video),
            asset(Asset::Webm, &[]),
            &[],
            "blocked error | error |  | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Track),
            track(&[ANYONE]),
            &["cues"],
            "cors | load | cues=2 | GET:resource",
        ),
        scene(
            at_home(via(Mechanism::Track)),
            track(&[]),
            &["cues"],
            "basic | load | cues=2 | GET:resource",
        ),
        scene(
            via(Mechanism::Track),
            track(&[]),
            &[],
            "blocked error | error |  | ",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_sheet_applies_and_may_hide_its_rules() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let sheet = |content_type: &str, headers: &[(&str, &str)]| {
        let content_type = ("Content-Type", content_type);
        let content = b"body { color: rgb(1, 2, 3) }";
        body(content, &[&[content_type], headers].concat())
    };
    let facts = ["applied", "rules"];
    let scenes = vec![
        scene(
            via(Mechanism::Style),
            sheet("text/css", &[]),
            &facts,
            "opaque | load | applied=true rules=hidden | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Style),
            sheet("text/css", &[ANYONE]),
            &facts,
            "cors | load | applied=true rules=readable | GET:resource",
        ),
        scene(
            at_home(via(Mechanism::Style)),
            sheet("text/css", &[]),
            &["rules", "timing"],
            "basic | load | rules=readable timing=full | GET:resource",
        ),
        scene(
            anonymous(Mechanism::Style),
            sheet("text/css", &[]),
            &["applied"],
            "blocked error | error | applied=false | GET:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_font_needs_permission() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let font = |headers: &[(&str, &str)]| body(Asset::Ttf.content(), headers);
    let scenes = vec![
        scene(
            via(Mechanism::Font),
            font(&[ANYONE]),
            &[],
            "cors | load |  | GET:resource",
        ),
        scene(
            via(Mechanism::Font),
            font(&[]),
            &[],
            "blocked NetworkError | error |  | GET:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_loads_and_hides_its_document() {
    let Some(mut stage) = Stage::set(Engine::Chromium).await else {
        return;
    };
    let html = || body(b"<!doctype html>", &[("Content-Type", "text/html")]);
    let facts = ["document"];
    let scenes = vec![
        scene(
            via(Mechanism::Frame),
            html(),
            &facts,
            "opaque | load | document=hidden | GET:resource",
        ),
        scene(
            at_home(via(Mechanism::Frame)),
            html(),
            &facts,
            "basic | load | document=readable | GET:resource",
        ),
    ];
    assert_told(&mut stage, &page("app"), scenes).await;
    stage.clear().await;
}
