"use strict";

// The page is a document of its own in Airflow's frame: it follows the theme that Airflow keeps,
// and without one that of the system (page.css).
function followTheme() {
  let kept = null;
  try {
    kept = window.localStorage.getItem("theme");
  } catch {
    return; // storage is switched off in this browser: the system's theme it is
  }
  if (kept === "light" || kept === "dark") {
    document.documentElement.dataset.theme = kept;
  } else {
    delete document.documentElement.dataset.theme;
  }
}

// Airflow's frame may not move the window around it, so a link to Airflow's own pages is followed
// by the document around it, which is Airflow's and has the same origin.
function followInAirflow(event) {
  const link = event.target.closest("a.airflow");
  if (link === null || window.parent === window) {
    return;
  }
  event.preventDefault();
  const outside = window.parent.document.createElement("a");
  outside.href = link.href;
  window.parent.document.body.append(outside);
  outside.click();
  outside.remove();
}

followTheme();
window.addEventListener("storage", followTheme);
document.addEventListener("click", followInAirflow);
