// The clusters of the page: the blocks that share one, and in which order.

/** Blocks that share a cluster. */
class Group {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.bars = /** @type {Set<import("./bar.js").Bar>} */ (new Set());
    this.element = /** @type {import("../element.js").Hellok8sLab | undefined} */ (undefined);
  }

  /** The blocks in the order of the page. */
  inOrder() {
    /** @type {(one: Node, other: Node) => number} */
    const isBefore = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    return [...this.bars].filter((bar) => bar.isConnected).sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  /**
   * The blocks that have to run before this one: those above it, or the one that it names with those before that.
   * @param {import("./bar.js").Bar} bar
   * @param {Set<import("./bar.js").Bar>} seen
   * @returns {import("./bar.js").Bar[]}
   */
  before(bar, seen = new Set()) {
    const { after } = bar.block;
    if (after === undefined) {
      const all = this.inOrder().filter((other) => other.block.after === undefined);
      return all.slice(0, all.indexOf(bar));
    }
    const named = this.inOrder().find((other) => other.block.id === after);
    // A circle ends where it began.
    if (!named || seen.has(named)) {
      return [];
    }
    return [...this.before(named, seen.add(bar)), named];
  }

  get lab() {
    if (!this.element?.isConnected) {
      this.element = dock().labFor(this.name);
    }
    return this.element;
  }
}

/**
 * The groups by their names.
 * @type {Map<string, Group>}
 */
export const groups = new Map();

/** @param {string} name */
export function groupOf(name) {
  const group = groups.get(name) ?? new Group(name);
  groups.set(name, group);
  return group;
}

/** Forgets all clusters: another page is shown, or the reader begins anew. */
export function beginAnew() {
  document.querySelector("hellok8s-dock")?.remove();
  for (const group of groups.values()) {
    group.element = undefined;
    group.bars.forEach((bar) => bar.forget());
  }
}

function dock() {
  const known = document.querySelector("hellok8s-dock");
  if (known) {
    return known;
  }
  const made = document.createElement("hellok8s-dock");
  document.body.append(made);
  return made;
}
