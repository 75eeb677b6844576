// The clusters of the page: the blocks that share one, and in which order.

/** Blocks that share a cluster. */
class Group {
  constructor(name) {
    this.name = name;
    this.bars = new Set();
  }

  /** The blocks in the order of the page. */
  inOrder() {
    const isBefore = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    return [...this.bars].filter((bar) => bar.isConnected).sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  /** The blocks that have to run before this one: those above it, or the one that it names with those before that. */
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

/** The groups by their names. */
export const groups = new Map();

export function groupOf(name) {
  if (!groups.has(name)) {
    groups.set(name, new Group(name));
  }
  return groups.get(name);
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
