// Pages that follow long work by themselves: a connection that is lost is said, and unsaid once the site answers again.
// htmx goes on asking meanwhile; whoever was signed out is led to the sign-in page, and not shown it in the middle of this one.
(function () {
    "use strict";

    function say(isLost) {
        document.querySelectorAll("[data-connection-lost]").forEach(function (note) { note.hidden = !isLost; });
    }

    ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
        document.addEventListener(name, function () { say(true); });
    });
    document.addEventListener("htmx:responseError", function (event) {
        if (event.detail.xhr.status >= 500) { say(true); }
    });
    document.addEventListener("htmx:afterRequest", function (event) {
        if (event.detail.successful) { say(false); }
    });
    document.addEventListener("htmx:beforeSwap", function (event) {
        if (/\/login\/$/.test(new URL(event.detail.xhr.responseURL).pathname)) {
            event.preventDefault();
            window.location.reload();
        }
    });
})();
