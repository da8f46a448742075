// Preact, its hooks, signals and htm as one module: two copies of preact in a page would not see each other's hooks.
export { Component, Fragment, cloneElement, createContext, createRef, h, render, toChildArray } from "preact";
export {
  useCallback, useContext, useErrorBoundary, useId, useLayoutEffect, useMemo, useReducer, useRef, useState, useEffect,
} from "preact/hooks";
export {
  Signal, batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect,
} from "@preact/signals";
export { html } from "htm/preact";
