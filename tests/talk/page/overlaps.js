// Returns what lies over something else, or sticks out of its panel or of the window.
() => {
  const boxOf = (one) => [one.id || one.className || one.tagName, one.getBoundingClientRect()];
  const meet = (p, q) =>
    Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 &&
    Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1;
  const found = [];
  for (const group of [".panel, header", "header > *", "#speak > *", ".tools > *"]) {
    const boxes = [...document.querySelectorAll(group)].map(boxOf).filter(([, box]) => box.width > 1);
    boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => meet(p, q) && found.push(`${a} over ${b}`)));
  }
  for (const one of document.querySelectorAll("header > *, #speak > *, .tools > *, main h2")) {
    const [name, box] = boxOf(one);
    const home = one.closest(".panel, header").getBoundingClientRect();
    if (box.width && (box.right > home.right + 1 || box.left < home.left - 1)) found.push(`${name} sticks out`);
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than its window");
  return found;
};
