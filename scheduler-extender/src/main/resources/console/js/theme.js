// Runs before the first paint, so that a stored choice does not flash the other colours.
{
  let stored = null;
  try {
    stored = localStorage.getItem("kerf.theme");
  } catch {
    // Storage is closed to this page: the system's colours it is.
  }
  if (stored === "dark" || stored === "light") document.documentElement.dataset.theme = stored;
}
