"""A small PubGrub solver: finite domains, version sets as ints, conflict-driven learning, no I/O, no recursion.

It knows keys and numbered choices, nothing about packaging. What the keys mean, which choice is preferred and why a
combination is impossible is told by clauses; where they come from is the business of whoever drives the generator.

The problem
    Every **key** has a finite **domain**: value 0 is "absent", values 1..n are its choices, most preferred first. A
    set of values is an int, its **mask**, with bit v set for value v. A **term** ``key: mask`` *holds* when the key's
    value is in the mask. A **clause** (PubGrub's incompatibility) says that its terms do not all hold at once::

        {app: {0}}                     app must be present
        {a: {1}, b: everything but {2, 3}}  choice 1 of a needs choice 2 or 3 of b
        {a: {1, 2}, b: {4}}            those do not go together (b may be absent)
        {a: {3}}                       choice 3 of a is out of the question

    At most one term of a clause may hold for "absent": "this needs b or c" is not expressible. That is what makes
    "absent" a safe value for every key that nobody has required by the end of the search.

The state of the search
    For every key the mask of values still **allowed**, at first all. A **trail** lists how they shrank: by a
    **decision** (key takes this choice; opens a new **level**) or by a **derivation** (which remembers the clause that
    was its **cause**). A term is *satisfied* when all allowed values are in its mask. If all terms of a clause are
    satisfied, that is a **conflict**; if all but one are, the last key loses the values in the mask of its term
    (unit propagation). Propagation goes on until nothing new follows. A key whose value 0 is gone is **required**;
    only required keys are ever decided, hence the answer is minimal: no set of its keys could be left out.

    Inside, a term is kept as its **escape**, the complement of its mask: the values by which the clause is avoided.
    Then ``allowed & escape`` answers everything: empty is satisfied, unchanged is avoided already, else the rest.

Learning from a conflict
    Take clauses C and D which both have a term for the key k. If all *other* terms of both hold, k's value can be
    neither in C's mask (or C is broken) nor in D's. So "others of C, others of D, and k in the *union* of both masks"
    do not all hold at once; a key among the others of both must be in both masks, i.e. in their *intersection*. If
    the union is the whole domain, its term always holds and is dropped. This is **resolution** over the **pivot** k.

    The term of a conflicting clause that was satisfied last, at its **satisfier** on the trail, is resolved with the
    satisfier's cause D. D took k from a set B of allowed values to B minus D's mask, which is inside C's mask; so B is
    inside the union, and the resolved clause is satisfied before this point of the trail: the search for the root
    cause moves strictly backwards. It ends when one term alone was satisfied on the newest level concerned; the
    clause found is **learned** and the trail is cut back to where the rest of it was satisfied (**back-jump**). There
    it is unit and forbids what went wrong, so the search never meets the same reason twice. If every term goes, the
    clauses contradict each other, and the resolutions done on the way are the proof (see ``proof``).

Clauses that come late
    The driver hands over clauses in the middle of the search. One of them may say something that was true levels ago.
    It is acted upon at the current level, without throwing decisions away, and looked at again after each back-jump
    for as long as it is **late**, i.e. was unit at an earlier level than that where it was used. A learned clause that
    asks for a very far back-jump is treated the same way: one level back, and late.

Cost
    A clause of two terms is looked at when one of its keys shrinks; a longer one only when one of two watched terms
    becomes satisfied. Memory grows with the number of conflicts (learned clauses are kept, a proof may need them).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

from .proof import Clause, Derived, Premise, Unsolvable

__all__ = ["Clause", "Solver", "Unsolvable"]

Key = TypeVar("Key", bound=Hashable)
Reason = TypeVar("Reason")

# A key that took part in so many conflicts is decided before the others: halves the time where versions clash much.
_PROMOTED = 5
# A back-jump over more levels than this goes back one level only, unless so many facts are late already. Deciding a
# long innocent chain anew after each conflict costs more than looking at a few late facts.
_FAR = 20
_MANY_LATE = 50


class _Fact(Generic[Key, Reason]):
    """A clause in use, its terms as (key number, escape); the first two are watched if there are more than two.

    A learned fact comes from its ``source``, the conflicting fact, by resolution with each (pivot, cause) in turn.
    """

    __slots__ = ("causes", "source", "terms")

    def __init__(
        self,
        terms: list[tuple[int, int]],
        source: Clause[Key, Reason] | _Fact[Key, Reason],
        causes: list[tuple[int, _Fact[Key, Reason]]],
    ) -> None:
        self.terms = terms
        self.source = source
        self.causes = causes


class _Entry(NamedTuple, Generic[Key, Reason]):
    """One line of the trail: the allowed values of a key shrank. A decision has no cause."""

    key: int
    before: int
    after: int
    level: int
    cause: _Fact[Key, Reason] | None


class Solver(Generic[Key, Reason]):
    """Finds a value for each key such that no clause is broken, preferring low choice numbers.

    ``size_of(key)`` is asked once a key, when the key is first met in a clause, and gives the number of its choices
    (0 is fine: such a key can only be absent). Same clauses in the same order give the same answer, always.
    """

    def __init__(self, size_of: Callable[[Key], int]) -> None:
        self._size_of = size_of
        self._numbers: dict[Key, int] = {}
        # By key number, in the order in which the keys were first met.
        self._keys: list[Key] = []
        self._domain: list[int] = []
        self._allowed: list[int] = []
        self._asked: list[int] = []
        self._blame: list[int] = []
        self._past: list[list[int]] = []
        self._pairs: list[list[tuple[int, int, int, _Fact[Key, Reason]]]] = []
        self._watches: list[list[_Fact[Key, Reason]]] = []
        # The state of the search.
        self._trail: list[_Entry[Key, Reason]] = []
        self._levels: list[int] = []
        self._required: list[int] = []
        self._propagated = 0
        self._unread: deque[_Fact[Key, Reason]] = deque()
        self._late: list[tuple[int, _Fact[Key, Reason]]] = []

    def solve(
        self, clauses: Iterable[Clause[Key, Reason]]
    ) -> Generator[tuple[Key, int], Iterable[Clause[Key, Reason]], dict[Key, int]]:
        """Search; yield each (key, choice) before it is first tried, to be sent the clauses that come with it.

        No pair is yielded twice in the life of the solver. Returns {key: choice} for the keys that are present, in the
        order in which they became required. Raises ``Unsolvable`` with a proof, after which the solver is spent, and
        ``ValueError`` for a clause with two terms that hold for "absent". May be called again with more clauses: what
        was learned stays.
        """
        self._jump(0)
        self._read(clauses)
        while True:
            self._settle()
            key = self._next()
            if key is None:
                return {self._keys[k]: self._allowed[k].bit_length() - 1 for k in self._required}
            best = self._allowed[key] & -self._allowed[key]
            if self._asked[key] & best:
                self._levels.append(len(self._trail))
                self._shrink(key, best, None)
                continue
            self._asked[key] |= best
            self._read((yield self._keys[key], best.bit_length() - 1))
            self._settle()
            if not self._allowed[key] & best:
                self._blame[key] += 1

    def _next(self) -> int | None:
        """Return the required key to look at now, None when all are settled. Linear in the number of required keys.

        What conflicts often comes first, then what has one choice left (it costs no decision), then what was met
        first. "Fewest choices first" is a little faster, but gives less preferred choices of what the roots ask for.
        """
        chosen = None
        lowest: tuple[bool, bool, int] | None = None
        for key in self._required:
            allowed = self._allowed[key]
            if allowed & (allowed - 1) or not self._asked[key] & allowed:
                rank = (self._blame[key] < _PROMOTED, allowed & (allowed - 1) != 0, key)
                if lowest is None or rank < lowest:
                    chosen, lowest = key, rank
        return chosen

    # Clauses come in.

    def _read(self, clauses: Iterable[Clause[Key, Reason]]) -> None:
        for clause in clauses:
            terms = []
            absent = 0
            for key, mask in clause.terms.items():
                number = self._number(key)
                escape = self._domain[number] & ~mask
                if escape == self._domain[number]:
                    break  # A term that never holds: the clause says nothing.
                if escape:
                    terms.append((number, escape))
                    absent += not escape & 1
            else:
                if absent > 1:
                    raise ValueError(f"more than one term of a clause holds for an absent key: {clause!r}")
                self._attach(_Fact(terms, clause, []))

    def _number(self, key: Key) -> int:
        number = self._numbers.get(key)
        if number is None:
            domain = (2 << self._size_of(key)) - 1
            number = self._numbers[key] = len(self._keys)
            self._keys.append(key)
            self._domain.append(domain)
            self._allowed.append(domain)
            self._asked.append(0)
            self._blame.append(0)
            self._past.append([])
            self._pairs.append([])
            self._watches.append([])
        return number

    def _attach(self, fact: _Fact[Key, Reason]) -> None:
        """Have the fact looked at now, and whenever one of its keys may make it unit."""
        self._unread.append(fact)
        terms = fact.terms
        if len(terms) == 2:
            (one, one_escape), (two, two_escape) = terms
            self._pairs[one].append((one_escape, two, two_escape, fact))
            self._pairs[two].append((two_escape, one, one_escape, fact))
        elif len(terms) > 2:
            # Watched are the terms that a back-jump frees first.
            terms.sort(key=lambda term: -self._satisfier(*term))
            self._watches[terms[0][0]].append(fact)
            self._watches[terms[1][0]].append(fact)

    # Propagation.

    def _settle(self) -> None:
        """Derive all that follows, learning from each conflict on the way."""
        while (conflict := self._propagate()) is not None:
            self._learn(conflict)

    def _propagate(self) -> _Fact[Key, Reason] | None:
        """Derive until nothing new follows; return a fact all of whose terms are satisfied, if there is one."""
        while True:
            while self._unread:
                if not self._look_at(self._unread[0]):
                    return self._unread[0]
                self._unread.popleft()
            if self._propagated == len(self._trail):
                return None
            key = self._trail[self._propagated].key
            if self._past[key][-1] == self._propagated:
                conflict = self._follow_pairs(key) or self._follow_watches(key)
                if conflict is not None:
                    return conflict
            self._propagated += 1

    def _look_at(self, fact: _Fact[Key, Reason]) -> bool:
        """Derive what the fact says now; False if it is a conflict."""
        free = [(key, escape) for key, escape in fact.terms if self._allowed[key] & escape]
        if len(free) > 1:
            return True
        if not free:
            return False
        key, escape = free[0]
        level = max((self._trail[self._satisfier(k, e)].level for k, e in fact.terms if k != key), default=0)
        if level < len(self._levels):
            self._late.append((len(self._levels), fact))
        return self._derive(key, escape, fact)

    def _derive(self, key: int, escape: int, fact: _Fact[Key, Reason]) -> bool:
        """All other terms of the fact are satisfied: key must be in escape. False if it cannot."""
        allowed = self._allowed[key]
        rest = allowed & escape
        if rest and rest != allowed:
            self._shrink(key, rest, fact)
        return bool(rest)

    def _follow_pairs(self, key: int) -> _Fact[Key, Reason] | None:
        allowed, everywhere = self._allowed[key], self._allowed
        for escape, other, other_escape, fact in self._pairs[key]:
            if not allowed & escape:
                have = everywhere[other]
                rest = have & other_escape
                if not rest:
                    return fact
                if rest != have:
                    self._shrink(other, rest, fact)
        return None

    def _follow_watches(self, key: int) -> _Fact[Key, Reason] | None:
        watches, allowed = self._watches[key], self._allowed
        index = 0
        while index < len(watches):
            fact = watches[index]
            terms = fact.terms
            mine = 0 if terms[0][0] == key else 1
            if not allowed[key] & terms[mine][1]:
                for spare in range(2, len(terms)):
                    other, escape = terms[spare]
                    if allowed[other] & escape:
                        terms[mine], terms[spare] = terms[spare], terms[mine]
                        self._watches[other].append(fact)
                        watches[index] = watches[-1]
                        watches.pop()
                        break
                else:
                    if not self._derive(*terms[1 - mine], fact):
                        return fact
                    index += 1
            else:
                index += 1
        return None

    # The trail.

    def _shrink(self, key: int, rest: int, cause: _Fact[Key, Reason] | None) -> None:
        before = self._allowed[key]
        if before & ~rest & 1:
            self._required.append(key)
        self._past[key].append(len(self._trail))
        self._trail.append(_Entry(key, before, rest, len(self._levels), cause))
        self._allowed[key] = rest

    def _jump(self, level: int) -> None:
        """Cut the trail back to the end of a level."""
        if level >= len(self._levels):
            return
        start = self._levels[level]
        del self._levels[level:]
        for entry in reversed(self._trail[start:]):
            self._allowed[entry.key] = entry.before
            self._past[entry.key].pop()
            if entry.before & ~entry.after & 1:
                self._required.pop()
        del self._trail[start:]
        self._propagated = min(self._propagated, start)
        while self._late and self._late[-1][0] > level:
            self._unread.append(self._late.pop()[1])

    def _satisfier(self, key: int, escape: int) -> int:
        """Return the place on the trail where the term became satisfied, its end if it is not. Logarithmic."""
        if self._allowed[key] & escape:
            return len(self._trail)
        past, trail = self._past[key], self._trail
        return past[bisect_left(past, True, key=lambda place: not trail[place].after & escape)]

    # Conflicts.

    def _learn(self, conflict: _Fact[Key, Reason]) -> None:
        """Resolve the conflict back to its root cause, jump back to where that is unit, and keep it."""
        terms = dict(conflict.terms)
        places = {key: self._satisfier(key, escape) for key, escape in conflict.terms}
        causes: list[tuple[int, _Fact[Key, Reason]]] = []
        level = newest = 0
        while terms:
            pivot = max(places, key=places.__getitem__)
            entry = self._trail[places[pivot]]
            level = max((self._trail[place].level for key, place in places.items() if key != pivot), default=0)
            newest = entry.level
            if level < newest:
                break
            assert entry.cause is not None, "a decision is the first entry of its level"
            causes.append((pivot, entry.cause))
            for key, escape in entry.cause.terms:
                escape = terms[key] & escape if key == pivot else terms.get(key, 0) | escape
                if not escape:
                    del terms[key], places[key]
                elif terms.get(key) != escape:
                    terms[key] = escape
                    places[key] = self._satisfier(key, escape)
        for key in terms:
            self._blame[key] += 1
        fact = _Fact(list(terms.items()), conflict, causes) if causes else conflict
        if not terms:
            raise Unsolvable(self._proof(fact))
        self._jump(newest - 1 if newest - level > _FAR and len(self._late) < _MANY_LATE else level)
        if causes:
            self._attach(fact)
        else:
            assert self._unread[0] is conflict, "only a new or late fact is in conflict on one term alone"

    def _proof(self, last: _Fact[Key, Reason]) -> Premise[Key, Reason]:
        """Write out the resolutions behind a fact. Linear in the number of resolutions it rests on."""
        proved: dict[_Fact[Key, Reason], Premise[Key, Reason]] = {}
        stack = [last]
        while stack:
            fact = stack[-1]
            if isinstance(fact.source, Clause):
                proved[fact] = fact.source
            if fact in proved:
                stack.pop()
                continue
            assert isinstance(fact.source, _Fact)
            missing = [part for part in (fact.source, *(cause for _, cause in fact.causes)) if part not in proved]
            if missing:
                stack += reversed(missing)
                continue
            terms = dict(fact.source.terms)
            premise = proved[fact.source]
            for pivot, cause in fact.causes:
                for key, escape in cause.terms:
                    terms[key] = terms[key] & escape if key == pivot else terms.get(key, 0) | escape
                    if not terms[key]:
                        del terms[key]
                masks = {self._keys[key]: self._domain[key] & ~escape for key, escape in terms.items()}
                premise = Derived(masks, premise, proved[cause], self._keys[pivot])
            proved[fact] = premise
        return proved[last]
