/* Asks for the part of a page that changes, again and again, while somebody can see it: not while the tab is hidden, while the
   keyboard's focus or an open table is inside, or after "Pause". A tab that is shown again asks at once. */
document.querySelectorAll("[data-refreshing]").forEach((bar) => {
    const part = document.querySelector(bar.dataset.refreshing);
    const button = bar.querySelector("button");
    const paused = () => button.getAttribute("aria-pressed") === "true";
    const busy = () => part.contains(document.activeElement) || part.querySelector("details[open]");
    const refresh = () => {
        if (!document.hidden && !paused() && !busy()) htmx.trigger(part, "refresh");
    };
    button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(!paused()));
        if (!paused()) refresh();
    });
    document.addEventListener("visibilitychange", refresh);
    window.setInterval(refresh, 1000 * bar.dataset.seconds);
    bar.hidden = false;
});
