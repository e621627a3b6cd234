// Pages of rows, newest first, that grow at both ends: the newest page comes again, older ones are asked for.

/**
 * The newest page (`rows`, `damaged`, `next`) before what is older and was loaded before, where they join; the page
 * alone where rows between them are missing. A row's number is its `name`, a damaged one's its `key`.
 */
export function joined(page, old, name, most) {
  const kept = (old?.rows ?? []).filter((row) => page.next !== null && row[name] < page.next);
  const lost = (old?.damaged ?? []).filter((row) => page.next !== null && Number(row.key) < page.next);
  const highest = Math.max(kept[0]?.[name] ?? -1, Number(lost[0]?.key ?? -1));
  if (page.next === null || highest < page.next - 1) return page;
  return { rows: [...page.rows, ...kept].slice(0, most), damaged: [...page.damaged, ...lost], next: old.next };
}

/** An older page behind what is shown. */
export function append(data, page) {
  data.rows.push(...page.rows);
  data.damaged.push(...page.damaged);
  data.next = page.next;
}
