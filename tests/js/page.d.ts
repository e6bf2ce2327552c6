// What the type check cannot know: the elements of our templates, found by selector, and htmx.
// An element that was looked up, or that an event came from, may be of any kind; everything else is checked.

declare const htmx: {
  ajax(verb: string, url: string, how: object): Promise<void>;
  trigger(element: Element | null, event: string, detail?: object): void;
  process(element: Element): void;
};

interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}

interface Document {
  getElementById(id: string): any;
  readonly activeElement: any;
}

// What listeners are told of is an element of our templates, too.
interface EventTarget {
  [member: string]: any;
}

// htmx's events.
interface Event {
  readonly detail: any;
}
