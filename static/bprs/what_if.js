// The sliders of the loan page say what they stand at while they move; a click on the map sets amount and tenor.
(function () {
    "use strict";
    if (window.bprsWhatIf) { return; }
    window.bprsWhatIf = true;

    var digits = new Intl.NumberFormat("id-ID");

    function tell(slider) {
        var unit = slider.dataset.unit, value = Number(slider.value);
        slider.parentElement.querySelector("output").textContent = unit ? value + " " + unit : "Rp" + digits.format(value);
    }

    document.addEventListener("input", function (event) {
        if (event.target.matches("[data-what-if] input[type=range]")) { tell(event.target); }
    });
    document.addEventListener("reset", function (event) {
        if (event.target.matches("[data-what-if]")) {
            setTimeout(function () { event.target.querySelectorAll("input[type=range]").forEach(tell); }, 0);
        }
    });
    document.addEventListener("click", function (event) {
        var map = event.target.closest(".bprs-map svg");
        if (!map) { return; }
        var box = map.getBoundingClientRect(), form = map.closest("form");
        var tenors = map.dataset.tenors.split(" "), amounts = map.dataset.amounts.split(" ").reverse();
        var column = Math.min(tenors.length - 1, Math.floor((event.clientX - box.left) / box.width * tenors.length));
        var line = Math.min(amounts.length - 1, Math.floor((event.clientY - box.top) / box.height * amounts.length));
        form.tenor_months.value = tenors[column];
        form.loan_amount.value = amounts[line];
        [form.tenor_months, form.loan_amount].forEach(tell);
        form.loan_amount.dispatchEvent(new Event("input", { bubbles: true }));
    });
})();
