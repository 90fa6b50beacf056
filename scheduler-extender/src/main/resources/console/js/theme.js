// The colours that are shown: those that the reader chose, or else the system's. Runs before the first paint, so that no others flash.
{
  const system = matchMedia("(prefers-color-scheme: dark)");
  let choice = "system";
  try {
    const stored = localStorage.getItem("kerf.theme");
    if (stored === "dark" || stored === "light") choice = stored;
  } catch {
    // Storage is closed to this page: the system's colours it is.
  }
  const show = () => {
    const dark = choice === "system" ? system.matches : choice === "dark";
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  };
  show();
  system.addEventListener("change", show);
  window.kerfTheme = {
    choice: () => choice,
    choose: (next) => {
      choice = next;
      try {
        if (next === "system") localStorage.removeItem("kerf.theme");
        else localStorage.setItem("kerf.theme", next);
      } catch {
        // Storage is closed to this page: the choice holds until it is left.
      }
      show();
    },
  };
}
