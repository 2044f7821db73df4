// The import wizard: the chosen file is shown and measured, columns still missing are told while they are matched,
// and nothing is sent twice. Without this script everything still works; the server checks the same.
(function () {
    "use strict";

    function megabytes(bytes) {
        const language = document.documentElement.lang || "id";
        const [size, unit] = bytes < 1048576 ? [bytes / 1024, "KB"] : [bytes / 1048576, "MB"];
        return size.toLocaleString(language, { maximumFractionDigits: 1 }) + " " + unit;
    }

    function showFile(zone) {
        const file = zone.querySelector("input[type=file]").files[0];
        const isTooLarge = Boolean(file) && file.size > Number(zone.dataset.maxBytes);
        zone.querySelector("[data-drop-chosen]").hidden = !file;
        zone.querySelector("[data-drop-too-large]").hidden = !isTooLarge;
        zone.classList.toggle("has-file", Boolean(file) && !isTooLarge);
        zone.classList.toggle("is-refused", isTooLarge);
        zone.querySelector("[data-drop-name]").textContent = file ? file.name : "";
        zone.querySelector("[data-drop-size]").textContent = file ? megabytes(file.size) : "";
        zone.closest("form").querySelectorAll("button[type=submit]").forEach(function (button) {
            button.disabled = isTooLarge;
        });
    }

    function watchZone(zone) {
        zone.classList.add("is-live");
        // unfold writes the name of a chosen file into the next text field it finds, unless it believes it listens already.
        zone.querySelector("input[type=file]").hasChangeListener = true;
        zone.addEventListener("change", function () { showFile(zone); });
        ["dragenter", "dragover"].forEach(function (name) {
            zone.addEventListener(name, function () { zone.classList.add("is-over"); });
        });
        ["dragleave", "drop"].forEach(function (name) {
            zone.addEventListener(name, function () { zone.classList.remove("is-over"); });
        });
        showFile(zone);
    }

    function watchColumns(form) {
        const selects = Array.from(form.querySelectorAll("select[name^=column-]"));

        function titleOf(name) {
            const option = selects.length && selects[0].querySelector('option[value="' + name + '"]');
            return option ? option.textContent : name;
        }

        function tell() {
            const chosen = selects.map(function (select) { return select.value; }).filter(Boolean);
            const lacking = [];
            form.querySelectorAll("[data-needed]").forEach(function (badge) {
                const isThere = chosen.includes(badge.dataset.needed);
                badge.classList.toggle("bprs-badge--success", isThere);
                badge.classList.toggle("bprs-badge--danger", !isThere);
                badge.classList.remove("bprs-badge--plain");
                badge.querySelector(".material-symbols-outlined").textContent = isThere ? "check_circle" : "error";
                if (!isThere) { lacking.push(titleOf(badge.dataset.needed)); }
            });
            const twice = chosen.filter(function (name, index) { return chosen.indexOf(name) !== index; });
            form.querySelector("[data-twice]").hidden = twice.length === 0;
            form.querySelector("[data-twice-names]").textContent = Array.from(new Set(twice), titleOf).join(", ");
            form.querySelector("[data-lack]").hidden = lacking.length === 0;
            form.querySelector("[data-lack-names]").textContent = lacking.join(", ");
            selects.forEach(function (select) {
                const row = select.closest("[data-match]");
                row.classList.toggle("is-twice", twice.includes(select.value));
                row.classList.toggle("is-unread", select.value === "");
            });
            const button = form.querySelector("button[type=submit]");
            if (button) { button.disabled = lacking.length > 0 || twice.length > 0; }
        }

        form.addEventListener("change", function (event) {
            const row = event.target.closest("[data-match]");
            if (row) { row.classList.add("is-said"); }
            tell();
        });
        tell();
    }

    function sendOnce(form) {
        form.addEventListener("submit", function (event) {
            if (form.dataset.sent) {
                event.preventDefault();
                return;
            }
            form.dataset.sent = "1";
            form.classList.add("is-sent");
            form.querySelectorAll("[data-sending]").forEach(function (note) { note.hidden = false; });
        });
    }

    document.querySelectorAll("[data-drop]").forEach(watchZone);
    document.querySelectorAll("[data-columns]").forEach(watchColumns);
    document.querySelectorAll("[data-once]").forEach(sendOnce);

    // Coming back with the browser's own button: the form may be sent again, and the page is what it is now.
    window.addEventListener("pageshow", function (event) {
        if (event.persisted) { window.location.reload(); }
    });
})();
