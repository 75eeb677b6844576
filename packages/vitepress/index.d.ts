import type { UserConfig } from "vitepress";

export interface Options {
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

/** A part of a VitePress configuration, for its `extends`. */
export default function hellok8sLab(options: Options): Pick<UserConfig, "head" | "vue">;
