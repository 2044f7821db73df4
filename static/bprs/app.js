// Amounts are shown in groups of three while an officer fills in a form: 5000000 becomes 5.000.000.
// What the server reads is the same either way; without this script everything still works.
(function () {
    "use strict";

    function group(input) {
        const text = input.value.trim();
        if (/^\d{4,}$/.test(text)) {
            input.value = text.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ".");
        }
    }

    document.addEventListener("focusout", function (event) {
        if (event.target instanceof HTMLInputElement && event.target.hasAttribute("data-money")) {
            group(event.target);
        }
    });

    // A choice that is a question in itself is asked at once; a button for paper opens the printer's window.
    document.addEventListener("change", function (event) {
        if (event.target.hasAttribute("data-ask-at-once")) { event.target.form.requestSubmit(); }
    });
    document.addEventListener("click", function (event) {
        if (event.target.closest("[data-print]")) { window.print(); }
    });

    // The theme's searchable choices carry their value but not their name; a screen reader says both.
    function nameChoices() {
        document.querySelectorAll("select.select2-hidden-accessible").forEach(function (select) {
            const label = select.labels[0], shown = select.nextElementSibling;
            if (!label || !shown) { return; }
            label.id = label.id || "label-of-" + select.id;
            shown.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox]").forEach(function (part) {
                part.setAttribute("aria-labelledby", part.id ? label.id + " " + part.id : label.id);
            });
        });
    }

    // What was refused is in sight, however much stands above the form.
    function showFault() {
        const fault = document.querySelector(".errorlist, .errornote");
        if (!fault || !document.querySelector("form[id$=_form]")) { return; }
        fault.scrollIntoView({block: "center"});
        const field = document.querySelector(".errors input:not([type=hidden]):not(:disabled), .errors select, .errors textarea");
        if (field) { field.focus({preventScroll: true}); }
    }

    window.addEventListener("load", function () {
        showFault();
        if (window.django) { window.django.jQuery(nameChoices); }  // behind what makes the choices searchable
        window.setTimeout(nameSigns);  // behind what makes them
    });

    function nameSigns() {
        document.querySelectorAll(".help-tooltip[aria-label]").forEach(function (sign) { sign.setAttribute("role", "img"); });
    }

    document.addEventListener("formset:added", nameChoices);
})();
