// Search from anywhere: Ctrl+K, ⌘K, «?» or a button. What is typed is sent as a form, never as an address.
(function () {
    "use strict";
    let asked = 0;
    let timer;

    function dialog() { return document.getElementById("bprs-find"); }

    function open() {
        const find = dialog();
        if (!find || find.open) { return; }
        find.showModal();
        find.querySelector("[name=term]").select();
        ask();
    }

    async function ask() {
        const find = dialog();
        const form = find.querySelector("form");
        const turn = ++asked;
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(function () { return null; });
        if (turn !== asked) { return; }
        if (answer && answer.redirected) { window.location.reload(); return; }
        if (answer && answer.ok) { find.querySelector("[data-found]").innerHTML = await answer.text(); }
    }

    function step(by) {
        const links = [...dialog().querySelectorAll("[data-found] a")];
        if (!links.length) { return; }
        const now = links.indexOf(document.activeElement);
        const next = now + by;
        if (next < 0) { dialog().querySelector("[name=term]").focus(); } else { links[Math.min(next, links.length - 1)].focus(); }
    }

    document.addEventListener("input", function (event) {
        if (event.target.closest("[data-find]")) {
            clearTimeout(timer);
            timer = setTimeout(ask, 250);
        }
    });
    document.addEventListener("submit", function (event) {
        if (!event.target.matches("[data-find]")) { return; }
        event.preventDefault();
        const first = dialog().querySelector("[data-found] a");
        if (first) { first.click(); } else { ask(); }
    });
    document.addEventListener("click", function (event) {
        if (event.target.closest("[data-find-open]")) { open(); }
        if (event.target.closest("[data-close]") || event.target === dialog()) { dialog().close(); }
    });
    document.addEventListener("keydown", function (event) {
        const find = dialog();
        const isTyping = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
        if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
            event.preventDefault();
            open();
        } else if (event.key === "?" && !isTyping) {
            open();
        } else if (find && find.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
            event.preventDefault();
            step(event.key === "ArrowDown" ? 1 : -1);
        }
    });
})();
