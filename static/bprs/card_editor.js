// The editor of scorecards: a cut-off stands in two rows and is one number; Enter checks, it does not save.
(function () {
    "use strict";
    var isChanged = false;

    function twin(event) {
        var field = event.target, form = field.closest("#card-editor");
        if (!form || !field.name) { return; }
        isChanged = true;
        form.querySelectorAll('[name="' + field.name + '"]').forEach(function (other) {
            if (other !== field) { other.value = field.value; }
        });
    }

    function mark() {
        var lint = document.getElementById("card-lint"), faulty = ((lint && lint.dataset.faulty) || "").split(" ");
        document.querySelectorAll("#card-editor .bprs-input").forEach(function (field) {
            if (faulty.indexOf(field.name) >= 0) { field.setAttribute("aria-invalid", "true"); }
            else { field.removeAttribute("aria-invalid"); }
        });
    }

    document.addEventListener("DOMContentLoaded", mark);
    document.addEventListener("htmx:afterSettle", mark);
    document.addEventListener("input", twin);
    document.addEventListener("change", twin);
    document.addEventListener("keydown", function (event) {
        if (event.key === "Enter" && event.target.matches("#card-editor input")) { event.preventDefault(); event.target.blur(); }
    });
    document.addEventListener("htmx:afterSwap", function (event) {
        if (event.detail.target.id === "card-editor") { isChanged = true; }
    });
    document.addEventListener("submit", function () { isChanged = false; });
    window.addEventListener("beforeunload", function (event) { if (isChanged) { event.preventDefault(); } });
})();
