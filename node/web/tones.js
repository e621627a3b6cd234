// One colour per solver within a view, by the order of their names, so that readers find them again.

/** The class of `name`'s colour among all who won something in `rows`. Eight colours come around again. */
export function toneOf(rows, name) {
  const names = [...new Set(rows.flatMap((row) => row.winners))].sort();
  return `tone${Math.max(0, names.indexOf(name)) % 7}`;
}
