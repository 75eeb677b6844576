import type { LoadContext, Plugin } from "@docusaurus/types";

interface Options {
  /** The address of a lab, such as `https://YOUR-HOST/lab/`. */
  lab: string;
  /**
   * `docked`: what commands print is in the dock's terminal; `beneath`: below their block as well; `off`: only on pages that ask
   * for it. `docked` where it is not said.
   */
  blocks?: "docked" | "beneath" | "off";
  /** `running`: the clusters begin with three pods that answer. */
  start?: "running" | "empty";
  seed?: string;
  k8s?: "1.36" | "1.22";
  speed?: string;
  lesson?: string;
  panels?: string;
}

/** The plugin: puts the lab's script into the head of every page. */
declare function hellok8sLab(context: LoadContext, options: hellok8sLab.Options): Plugin;

declare namespace hellok8sLab {
  export { Options };
}

export = hellok8sLab;
