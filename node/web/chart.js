// Charts by plotly, which is fetched when the first chart is drawn, in the colours the page has at the moment.

import { h } from "./dom.js";
import { kept } from "./morph.js";

const SOURCE = "/assets/plotly.min.js";
//: Plotly would insert a style sheet for maps under this id, which no chart here needs and the page's policy refuses.
const MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

let loading = null;

function plotly() {
  loading ??= new Promise((found, failed) => {
    const guard = document.createElement("meta");
    guard.id = MAP_STYLES;
    const script = document.createElement("script");
    script.src = SOURCE;
    script.onload = () => found(window.Plotly);
    script.onerror = () => {
      loading = null;
      script.remove();
      failed(new Error("the chart library did not load"));
    };
    document.head.append(guard, script);
  });
  return loading;
}

/** Text that plotly shows as it is: it would read some markup in labels. */
export const plain = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The page's colours, by their names in the style sheet. */
export function colours() {
  const styles = getComputedStyle(document.documentElement);
  const found = (name) => styles.getPropertyValue(`--${name}`).trim();
  const names = ["ink", "soft", "line", "edge", "paper", "back", "tint", "link", "good", "bad", "warn"];
  return { ...Object.fromEntries(names.map((name) => [name, found(name)])), tones: Array.from({ length: 8 }, (_, at) => found(`c${at}`)) };
}

/** A colour of the style sheet, made see-through. */
export function faint(colour, part) {
  const value = parseInt(colour.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${part})`;
}

export function axis(theme, more = {}) {
  return { gridcolor: theme.line, zerolinecolor: theme.edge, linecolor: theme.edge, automargin: true, fixedrange: true, tickfont: { size: 12 }, ...more, ...(more.title && { title: { font: { size: 12.5, color: theme.soft }, standoff: 8, ...more.title } }) };
}

/**
 * A place for a chart, of the size of a style class. `show(label, figure)` draws what `figure(theme, narrow)` says,
 * `{data, layout, clicked}`, now and whenever the colours or the width change.
 */
export function chart(testid, size) {
  const place = kept(h("div", { class: `chart ${size}`, testid, role: "img" }));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const watch = new ResizeObserver(() => redraw());
  let ended = false, waiting = false, width = 0, figure = null;

  async function draw() {
    waiting = false;
    try {
      const library = await plotly();
      if (ended || !place.isConnected) return;
      const theme = colours();
      width = place.clientWidth;
      const { data, layout, clicked } = figure(theme, width < 520);
      await library.react(place, data, { ...base(theme, width, place.clientHeight), ...layout }, { displayModeBar: false, scrollZoom: false, doubleClick: false });
      place.removeAllListeners("plotly_click");
      if (clicked) place.on("plotly_click", (event) => clicked(event.points[0]));
      place.dataset.drawn = String(Number(place.dataset.drawn ?? 0) + 1);
    } catch (error) {
      if (!ended) place.textContent = `No chart: ${error.message}. The table says the same.`;
    }
  }

  function redraw(always = false) {
    if (ended || waiting || !figure || (!always && place.clientWidth === width)) return;
    waiting = true;
    requestAnimationFrame(draw);
  }

  const turned = () => redraw(true);
  dark.addEventListener("change", turned);
  watch.observe(place);
  return {
    place,
    show(label, drawn) {
      figure = drawn;
      place.setAttribute("aria-label", label);
      redraw(true);
    },
    end() {
      ended = true;
      watch.disconnect();
      dark.removeEventListener("change", turned);
      window.Plotly?.purge(place);
    },
  };
}

function base(theme, width, height) {
  return {
    width,
    height,
    margin: { l: 8, r: 12, t: 8, b: 8 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 13, color: theme.ink },
    showlegend: false,
    hoverlabel: { bgcolor: theme.paper, bordercolor: theme.edge, font: { color: theme.ink, size: 13 }, align: "left" },
    transition: { duration: 0 },
  };
}
