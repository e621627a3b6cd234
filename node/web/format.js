// Figures and ids for readers. Amounts arrive as decimal text in base units and stay exact until they are shown.

import { now } from "./node_clock.js";

const FIGURES = 6;
//: Zeros behind the point, at most: amounts with more of them have an exponent.
const MOST_ZEROS = 6;

/** Base units as whole units: thousands grouped, at most six figures unless the whole part is longer. */
export function amount(units, decimals, figures = FIGURES) {
  if (units === null || units === undefined) return "–";
  const negative = String(units).startsWith("-");
  const digits = String(units).replace("-", "").padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const zeros = leading(digits);
  if (zeros > MOST_ZEROS + 1 && zeros < digits.length) return `${negative ? "−" : ""}${tiny(digits.slice(zeros), figures)}e−${decimals + 1 + zeros - digits.length}`;
  const places = whole === "0" ? leading(digits.slice(-decimals || digits.length)) + figures : Math.max(0, figures - whole.length);
  const fraction = decimals ? digits.slice(-decimals).slice(0, places).replace(/0+$/, "") : "";
  const shown = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction && `.${fraction}`);
  return (negative && /[1-9]/.test(shown) ? "−" : "") + shown;
}

/** The first figures of a number, cut off, with a point behind the first. */
function tiny(digits, figures) {
  const rest = digits.slice(1, figures).replace(/0+$/, "");
  return digits[0] + (rest && `.${rest}`);
}

const leading = (digits) => digits.length - digits.replace(/^0+/, "").length;

/** Base units as a float of whole units, for positions in charts alone. */
export const float = (units, decimals) => Number(units) / 10 ** decimals;

/** A float to five figures, without an exponent where people would not expect one. */
export function number(value, figures = 5) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-6 || size >= 1e15) return value.toExponential(figures - 1).replace("-", "−");
  return new Intl.NumberFormat("en", { maximumSignificantDigits: figures }).format(value).replace("-", "−");
}

export const whole = (value) => new Intl.NumberFormat("en").format(value);

/** A share as a percentage: what is not quite nothing, or not quite all, does not read as if it were. */
export function percent(share, digits = 0) {
  const text = (100 * share).toFixed(digits), least = 10 ** -digits;
  if (share > 0 && Number(text) === 0) return `<${least.toFixed(digits)}%`;
  if (share < 1 && Number(text) === 100) return `>${(100 - least).toFixed(digits)}%`;
  return `${text}%`;
}

/** Basis points with their sign: more than zero is better for the trader. */
export function bps(value, signed = true) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const text = size >= 1000 ? whole(Math.round(size)) : size >= 10 || Number.isInteger(size) ? size.toFixed(0) : size.toFixed(1).replace(".0", "");
  return `${value < 0 ? "−" : signed && value > 0 ? "+" : ""}${text} bps`;
}

/** The beginning and the end of an id, for eyes; the whole of it belongs into the title. */
export const short = (id, head = 8, tail = 4) => (id.length > head + tail + 3 ? `${id.slice(0, head + 2)}…${id.slice(-tail)}` : id);

export function clock(ms) {
  if (!ms) return "–";
  return new Date(ms).toLocaleTimeString("en-GB", { hour12: false });
}

export const day = (ms) => (ms ? `${new Date(ms).toLocaleDateString("en-CA")} ${clock(ms)}` : "–");

export function ago(ms, at = now()) {
  const seconds = Math.max(0, Math.round((at - ms) / 1000));
  if (!ms) return "never";
  if (seconds < 2) return "now";
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

export const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;

/** Names of bonded solvers of which `rows` have nothing, a dozen at most. */
export function absent(bonded, rows) {
  const there = new Set(rows.map((row) => row.solver));
  const names = bonded.map((solver) => solver.name).filter((name) => !there.has(name)).sort();
  return names.length > 12 ? [...names.slice(0, 12), `${names.length - 12} more`] : names;
}

/** "n/d" as a float. */
export function ratio(text) {
  if (!text) return null;
  const [above, below] = text.split("/").map(Number);
  return below ? above / below : null;
}
