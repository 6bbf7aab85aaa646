// Runs before the first paint: the chosen theme, and the mark that script is at work.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  try {
    const saved = localStorage.getItem("theme");
    if (saved === "light" || saved === "dark") root.dataset.theme = saved;
  } catch {
    // No storage (private window): the system's theme it is.
  }
})();
