// What scripts of this project find on a page, beyond what browsers have.

/** The lab's page: `window.lab` and its like, for those that drive it. */
interface Window {
  lab: any;
  labSurvival: any;
  [name: string]: any;
}

/** An element of ours, as another part of the page sees it. */
interface Element {
  [name: string]: any;
}
