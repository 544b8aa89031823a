// Renews the progress of a job while it is open. Without this script the page has a link that does the same.
(() => {
  const box = document.querySelector("[data-address]");
  const state = () => box.firstElementChild?.dataset.state;
  const renew = async () => {
    const before = state();
    try {
      const answer = await fetch(box.dataset.address, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) box.innerHTML = await answer.text();
    } catch {
      // Not reached this time: the next time comes in a moment.
    }
    const ended = !box.querySelector("[data-open]");
    if (ended || state() !== before) window.location.reload(); // other buttons belong to another state
    else window.setTimeout(renew, 3000);
  };
  if (box?.querySelector("[data-open]")) window.setTimeout(renew, 3000);
})();
