//! Scripts in Firefox's own context, which sees more than pages do.
//!
//! A driver that corspec did not start may not allow them. Then nothing is told about blocks, and cookies
//! stay until the browser drops the oldest.

use fantoccini::error::{CmdError, ErrorStatus};
use serde_json::{Value, json};

use crate::agent::browser::error::BrowserError;
use crate::agent::browser::session::Session;
use crate::case::scenario::Permission;

const END_OBSERVERS: &str = include_str!("end_observers.js");
const WATCH: &str = include_str!("watch.js");

/// Ends what would look at every request, and begins to watch requests and messages.
pub(crate) async fn prepare(session: &Session) -> Result<(), BrowserError> {
    let script = format!("{WATCH}\n{END_OBSERVERS}");
    run(session, "watch its requests", &script).await.map(drop)
}

/// WebDriver's own command sees the cookies of one page only.
pub(crate) async fn forget_cookies(session: &Session) -> Result<(), BrowserError> {
    let script = "Services.cookies.removeAll()";
    run(session, "forget its cookies", script).await.map(drop)
}

/// Grants or denies a permission. Drivers of all ages can do it this way; WebDriver's own command is young.
pub(crate) async fn permit(
    session: &Session,
    origin: &str,
    permission: Permission,
    is_granted: bool,
) -> Result<(), BrowserError> {
    let action = if is_granted { "ALLOW" } else { "DENY" };
    let (origin, name) = (json!(origin), json!(permission.name()));
    let script = format!(
        "const {{ scriptSecurityManager, perms }} = Services;
         const principal = scriptSecurityManager.createContentPrincipalFromOrigin({origin});
         perms.addFromPrincipal(principal, {name}, perms.{action}_ACTION)"
    );
    run(session, "set a permission", &script).await.map(drop)
}

/// What was overheard since the last time, as JSON; `None` where listening is not allowed.
pub(super) async fn overheard(session: &Session) -> Result<Option<String>, BrowserError> {
    let script = "return Services.wm.getMostRecentWindow(null).corspec.take()";
    let told = run(session, "tell what it said", script).await?;
    Ok(told.and_then(|told| told.as_str().map(str::to_owned)))
}

/// Runs a script; `None` where that is not allowed.
async fn run(
    session: &Session,
    what: &'static str,
    script: &str,
) -> Result<Option<Value>, BrowserError> {
    match enter(session, what, "chrome").await {
        Ok(()) => {}
        Err(error) if is_refusal(&error) => return Ok(None),
        Err(error) => return Err(error),
    }
    let call = json!({ "script": script, "args": [] });
    let result = session.post(what, "execute/sync", call).await;
    enter(session, what, "content").await?;
    result.map(Some)
}

async fn enter(session: &Session, what: &'static str, context: &str) -> Result<(), BrowserError> {
    let body = json!({ "context": context });
    session.post(what, "moz/context", body).await.map(drop)
}

fn is_refusal(error: &BrowserError) -> bool {
    matches!(
        error,
        BrowserError::WebDriver { source: CmdError::Standard(refusal), .. }
            if matches!(refusal.error, ErrorStatus::UnsupportedOperation | ErrorStatus::UnknownCommand)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::browser::Engine;
    use crate::agent::browser::tests::stage::{is_installed, settings};
    use crate::server::Reference;

    #[tokio::test]
    async fn nobody_but_us_observes_its_requests() {
        if !is_installed(Engine::Firefox) {
            return;
        }
        let reference = Reference::start_with(crate::agent::browser::PAGES)
            .await
            .unwrap();
        let session = Session::start(Engine::Firefox, &settings(&reference))
            .await
            .unwrap();
        // The search telemetry may begin only after the test, if nobody keeps it from that.
        let script = r#"
            const { AddonManager } =
              ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
            const { SearchSERPTelemetry } = ChromeUtils.importESModule(
              "moz-src:///browser/components/search/SearchSERPTelemetry.sys.mjs",
            );
            const topic = "http-on-examine-cached-response";
            return (async () => {
              await SearchSERPTelemetry.init();
              const addOns = await AddonManager.getAddonsByTypes(["extension"]);
              return {
                addOns: addOns.filter((addOn) => addOn.isActive).map((addOn) => addOn.id),
                observers: [...Services.obs.enumerateObservers(topic)].length,
              };
            })();"#;
        let told = run(&session, "tell its observers", script).await.unwrap();
        session.close().await;
        assert_eq!(told, Some(json!({ "addOns": [], "observers": 0 })));
    }
}
