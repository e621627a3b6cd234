// What the tests look for in a view, as functions that return what is wrong with it.
({
  /** Texts with less contrast than WCAG 2.2 asks for at level AA: 4.5, or 3 where they are large. */
  lowContrast() {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let texts = 0;
    while (walk.nextNode()) {
      const element = walk.currentNode.parentElement;
      if (!walk.currentNode.textContent.trim() || element.closest("svg, [hidden], .unseen, noscript, script")) continue;
      texts += 1;
      const styles = getComputedStyle(element);
      const size = parseFloat(styles.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(styles.fontWeight) >= 700);
      const ratio = this.ratio(styles.color, this.behind(element));
      if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 120)}`);
    }
    return { found, texts };
  },

  /** The same of what charts write on their cards. */
  lowContrastInCharts() {
    return [...document.querySelectorAll(".chart svg text")]
      .filter((text) => text.textContent.trim())
      .map((text) => [this.ratio(getComputedStyle(text).fill, this.behind(text.closest(".card"))), text.textContent])
      .filter(([ratio]) => ratio < 4.5);
  },

  /** Whatever has no name for those who do not see it; tables without captions; ids used twice. */
  unnamed() {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const label = (e) => (e.labels ? [...e.labels].map((each) => each.textContent).join("") : "");
    const name = (e) => (e.getAttribute("aria-label") ?? "") + label(e) + e.textContent;
    const ids = all("[id]:not(svg *)").map((e) => e.id);
    return [
      ...all("a, button, input, select, [role=img]").filter((e) => !name(e).trim()).map((e) => `no name: ${e.outerHTML}`),
      ...all("table").filter((e) => !e.caption?.textContent.trim()).map((e) => `no caption: ${e.dataset.testid}`),
      ...all("th").filter((e) => !e.textContent.trim()).map((e) => `no title: ${e.closest("table").dataset.testid}`),
      ...all("img:not([alt])").map(() => "no alt"),
      ...all("section")
        .filter((e) => !document.getElementById(e.getAttribute("aria-labelledby")))
        .map((e) => `no heading: ${e.dataset.testid}`),
      ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: ${id}`),
      ...(all("h1").length === 1 ? [] : ["not one h1"]),
    ];
  },

  /** Elements wider than the window, unless what holds them scrolls by itself. */
  stickingOut() {
    return [...document.querySelectorAll("body *")]
      .filter((e) => !e.closest(".scroll, .unseen, .skip, svg") && e.getBoundingClientRect().right > innerWidth + 0.5)
      .map((e) => e.outerHTML.slice(0, 120));
  },

  /** Tables that would have to be scrolled sideways, folded ones unfolded. */
  scrolled() {
    for (const details of document.querySelectorAll("details")) details.open = true;
    return [...document.querySelectorAll(".scroll")]
      .filter((e) => e.scrollWidth > e.clientWidth + 1)
      .map((e) => e.innerText.slice(0, 60));
  },

  /** What has the focus, and whether it shows. */
  focused() {
    const element = document.activeElement, styles = getComputedStyle(element);
    const ring = styles.outlineStyle !== "none" && parseFloat(styles.outlineWidth) >= 2;
    return { name: element.dataset.testid ?? element.tagName, text: element.textContent, ring };
  },

  ratio(text, ground) {
    const [a, b] = [this.light(text), this.light(ground)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  },

  /** Relative luminance of an opaque CSS colour. */
  light(colour) {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  },

  behind(element) {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((colour.match(/[\d.]+/g)[3] ?? "1") === "1") return colour;
    }
    return "rgb(255, 255, 255)";
  },
});
