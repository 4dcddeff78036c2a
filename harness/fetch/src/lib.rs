//! The CORS algorithms of the [Fetch Standard](https://fetch.spec.whatwg.org/) and its neighbours.
