// The charts of a run. Their figures stand on the page as JSON, and in a table below each chart.
(function () {
    "use strict";

    const source = document.getElementById("run-charts");
    if (!source || typeof Chart === "undefined") { return; }
    const figures = JSON.parse(source.textContent);
    const language = document.documentElement.lang || "id";
    const drawn = [];

    // A colour of the style sheet as the canvas can read it, in light and in dark.
    function colour(name) {
        return getComputedStyle(document.documentElement).getPropertyValue("--bprs-" + name).trim();
    }

    function grouped(number) { return Number(number).toLocaleString(language); }

    function scales(x) {
        const text = colour("muted"), line = colour("line");
        return {
            x: Object.assign({ grid: { display: false }, border: { color: line }, ticks: { color: text } }, x),
            y: { beginAtZero: true, border: { display: false }, grid: { color: line }, ticks: { color: text, precision: 0, maxTicksLimit: 6, callback: grouped } },
        };
    }

    function options(canvas, x, titleOf) {
        return {
            animation: false,
            responsive: true,
            maintainAspectRatio: false,
            plugins: {
                legend: { display: false },
                tooltip: {
                    displayColors: false,
                    callbacks: {
                        title: titleOf,
                        label: function (item) { return canvas.dataset.rows + ": " + grouped(item.parsed.y); },
                    },
                },
            },
            scales: scales(x),
        };
    }

    // Where each segment begins: a line at its threshold, its colour behind the bars, its name above.
    const segments = {
        id: "segments",
        beforeDatasetsDraw: function (chart) {
            const context = chart.ctx, area = chart.chartArea, scale = chart.scales.x;
            context.save();
            figures.scores.zones.forEach(function (zone) {
                const left = scale.getPixelForValue(zone.start), right = scale.getPixelForValue(zone.end);
                context.globalAlpha = 0.12;
                context.fillStyle = colour(zone.segment);
                context.fillRect(left, area.top, right - left, area.bottom - area.top);
                context.globalAlpha = 1;
                context.fillStyle = colour(zone.segment + "-text");
                context.font = "600 11px Inter, sans-serif";
                context.textAlign = "center";
                context.fillText(zone.label, (left + right) / 2, area.top - 8, right - left - 4);
            });
            context.restore();
        },
        afterDatasetsDraw: function (chart) {
            const context = chart.ctx, area = chart.chartArea, scale = chart.scales.x;
            context.save();
            context.strokeStyle = colour("strong");
            context.setLineDash([4, 3]);
            figures.scores.zones.forEach(function (zone) {
                if (zone.start <= figures.scores.lowest) { return; }
                const place = Math.round(scale.getPixelForValue(zone.start)) + 0.5;
                context.beginPath();
                context.moveTo(place, area.top);
                context.lineTo(place, area.bottom);
                context.stroke();
            });
            context.restore();
        },
    };

    function scores(canvas) {
        const all = figures.scores, first = all.bars[0];
        const ticks = [all.lowest].concat(all.zones.map(function (zone) { return zone.start; }), [all.highest]);
        const places = Array.from(new Set(ticks)).sort(function (a, b) { return a - b; });
        const x = {
            type: "linear", min: all.lowest, max: all.highest, offset: false,
            afterBuildTicks: function (axis) { axis.ticks = places.map(function (value) { return { value: value }; }); },
        };
        const shown = options(canvas, x, function (items) {
            const bar = all.bars[items[0].dataIndex];
            return Math.round(bar.low) + "–" + Math.round(bar.high);
        });
        shown.layout = { padding: { top: 20 } };
        shown.scales.x.ticks.callback = function (value) { return value; };
        return {
            type: "bar",
            data: { datasets: [{
                data: all.bars.map(function (bar) { return { x: (bar.low + bar.high) / 2, y: bar.count }; }),
                backgroundColor: colour("chart"),
                barPercentage: 0.9, categoryPercentage: 1, step: first.high - first.low,
            }] },
            options: shown,
            plugins: [segments],
        };
    }

    function dsr(canvas) {
        const labels = figures.dsr.map(function (step) { return step.label; });
        return {
            type: "bar",
            data: { labels: labels, datasets: [{
                data: figures.dsr.map(function (step) { return step.count; }),
                backgroundColor: colour("chart"),
                barPercentage: 0.9, categoryPercentage: 0.9,
            }] },
            options: options(canvas, {}, function (items) { return "DSR " + items[0].label; }),
        };
    }

    const charts = { scores: scores, dsr: dsr };

    function draw() {
        drawn.splice(0).forEach(function (chart) { chart.destroy(); });
        document.querySelectorAll("canvas[data-chart]").forEach(function (canvas) {
            drawn.push(new Chart(canvas, charts[canvas.dataset.chart](canvas)));
        });
    }

    draw();
    // The officer changes between light and dark: the colours are other ones then.
    new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
})();
