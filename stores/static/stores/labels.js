// Select2 (Django's boxes that search while one types) leaves its parts without a name: a screen reader would say "combo box" and no more.
"use strict";
(() => {
    const PARTS = ".select2-selection, .select2-selection__rendered, .select2-search__field";
    const name = () => document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
        const label = document.querySelector(`label[for="${select.id}"]`)?.textContent.trim();
        const box = select.nextElementSibling;
        if (label && box) {
            box.querySelectorAll(PARTS).forEach((part) => part.setAttribute("aria-label", label));
        }
    });
    // It makes them after the page has loaded, and anew in added rows.
    new MutationObserver(name).observe(document.documentElement, {childList: true, subtree: true});
})();
