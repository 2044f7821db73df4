// Over a list: columns are moved with the arrows, and what folds open closes with Escape or a click elsewhere.
(function () {
    "use strict";

    function closeOthers(kept) {
        document.querySelectorAll("details.bprs-pop[open]").forEach(function (pop) {
            if (pop !== kept) { pop.open = false; }
        });
    }

    document.addEventListener("click", function (event) {
        closeOthers(event.target.closest("details.bprs-pop"));
        const mover = event.target.closest("[data-move]");
        if (mover) { move(mover.closest("li"), Number(mover.dataset.move), mover); }
    });

    document.addEventListener("keydown", function (event) {
        const pop = event.key === "Escape" && document.querySelector("details.bprs-pop[open]");
        if (pop) {
            pop.open = false;
            pop.querySelector("summary").focus();
        }
    });

    // The first column leads to the row, and stays where it is.
    function move(item, by, mover) {
        const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
        if (!other || other.querySelector("input:disabled")) { return; }
        other[by < 0 ? "before" : "after"](item);
        mover.focus();
    }
})();
