// The status pages' own script. Without it the pages are whole: it tells the server the viewer's time zone, asks anew as soon as
// the page can be seen again, keeps open what was open, says aloud what has changed, and lets the arrow keys read a strip.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `zone=${encodeURIComponent(zone)}; path=/status/; max-age=31536000; samesite=lax`;

  const wake = () => {
    const live = document.getElementById("live");
    if (live && window.htmx && document.visibilityState === "visible") window.htmx.trigger(live, "wake");
  };
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  window.addEventListener("pageshow", (event) => event.persisted && wake());  // shown again from the browser's memory

  let open = [], place, said = document.getElementById("live")?.dataset.said;
  document.addEventListener("htmx:beforeSwap", () => {
    open = [...document.querySelectorAll("#live details[open]")].map((details) => details.id);
    const strip = document.activeElement?.closest(".strip");
    place = strip && { id: strip.id, day: Number(strip.dataset.place) };
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const strip = place && document.getElementById(place.id);
    if (strip) {
      strip.dataset.place = place.day;
      strip.focus();
      read(strip, place.day);
    }
    const live = document.getElementById("live"), now = live?.dataset.said;
    if (now !== said) document.getElementById("said").textContent = said = now;
  });

  const read = (strip, place) => {
    const bars = strip.querySelectorAll("rect");
    const chosen = Math.min(Math.max(place, 0), bars.length - 1);
    strip.querySelector(".chosen")?.classList.remove("chosen");
    bars[chosen].classList.add("chosen");
    strip.dataset.place = chosen;
    const output = strip.parentElement.querySelector(".day");
    if (output) output.textContent = bars[chosen].querySelector("title").textContent;
  };
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -1000, End: 1000 };
  document.addEventListener("keydown", (event) => {
    const strip = event.target.closest?.(".strip");
    if (!strip || !(event.key in STEPS)) return;
    event.preventDefault();
    read(strip, Number(strip.dataset.place ?? 89) + STEPS[event.key]);
  });
  document.addEventListener("focusin", (event) => {
    const strip = event.target.closest?.(".strip");
    if (strip) read(strip, Number(strip.dataset.place ?? 89));
  });
  document.addEventListener("pointerover", (event) => {
    const strip = event.target.closest?.(".strip");
    if (strip && event.target.tagName === "rect") read(strip, [...strip.querySelectorAll("rect")].indexOf(event.target));
  });
})();
