//! A case file as it is written: the drafts, before defaults are merged and axes expanded.
//!
//! The documentation of the fields is what editors show, by way of `cases/schema.json`.

use std::time::Duration;

use corspec_fetch::{CacheMode, Credentials, Mode, RedirectMode, ReferrerPolicy, ResponseType};

use super::axes::AxesDraft;
use super::body::{BodyDraft, ExpectedBodyDraft};
use super::draft::draft;
use super::matcher::MatcherDraft;
use super::message::{ChunkDraft, CloseDraft, EventDraft, MessageDraft, SocketDraft};
use super::outcome::{ExchangeDraft, OutcomeDraft};
use super::read::{Checked, Many, Placed, Required, Setting};
use super::scalar::{Count, Isomorphic, Status, Templated, VisibleStatus, Word};
use super::scenario::{
    ConnectionPlan, Context, CrossOrigin, Delivery, Level, Mechanism, Page, Permission,
    StatusMatcher, Subject, Surface,
};
use super::table::Table;
use super::words::{AgentName, Complete, Safe};
use crate::server::{Asset, NamedOrigin};

draft! {
    /// A suite: the scenarios on one topic.
    struct SuiteDraft {
        /// The topic, as a heading.
        title: Required<Placed<String>>,
        /// Who is judged: `user-agent` or `server`.
        about: Required<Word<Subject>>,
        /// A partial scenario that every scenario of the file is laid over, key by key.
        defaults: Setting<Checked<DefaultsDraft>>,
        /// The scenarios, at least one.
        scenarios: Required<Placed<Vec<Placed<ScenarioDraft>>>>,
    }
}

draft! {
    /// What every scenario of a file begins with.
    #[derive(Default)]
    struct DefaultsDraft {
        /// What the server under test is configured for: the name of a file in `policies/`.
        policy: Setting<Templated<String>>,
        /// Where the script runs: an origin's name, or `sandboxed` for an opaque origin.
        page: Setting<Templated<Page>>,
        /// What the script runs in, such as `worker`; the window of the page by default.
        context: Setting<Templated<Context>>,
        /// What the user has permitted the origin of the page, such as `loopback-network`; nothing by default.
        permission: Setting<Templated<Permission>>,
        /// Cookies stored, first-party, before the first step: the `Set-Cookie` values of each origin.
        cookies: Setting<Table<Setting<Many<Templated<String>>>>>,
        /// The call that the page makes.
        request: Setting<RequestDraft>,
        /// What the server answers.
        server: Setting<ServerDraft>,
        /// How binding the expectations are: `must`, `should` or `may`.
        level: Setting<Word<Level>>,
        /// Words to select scenarios by.
        tags: Setting<Many<Placed<String>>>,
        /// Ids of the requirements that are tested, from requirements.yaml.
        covers: Setting<Many<Placed<String>>>,
    }
}

draft! {
    /// One declared exchange (or several steps) with its expectation.
    struct ScenarioDraft {
        /// The last part of the permanent id: lower-case words joined by `-`.
        id: Required<Placed<String>>,
        /// What must be true, as one sentence.
        title: Required<Placed<String>>,
        /// Why the scenario exists, for readers who wonder.
        why: Setting<Placed<String>>,
        /// Ids of the requirements that are tested, from requirements.yaml.
        covers: Setting<Many<Placed<String>>>,
        /// How binding the expectations are: `must` (the default), `should` or `may`.
        level: Setting<Word<Level>>,
        /// Words to select scenarios by.
        tags: Setting<Many<Placed<String>>>,
        /// The only agents that can run the scenario, and why.
        only: Setting<OnlyDraft>,
        /// Values that expand the scenario into permutations, as a cartesian product in this order.
        axes: Setting<AxesDraft>,
        /// What the server under test is configured for: the name of a file in `policies/`.
        policy: Setting<Templated<String>>,
        /// Where the script runs: an origin's name (`app` by default), or `sandboxed`; with a policy also any
        /// serialised origin, which only the wire can claim.
        page: Setting<Templated<Page>>,
        /// What the script runs in, such as `worker`; the window of the page by default.
        context: Setting<Templated<Context>>,
        /// What the user has permitted the origin of the page, such as `loopback-network`; nothing by default.
        permission: Setting<Templated<Permission>>,
        /// Cookies stored, first-party, before the first step: the `Set-Cookie` values of each origin.
        cookies: Setting<Table<Setting<Many<Templated<String>>>>>,
        /// The call that the page makes; with `steps`, what each step's request is laid over.
        request: Setting<RequestDraft>,
        /// What the server answers; with `steps`, what each step's server is laid over.
        server: Setting<ServerDraft>,
        /// What must come of it; with `steps`, it belongs to each step.
        expect: Setting<Placed<ExpectDraft>>,
        /// Several calls, one after the other.
        steps: Setting<Placed<Vec<Placed<StepDraft>>>>,
    }
}

draft! {
    /// One call among several.
    struct StepDraft {
        /// Waited before the call, such as `1200ms`.
        wait: Setting<Templated<Duration>>,
        /// Where the script of this step runs, if not where the others do; with a policy only.
        page: Setting<Templated<Page>>,
        /// The call, laid over the scenario's own `request`.
        request: Setting<RequestDraft>,
        /// The answers, laid over the scenario's own `server`.
        server: Setting<ServerDraft>,
        /// What must come of it.
        expect: Setting<Placed<ExpectDraft>>,
    }
}

draft! {
    /// A confinement to some agents.
    struct OnlyDraft {
        /// The agents that can run the scenario.
        agents: Required<Many<Word<AgentName>>>,
        /// Why no other can; shown with every skip.
        reason: Required<Placed<String>>,
    }
}

draft! {
    /// The call that a page makes.
    #[derive(Default)]
    struct RequestDraft {
        /// The origin that is called, by name; `api` by default.
        to: Setting<Templated<NamedOrigin>>,
        /// User and password in the URL: `user:secret`.
        userinfo: Setting<Templated<String>>,
        /// The query of the URL first requested: `?a=1`.
        query: Setting<Templated<String>>,
        /// The fragment of the URL: `#x`.
        fragment: Setting<Templated<String>>,
        /// A URL that replaces the one made of the keys above, for other schemes, unreachable ports ….
        url: Setting<Templated<String>>,
        /// The path of the surface that is called, with a policy; `resource` by default.
        resource: Setting<Templated<Surface>>,
        /// The mechanism; `fetch` by default.
        via: Setting<Templated<Mechanism>>,
        /// The method as the page writes it; `GET` by default.
        method: Setting<Templated<String>>,
        /// Request headers; a list sets the name several times, `null` removes a default.
        headers: Setting<Table<Setting<Many<Templated<Isomorphic>>>>>,
        /// The body that is passed: a text, or one of `text`, `bytes`, `blob`, `filler`, `form_data`, `url_search_params`,
        /// `stream`.
        body: Setting<BodyDraft>,
        /// `RequestInit.mode`; `cors` by default. XMLHttpRequest knows no other.
        mode: Setting<Templated<Mode>>,
        /// `RequestInit.credentials`; `same-origin` by default. With `xhr`, `include` is `withCredentials`.
        credentials: Setting<Templated<Credentials>>,
        /// `RequestInit.redirect`; `follow` by default.
        redirect: Setting<Templated<RedirectMode>>,
        /// `RequestInit.cache`; `default` by default.
        cache: Setting<Templated<CacheMode>>,
        /// `RequestInit.referrerPolicy`; empty by default.
        referrer_policy: Setting<Templated<ReferrerPolicy>>,
        /// `RequestInit.integrity`.
        integrity: Setting<Templated<String>>,
        /// `RequestInit.keepalive`.
        keepalive: Setting<Templated<bool>>,
        /// Whether a listener is registered on `XMLHttpRequest.upload`; for `xhr` only.
        upload_listener: Setting<Templated<bool>>,
        /// The attribute of an element: `anonymous` or `use-credentials`; none by default.
        crossorigin: Setting<Templated<CrossOrigin>>,
        /// Whether XMLHttpRequest is used synchronously.
        synchronous: Setting<Templated<bool>>,
        /// Whether the body is read as it arrives; each new part is an event, `chunk`.
        stream: Setting<Templated<bool>>,
        /// `XMLHttpRequest.timeout`, such as `100ms`.
        timeout: Setting<Templated<Duration>>,
        /// Gives the call up when the server has what is expected and nothing has happened for so long: `50ms`.
        abort: Setting<Templated<Duration>>,
        /// Closes the connection after so many messages; the number of those sent by default, or 1.
        messages: Setting<Templated<Count>>,
        /// The subprotocols that a WebSocket offers.
        protocols: Setting<Many<Templated<String>>>,
        /// What is sent through a WebSocket once it is open, or posted to the other window.
        send: Setting<Many<MessageDraft>>,
        /// How the page closes a WebSocket.
        close: Setting<CloseDraft>,
        /// The function that a JSONP answer calls, as the query names it; `receive` by default.
        callback: Setting<Templated<String>>,
    }
}

draft! {
    /// What the reference server answers.
    #[derive(Default)]
    struct ServerDraft {
        /// The answer to a CORS-preflight request for the resource; status 204 by default.
        preflight: Setting<AnswerDraft>,
        /// The answer to any other request for the resource; status 200 and the body `ok` by default.
        response: Setting<AnswerDraft>,
        /// The answers to the second such request and those that follow; the last stays for good.
        then: Setting<Vec<Placed<AnswerDraft>>>,
        /// Other resources by name: `module.js` is `<origin>/scenario/module.js`.
        resources: Setting<Table<Setting<AnswerDraft>>>,
        /// The redirects on the way to the resource, first to last.
        redirects: Setting<Vec<Placed<RedirectDraft>>>,
    }
}

draft! {
    /// One scripted answer.
    #[derive(Default)]
    struct AnswerDraft {
        /// The status code.
        status: Setting<Templated<Status>>,
        /// The reason phrase, where it is not the usual one.
        reason: Setting<Templated<String>>,
        /// Response headers; a list becomes one line for each value, `null` removes a default.
        headers: Setting<Table<Setting<Many<Templated<Isomorphic>>>>>,
        /// Whole lines (`Name: value`), sent behind `headers` in this order.
        header_lines: Setting<Vec<Templated<Isomorphic>>>,
        /// The body as text.
        body: Setting<Templated<String>>,
        /// The body as bytes, one for each character.
        bytes: Setting<Templated<Isomorphic>>,
        /// A file as the body, with its Content-Type unless `headers` has one.
        asset: Setting<Templated<Asset>>,
        /// The body in parts, each written by itself.
        chunks: Setting<Vec<ChunkDraft>>,
        /// JSON that a well-kept endpoint hands to the callback of the query; sets body, type and more.
        jsonp: Setting<Templated<String>>,
        /// What is done with a WebSocket; the handshake is answered with 101.
        websocket: Setting<SocketDraft>,
        /// Waited before the first byte, such as `50ms`.
        delay: Setting<Templated<Duration>>,
        /// `keep`; `cut` closes in the middle of the body, `refuse` without an answer, `hold` leaves the
        /// body unfinished until the client goes away.
        connection: Setting<Templated<ConnectionPlan>>,
        /// Bytes written instead of all of the above, one for each character.
        raw: Setting<Templated<Isomorphic>>,
    }
}

draft! {
    /// A redirect on the way to the resource.
    #[derive(Default)]
    struct RedirectDraft {
        /// The origin of the next URL, by name.
        to: Setting<Templated<NamedOrigin>>,
        /// The value of `Location` where it is not the next URL; `null` for no such header.
        location: Setting<Templated<Isomorphic>>,
        /// The answer to a CORS-preflight request at this URL; status 204 by default.
        preflight: Setting<AnswerDraft>,
        /// The status code; 302 by default.
        status: Setting<Templated<Status>>,
        /// The reason phrase, where it is not the usual one.
        reason: Setting<Templated<String>>,
        /// Response headers; a list becomes one line for each value.
        headers: Setting<Table<Setting<Many<Templated<Isomorphic>>>>>,
        /// Whole lines (`Name: value`), sent behind `headers` in this order.
        header_lines: Setting<Vec<Templated<Isomorphic>>>,
        /// The body as text.
        body: Setting<Templated<String>>,
        /// The body as bytes, one for each character.
        bytes: Setting<Templated<Isomorphic>>,
        /// Waited before the first byte, such as `50ms`.
        delay: Setting<Templated<Duration>>,
        /// `keep`; `cut` closes in the middle of the body, `refuse` without an answer.
        connection: Setting<Templated<ConnectionPlan>>,
        /// Bytes written instead of all of the above, one for each character.
        raw: Setting<Templated<Isomorphic>>,
    }
}

impl RedirectDraft {
    /// The answer in it.
    pub(super) fn answer(&self) -> AnswerDraft {
        AnswerDraft {
            status: self.status.clone(),
            reason: self.reason.clone(),
            headers: self.headers.clone(),
            header_lines: self.header_lines.clone(),
            body: self.body.clone(),
            bytes: self.bytes.clone(),
            asset: Setting::Absent,
            chunks: Setting::Absent,
            jsonp: Setting::Absent,
            websocket: Setting::Absent,
            delay: self.delay.clone(),
            connection: self.connection.clone(),
            raw: self.raw.clone(),
        }
    }
}

draft! {
    /// What must come of a step; what is not said is not judged.
    struct ExpectDraft {
        /// `allow`, `{ block: reason }` with one reason or several that will do, or `silent` where script
        /// is told nothing.
        outcome: Setting<Placed<OutcomeDraft>>,
        /// How far the exchange gets: `not-sent`, `hidden` or `visible`.
        delivery: Setting<Templated<Delivery>>,
        /// Every request that reaches a server, in order: a method, or a map with more.
        sent: Setting<Placed<Vec<ExchangeDraft>>>,
        /// What script sees of the answer.
        response: Setting<Placed<ExpectedResponseDraft>>,
        /// What script is told, in order: names of events, or `{ name: detail }`.
        events: Setting<Placed<Vec<EventDraft>>>,
        /// What else script can find out, by name.
        script: Setting<Table<Setting<Templated<String>>>>,
        /// `complete`: wherever answers so far differ, `Vary` names the request headers that do.
        vary: Setting<Templated<Complete>>,
        /// `safe`: a shared cache that keeps the answers so far lets in nobody who is refused, and blocks
        /// nobody who is let in.
        shared_cache: Setting<Templated<Safe>>,
    }
}

draft! {
    /// A request that must be sent, and what must be answered.
    struct ExchangeMapDraft {
        /// The method in the request line.
        method: Required<Templated<String>>,
        /// The origin it is sent to, by name.
        to: Setting<Templated<NamedOrigin>>,
        /// The query of the URL it is sent to, with its `?`; empty for none.
        query: Setting<Templated<String>>,
        /// What is asked of request headers.
        headers: Setting<Table<MatcherDraft>>,
        /// The request body.
        body: Setting<ExpectedBodyDraft>,
        /// What must be answered; for server suites.
        answer: Setting<ExpectedAnswerDraft>,
        /// Whether the client must have gone away before the answer was complete.
        aborted: Setting<Templated<bool>>,
        /// What the page must have sent through a WebSocket, in order.
        received: Setting<Placed<Many<MessageDraft>>>,
        /// How the page must have closed a WebSocket.
        closed: Setting<Placed<CloseDraft>>,
    }
}

draft! {
    /// What a server must answer.
    struct ExpectedAnswerDraft {
        /// The status, or a list of those that will do; `2xx` is a whole class.
        status: Setting<Placed<Many<Templated<StatusMatcher>>>>,
        /// What is asked of response headers, as on the wire.
        headers: Setting<Table<MatcherDraft>>,
    }
}

draft! {
    /// What script must see of the answer.
    struct ExpectedResponseDraft {
        /// `Response.status`; 0 for an opaque one.
        status: Setting<Templated<VisibleStatus>>,
        /// `Response.statusText`.
        status_text: Setting<Templated<String>>,
        /// `Response.type`; not judged where the mechanism has none.
        r#type: Setting<Templated<ResponseType>>,
        /// `Response.url`; `$final` is the URL at the end of the redirects.
        url: Setting<Templated<String>>,
        /// `Response.redirected`; not judged where the mechanism has none.
        redirected: Setting<Templated<bool>>,
        /// What is asked of the headers that script can read.
        headers: Setting<Table<MatcherDraft>>,
        /// The body.
        body: Setting<ExpectedBodyDraft>,
    }
}
