"""Where the ways of a flow lead: the questions about its graph that ``gateway.ivr.check`` asks. Pure.

The central one is ``Paths.to_person``: from which nodes does a citizen who presses nothing come to a person, whatever
the calendars, numbers and variables say? It is the least fixed point of "a queue or transfer does; a node does when
every way out of it that needs no key does", so a circle of time-outs is no way to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set

from gateway.ivr.config import (
    RETURN,
    Branch,
    Collect,
    Flow,
    Hangup,
    Menu,
    Node,
    Queue,
    Record,
    Subflow,
    Transfer,
)

Edges = tuple[tuple[str, str], ...]


def edges(node: Node) -> Edges:
    """Every way out of a node, as (key in the file below the node, target)."""
    if isinstance(node, Queue | Transfer | Hangup):
        return ()
    if isinstance(node, Branch):
        cases = tuple((f"cases.{n}.next", case.next) for n, case in enumerate(node.cases))
        return (*cases, ("otherwise", node.otherwise))
    if isinstance(node, Menu):
        choices = tuple((f"choices.{n}.next", choice.next) for n, choice in enumerate(node.choices))
        return (*choices, *unasked(node))
    if isinstance(node, Collect):
        return (("next", node.next), *unasked(node))
    return (("next", node.next),)


def unasked(node: Menu | Collect) -> Edges:
    """The ways out of a menu or collect for 0, nothing pressed and nothing right pressed."""
    ways = (("person", node.person), ("on_timeout", node.on_timeout), ("on_invalid", node.on_invalid))
    return tuple((key, target) for key, target in ways if target is not None)


def silent(node: Node) -> Edges:
    """The ways out of a node for a citizen who presses nothing."""
    if isinstance(node, Menu | Collect):
        return (("on_timeout", node.on_timeout),) if node.on_timeout else (("person", node.person),)
    return edges(node)


class Paths:
    """The graph questions over a set of flows.

    Unknown targets, unknown subflows and recursion are errors of their own; here they count as good ways, so that one
    mistake is not reported again at every node before it.
    """

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows

    def reachable(self, flow: Flow) -> set[str]:
        """The nodes that some way from the start reaches."""
        return _closure(
            [flow.start], lambda name: [t for _, t in edges(flow.nodes[name])] if name in flow.nodes else []
        )

    def ending(self, flow: Flow) -> set[str]:
        """The nodes from which some way ends: at a queue, a partner, a hang-up or the flow's return."""
        found = {name for name, node in flow.nodes.items() if isinstance(node, Queue | Transfer | Hangup)}
        found |= _unknown(flow) | {RETURN}
        return _fixed(flow, found, lambda node, ends: any(target in ends for _, target in edges(node)))

    def callees(self, flow: Flow) -> set[str]:
        """The flows that a flow calls, directly or through others."""
        return _closure(self._calls(flow.id), self._calls) if flow.id in self._flows else set()

    def _calls(self, flow_id: str) -> list[str]:
        flow = self._flows.get(flow_id)
        return [node.flow for node in flow.nodes.values() if isinstance(node, Subflow)] if flow else []

    def passes(self, flow_id: str) -> bool:
        """True when a flow can come to its return without waiting for the citizen."""
        flow = self._flows.get(flow_id)
        if flow is None or flow_id in self.callees(flow):
            return False
        return RETURN in _closure([flow.start], lambda name: self._unwaited(flow, name))

    def _unwaited(self, flow: Flow, name: str) -> list[str]:
        node = flow.nodes.get(name)
        if node is None or isinstance(node, Menu | Collect | Record):
            return []
        if isinstance(node, Subflow) and not self.passes(node.flow):
            return []
        return [target for _, target in edges(node)]

    def loops(self, flow: Flow) -> list[list[str]]:
        """The circles that wait for nobody, each once, its nodes in the order of the file."""
        ahead = {name: _closure(self._unwaited(flow, name), lambda at: self._unwaited(flow, at)) for name in flow.nodes}
        rings: list[list[str]] = []
        for name in flow.nodes:
            ring = [other for other in flow.nodes if other in ahead[name] and name in ahead[other]]
            if ring and ring not in rings:
                rings.append(ring)
        return rings

    def to_person(self, flow: Flow, *, back: bool) -> set[str]:
        """The nodes from which pressing nothing surely leads to a person. ``back``: the flow's return does."""
        found = {name for name, node in flow.nodes.items() if isinstance(node, Queue | Transfer)}
        found |= _unknown(flow)
        if back:
            found.add(RETURN)
        return _fixed(flow, found, self._surely)

    def _surely(self, node: Node, found: Set[str]) -> bool:
        if isinstance(node, Hangup):
            return False
        if isinstance(node, Subflow):
            callee = self._flows.get(node.flow)
            if callee is None or callee.id in self.callees(callee):
                return node.next in found
            return callee.start in self.to_person(callee, back=node.next in found)
        return all(target in found for _, target in silent(node))

    def lost(self, flow: Flow, *, back: bool) -> list[tuple[str, str]]:
        """(key, target) of every 0, silence or wrong key after which the citizen might not come to a person."""
        safe = self.to_person(flow, back=back)
        reached = self.reachable(flow)
        found = [("start", flow.start)] if flow.start not in safe else []
        for name, node in flow.nodes.items():
            if name not in reached:
                continue
            if isinstance(node, Menu | Collect):
                found += [(f"nodes.{name}.{key}", target) for key, target in unasked(node) if target not in safe]
            elif isinstance(node, Subflow) and node.next not in safe and self._asks_in_vain(node):
                found.append((f"nodes.{name}.next", node.next))
        return found

    def _asks_in_vain(self, node: Subflow) -> bool:
        """True when a menu of the subflow sends 0 or silence back to its caller, which has no person."""
        callee = self._flows.get(node.flow)
        if callee is None or callee.id in self.callees(callee):
            return False
        return any(key != "start" for key, _ in self.lost(callee, back=False))


def _unknown(flow: Flow) -> set[str]:
    targets = {flow.start, *(target for node in flow.nodes.values() for _, target in edges(node))}
    return targets - flow.nodes.keys() - {RETURN}


def _closure(first: Iterable[str], ahead: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(first)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(ahead(name))
    return found


def _fixed(flow: Flow, found: set[str], joins: Callable[[Node, Set[str]], bool]) -> set[str]:
    """The least fixed point: add nodes that join until none does."""
    grown = True
    while grown:
        new = {name for name, node in flow.nodes.items() if name not in found and joins(node, found)}
        found = found | new
        grown = bool(new)
    return found
