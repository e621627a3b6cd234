// What the page asks of its node: JSON over HTTP, with errors as the node words them.

const PATIENCE_MS = 10_000;

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
    const slow = limit.aborted;
    throw new ApiProblem(0, slow ? "The node took longer than 10 s to answer." : "The node does not answer.", slow ? "page.slow" : "page.unreachable");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new ApiProblem(response.status, body?.detail || `The node answered ${response.status} without a reason.`, body?.code || "page.answer");
}

let assets = null;

/** Assets by id with their decimals and what to call them, asked for once and again when one is missing. */
export async function knownAssets(fresh = false) {
  if (!assets || fresh) {
    const found = await get("assets");
    assets = new Assets(found.numeraire, found.assets);
  }
  return assets;
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
