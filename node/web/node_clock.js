// The node's clock. Ages are told by it: this browser's own may be minutes off.

//: A Date header counts whole seconds, and takes a while to arrive.
const FINE_MS = 3000;

let ahead_ms = 0;

/** Take note of what the Date header of an answer says. */
export function heard(date, here = Date.now()) {
  const there = Date.parse(date);
  if (Number.isNaN(there)) return;
  ahead_ms = Math.abs(here - there) > FINE_MS ? here - there : 0;
}

/** Unix time in milliseconds, as the node has it. */
export const now = () => Date.now() - ahead_ms;
