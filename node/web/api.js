// What the page asks of its node: JSON over HTTP, with errors as the node words them.

import { heard } from "./node_clock.js";

const PATIENCE_MS = 10_000;
//: Agreed prices come with the assets: older ones are asked for again.
const ASSETS_MS = 10_000;

const SLOW = "The node took longer than 10 s to answer.";

export class ApiProblem extends Error {
  constructor(status, detail, code) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** The JSON at `path` of this node. Throws an `ApiProblem` with words for people; `signal` gives the request up. */
export async function get(path, parameters = {}, signal = undefined) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  const query = given.length ? `?${new URLSearchParams(given)}` : "";
  const limit = AbortSignal.timeout(PATIENCE_MS);
  let response;
  try {
    response = await fetch(`/v1/${path}${query}`, {
      headers: { accept: "application/json" },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw limit.aborted ? new ApiProblem(0, SLOW, "page.slow") : new ApiProblem(0, "The node does not answer.", "page.unreachable");
  }
  heard(response.headers.get("date"));
  const body = await response.json().catch(() => null);
  if (limit.aborted) throw new ApiProblem(0, SLOW, "page.slow");
  if (response.ok && body !== null) return body;
  throw new ApiProblem(response.status, body?.detail || `The node answered ${response.status} without a reason.`, body?.code || "page.answer");
}

let assets = null;

/** Assets by id with their decimals, what to call them, and their agreed prices of some seconds ago at most. */
export function knownAssets() {
  if (assets && performance.now() - assets.asked_ms < ASSETS_MS) return assets.found;
  const asked = { asked_ms: performance.now(), found: get("assets").then((found) => new Assets(found.numeraire, found.assets)) };
  asked.found.catch(() => assets === asked && (assets = null));
  assets = asked;
  return asked.found;
}

export class Assets {
  constructor(numeraire, list) {
    this.numeraire = numeraire;
    this.list = list;
    this.by = new Map(list.map((asset) => [asset.id, asset]));
  }

  /** Assets nobody described count in base units. */
  of(id) {
    return this.by.get(id) ?? { id, symbol: "", decimals: 0, price: null, price_at: null };
  }

  name(id) {
    const { symbol } = this.of(id);
    return symbol || (id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id);
  }

  decimals(id) {
    return this.of(id).decimals;
  }
}
